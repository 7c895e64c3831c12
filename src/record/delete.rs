//! Deletes a record.

use std::cell::Cell;

use super::find::{Pass, find};
use crate::call::{Call, Done, ReadBacks, Reconcile, World, without_result};
use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::{DeleteRoutineRelatedRecordRequest, Operation, Receipt};
use crate::service_code::ServiceCode;
use crate::wait::WaitError;

/// What a call that deletes a record did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deletion {
    /// Whether this call deleted the record. If false, it was gone already. If an answer was lost, somebody else may
    /// have deleted it at the same time. The service doesn't say who did.
    pub deleted: bool,
    /// The service's id of the request.
    pub request_id: String,
    /// How many requests to delete the record the call sent.
    pub attempts: u32,
}

/// Deletes the record of `request`.
pub(crate) async fn delete<W: World>(
    call: &Call<'_, W>,
    request: &DeleteRoutineRelatedRecordRequest<'_>,
) -> Result<Deletion, Error> {
    request.check()?;
    match request.record_id {
        Some(record_id) => delete_id(call, request, record_id).await.map(|(deletion, _)| deletion),
        None => delete_name(call, request).await,
    }
}

/// Deletes the record of this name. If others delete it first and create it again, the new record is found and deleted.
async fn delete_name<W: World>(
    call: &Call<'_, W>,
    request: &DeleteRoutineRelatedRecordRequest<'_>,
) -> Result<Deletion, Error> {
    let mut deletion = Deletion { deleted: false, request_id: String::new(), attempts: 0 };
    let mut read_backs = ReadBacks::within(call.rules.horizon);
    let mut before: Option<Pass> = None;
    let mut tried = None;
    loop {
        let (made, deleted) = (deletion.attempts, deletion.deleted);
        let in_all = |error| after_attempts(error, made, deleted);
        let pass = find(call, request.name, request.site_id, request.record_name).await.map_err(in_all)?;
        // If the list still shows a record that the service no longer knows, the list lags.
        if let Some((record, _)) = pass.found.as_ref().filter(|(record, _)| tried != Some(record.record_id)) {
            tried = Some(record.record_id);
            let (next, is_absent) = delete_id(call, request, record.record_id).await.map_err(in_all)?;
            deletion = Deletion { deleted: deleted || next.deleted, attempts: made + next.attempts, ..next };
            if is_absent {
                return Ok(deletion);
            }
            before = None;
            continue;
        }
        if pass.proves_absence(before.as_ref()) {
            return Ok(deletion);
        }
        // Another pass may be enough. It is made at once.
        let is_first = before.replace(pass).is_none();
        if !is_first {
            wait(call, &mut read_backs).await.map_err(in_all)?;
        }
    }
}

/// Deletes the record of this id. Returns true if no record of its name exists at this moment. False: the record is
/// gone since an unknown time, and others may have created a new one.
async fn delete_id<W: World>(
    call: &Call<'_, W>,
    request: &DeleteRoutineRelatedRecordRequest<'_>,
    record_id: i64,
) -> Result<(Deletion, bool), Error> {
    let request = DeleteRoutineRelatedRecordRequest { record_id: Some(record_id), ..*request };
    let reconcile = Reconcile::Repeat { gone: ServiceCode::ParameterNotExist };
    let (before, is_replaced) = (Cell::new(None), Cell::new(false));
    let read_back = async |attempt| {
        let pass = find(call, request.name, request.site_id, request.record_name).await?;
        let is_gone = pass.proves_absence_of(record_id, before.take().as_ref());
        is_replaced.set(pass.found.is_some());
        before.set(Some(pass));
        Ok(is_gone.then_some(Receipt { attempt, http_status: 200, request_id: String::new() }))
    };
    let result = match call.carry_out(&request, reconcile, read_back).await {
        Ok((Done::Gone(refusal), _)) => Ok((gone(true, &refusal), false)),
        Ok((done, receipt)) => {
            let Receipt { attempt, request_id, .. } = receipt.ok_or_else(without_result)?;
            let is_absent = matches!(done, Done::Answered) || !is_replaced.get();
            Ok((Deletion { deleted: true, request_id, attempts: attempt }, is_absent))
        }
        Err(error) if error.service_code() == ServiceCode::ParameterNotExist => Ok((gone(false, &error), false)),
        Err(error) => Err(error),
    };
    if result.as_ref().map_or_else(|error| error.outcome() == Outcome::Unknown, |_| true) {
        call.remember_deleted(record_id);
    }
    result
}

fn gone(deleted: bool, refusal: &Error) -> Deletion {
    Deletion { deleted, request_id: refusal.request_id().to_owned(), attempts: refusal.attempts() }
}

/// Waits until the list has settled.
async fn wait<W: World>(call: &Call<'_, W>, read_backs: &mut ReadBacks) -> Result<(), Error> {
    let unsettled = || {
        let message = "the list of the routine's records lags, changes too fast or can't be read in full, so that it \
                       doesn't show whether the record exists";
        Error::new(ErrorKind::Timeout, message)
            .with_retryable(true)
            .with_advice("Try again later, or give the record's id.")
    };
    let wait = read_backs.next_wait(call.world.left()).ok_or_else(unsettled)?;
    call.world.pause(wait).await.map_err(|stop| match stop {
        WaitError::TimedOut => unsettled(),
        stop => stop.while_doing("waiting for the list to settle", ErrorKind::Io, Outcome::NotSent),
    })
}

/// Returns the failure of a call that made this number of attempts before. If the call may have `deleted` a record, the
/// outcome is unknown. Otherwise each attempt was refused because there was nothing to delete.
fn after_attempts(error: Error, attempts: u32, deleted: bool) -> Error {
    let before = if deleted { Outcome::Unknown } else { Outcome::Refused };
    let (outcome, total) = (error.outcome().max(before), error.attempts() + attempts);
    match attempts {
        0 => error,
        _ if outcome == error.outcome() => error.with_attempts(total),
        _ => error.with_outcome(outcome).with_attempts(total),
    }
}
