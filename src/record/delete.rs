//! Deleting a record, so that it is gone afterwards.

use super::find::find;
use crate::call::Call;
use crate::error::Error;
use crate::operation::{DeleteRoutineRelatedRecord, Operation, Receipt};
use crate::service_code::ServiceCode;

/// What a call that deletes a record did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deletion {
    /// Whether this call deleted the record; else it was gone already.
    pub deleted: bool,
    /// The service's id of the request.
    pub request_id: String,
    /// How many requests to delete the record the call sent.
    pub attempts: u32,
}

/// Deletes the record of `request`.
pub(crate) fn delete(call: &Call<'_>, request: &DeleteRoutineRelatedRecord<'_>) -> Result<Deletion, Error> {
    request.check()?;
    let record_id = match request.record_id {
        Some(record_id) => record_id,
        None => match find(call, request.name, request.site_id, request.record_name)? {
            Some((record, _)) => record.record_id,
            None => return Ok(Deletion { deleted: false, request_id: String::new(), attempts: 0 }),
        },
    };
    let request = DeleteRoutineRelatedRecord { record_id: Some(record_id), ..*request };
    // The record's absence says that an attempt of unknown outcome was carried out.
    let result = call.write(&request, ServiceCode::ParameterNotExist, |attempt| {
        let found = find(call, request.name, request.site_id, request.record_name)?;
        let gone = found.is_none_or(|(record, _)| record.record_id != record_id);
        Ok(gone.then_some(Receipt { attempt, http_status: 200, request_id: String::new() }))
    });
    match result {
        Ok(receipt) => Ok(Deletion { deleted: true, request_id: receipt.request_id, attempts: receipt.attempt }),
        Err(error) if error.service_code() == ServiceCode::ParameterNotExist => {
            Ok(Deletion { deleted: false, request_id: error.request_id().to_owned(), attempts: error.attempts() })
        }
        Err(error) => Err(error),
    }
}
