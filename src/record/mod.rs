//! Records: what a caller wants of them, made of the service's operations.

mod bulk;
mod create;
mod delete;
mod ensure;
mod find;

pub use self::bulk::Bulk;
pub(crate) use self::create::create;
pub use self::create::{Origin, Record};
pub use self::delete::Deletion;
pub(crate) use self::delete::delete;
pub(crate) use self::ensure::ensure;
