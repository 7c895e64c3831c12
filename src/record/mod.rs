//! Records: combines the service's operations into what callers need.

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

/// Creates the record of `request`. Fails if it exists already.
pub(crate) async fn create<W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'_>,
) -> Result<Record, Error> {
    create::create(call, request, false).await
}
