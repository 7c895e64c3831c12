//! Ensuring that a record is there.

use super::Record;
use super::create::{Origin, create, look, record};
use crate::call::Call;
use crate::error::Error;
use crate::operation::{CreateRoutineRelatedRecord, GetMatchSite, Operation};
use crate::service_code::ServiceCode;

/// Creates the record of `request`, unless it is there already, tied to the same routine. A site id of 0 stands for the
/// site that the record's name belongs to.
pub(crate) fn ensure(call: &Call<'_>, request: &CreateRoutineRelatedRecord<'_>) -> Result<Record, Error> {
    // Before anything is sent, so that the site's id may be looked up.
    CreateRoutineRelatedRecord { site_id: request.site_id.max(1), ..*request }.check()?;
    let site_id = match request.site_id {
        0 => call.read(&GetMatchSite { record_name: request.record_name })?.site_id,
        site_id => site_id,
    };
    let request = CreateRoutineRelatedRecord { site_id, ..*request };
    let error = match create(call, &request) {
        Err(error) if error.service_code() == ServiceCode::ParameterAlreadyExist => error,
        result => return result,
    };
    match look(call, &request, error.attempts())? {
        Some(found) => Ok(record(&request, found, Origin::Existing)),
        None => Err(error.advice_is(
            "A record of this name exists and isn't tied to this routine: delete it first, or choose another name.",
        )),
    }
}
