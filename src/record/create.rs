//! Creating a record, never lost and never doubled.

use super::find::find;
use crate::call::Call;
use crate::error::Error;
use crate::operation::{CreateRoutineRelatedRecord, Created, Receipt};
use crate::service_code::ServiceCode;

/// Where a record came from. The numbers are those of `esa_origin` in the C interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Origin {
    /// This call created it.
    Created = 1,
    /// This call created it, and found it in the list, because the service's answer was lost or incomplete.
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
    /// The service's word: `OK`.
    pub status: String,
    /// The service's id of the request.
    pub request_id: String,
    /// How many requests to create the record the call sent.
    pub attempts: u32,
}

/// Creates the record of `request`.
pub(crate) fn create(call: &Call<'_>, request: &CreateRoutineRelatedRecord<'_>) -> Result<Record, Error> {
    let mut origin = Origin::Created;
    let mut created = call.write(request, ServiceCode::ParameterAlreadyExist, |attempts| {
        let found = look(call, request, attempts)?;
        if found.is_some() {
            origin = Origin::Recovered;
        }
        Ok(found)
    })?;
    if created.record_id.is_none() {
        // It is there all the same, so a list that fails is no reason to fail.
        if let Ok(Some(found)) = look(call, request, created.receipt.attempt) {
            (created, origin) = (found, Origin::Recovered);
        }
    }
    if origin == Origin::Recovered {
        call.counters().recoveries.count();
    }
    Ok(record(request, created, origin))
}

/// The record of `request` as the list has it, after so many attempts to create it.
pub(super) fn look(
    call: &Call<'_>,
    request: &CreateRoutineRelatedRecord<'_>,
    attempts: u32,
) -> Result<Option<Created>, Error> {
    let found = find(call, request.name, request.site_id, request.record_name)?;
    Ok(found.map(|(record, request_id)| Created {
        record_id: Some(record.record_id),
        status: "OK".to_owned(),
        receipt: Receipt { attempt: attempts, http_status: 200, request_id },
    }))
}

pub(super) fn record(request: &CreateRoutineRelatedRecord<'_>, created: Created, origin: Origin) -> Record {
    let Created { record_id, status, receipt } = created;
    let (request_id, attempts) = (receipt.request_id, receipt.attempt);
    Record { record_id, site_id: request.site_id, origin, status, request_id, attempts }
}
