//! Creates a record, never lost and never doubled.

use super::find::find;
use crate::call::{Call, Done, Reconcile, World, without_result};
use crate::error::Error;
use crate::operation::{CreateRoutineRelatedRecordRequest, Created, Receipt};
use crate::service_code::ServiceCode;

/// Where a record came from. The numbers are those of `esa_origin` in the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Origin {
    /// The call created the record. The service says so.
    Created = 1,
    /// The list shows the record after an answer was lost or incomplete. Either one of the call's requests created it,
    /// or somebody else did at the same time. The service doesn't say which.
    Recovered = 2,
    /// It was there already.
    Existing = 3,
}

/// A record that a call created, or ensured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// The record's id.
    pub record_id: Option<i64>,
    /// The site's id.
    pub site_id: i64,
    /// Where the record came from.
    pub origin: Origin,
    /// The service's status: `OK`.
    pub status: String,
    /// The service's id of the request.
    pub request_id: String,
    /// How many requests to create the record the call sent.
    pub attempts: u32,
}

/// Creates the record of `request`. Fails if the record exists already, unless `anybodys` is true.
pub(super) async fn create<W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'_>,
    anybodys: bool,
) -> Result<Record, Error> {
    let reconcile = Reconcile::ReadBack { exists: ServiceCode::ParameterAlreadyExist, anybodys };
    let (done, created) = call.carry_out(request, reconcile, async |made| read_back(call, request, made).await).await?;
    let mut created = created.ok_or_else(without_result)?;
    let mut origin = match done {
        Done::ReadBack { in_doubt: true } => Origin::Recovered,
        Done::ReadBack { in_doubt: false } => Origin::Existing,
        Done::Answered | Done::Gone(_) => Origin::Created,
    };
    if created.record_id.is_none() {
        // The record exists in any case. The call succeeds even if the list can't be read.
        if let Ok(Some(found)) = read_back(call, request, created.receipt.attempt).await {
            (created, origin) = (found, Origin::Recovered);
        }
    }
    if origin == Origin::Recovered {
        call.world.counters().recoveries.count();
    }
    Ok(record(request, created, origin))
}

/// Returns the record of `request` from the list, after this number of attempts to create it.
pub(super) async fn read_back<W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'_>,
    attempts: u32,
) -> Result<Option<Created>, Error> {
    let pass = find(call, request.name, request.site_id, request.record_name).await?;
    Ok(pass.found.map(|(record, request_id)| Created {
        record_id: Some(record.record_id),
        status: "OK".to_owned(),
        receipt: Receipt { attempt: attempts, http_status: 200, request_id },
    }))
}

pub(super) fn record(request: &CreateRoutineRelatedRecordRequest<'_>, created: Created, origin: Origin) -> Record {
    let Created { record_id, status, receipt } = created;
    let (request_id, attempts) = (receipt.request_id, receipt.attempt);
    Record { record_id, site_id: request.site_id, origin, status, request_id, attempts }
}
