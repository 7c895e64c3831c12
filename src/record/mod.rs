//! Records: what a caller wants of them, made of the service's operations.

mod bulk;
mod create;
mod delete;
mod ensure;
mod find;
mod host_name;
mod listing;
mod work;

pub use self::bulk::Bulk;
pub use self::create::{Origin, Record};
pub use self::delete::Deletion;
pub(crate) use self::delete::delete;
#[cfg(feature = "capi")]
pub(crate) use self::ensure::check as check_ensured;
pub(crate) use self::ensure::ensure;
#[cfg(test)]
pub(crate) use self::work::Work;

use crate::call::{Call, World};
use crate::error::Error;
use crate::operation::CreateRoutineRelatedRecordRequest;

/// Creates the record of `request`; that there is one already is an error.
pub(crate) async fn create<W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'_>,
) -> Result<Record, Error> {
    create::create(call, request, false).await
}
