//! Ensuring many records, one step after the other.

use std::ffi::c_void;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::create_routine_related_record::esa_create_routine_related_record_result;
use super::ensure_routine_related_records::esa_ensure_routine_related_records_request;
use super::error::esa_error;
use super::guard::{call, guarded};
use super::multi::{Finished, begin, calls_of, esa_multi, esa_pending, finish, refuse_interrupt};
use super::status::esa_status;
use super::struct_size::read_struct;
use crate::call::CallOptions;
use crate::client::Client;
use crate::error::{Error, Outcome};
use crate::log::{Log, NOWHERE};
use crate::record::Bulk;
use crate::wait::Task;
use crate::wait::multi::Pending;

/// Records that are ensured step by step: `esa_ensure_routine_related_records()` for language runtimes, whose programs
/// want an iterator. One thread at a time may use it.
pub struct esa_bulk {
    client: Client,
    options: CallOptions,
    rest: Arc<Rest>,
}

/// What is left. `None`: a step that hasn't finished has it.
struct Rest(Mutex<Option<Bulk>>);

impl Rest {
    /// What there is to take a step of, or why there isn't.
    fn check(&self) -> Result<usize, Error> {
        let left = self.lock().as_ref().map(Bulk::len);
        match left.ok_or_else(|| Error::invalid_argument("bulk", "is in use: a step of it hasn't finished"))? {
            0 => Err(none_left()),
            left => Ok(left),
        }
    }

    fn take(&self) -> Result<Bulk, Error> {
        self.check()?;
        self.lock().take().ok_or_else(none_left)
    }

    fn put_back(&self, rest: Bulk) {
        *self.lock() = Some(rest);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Bulk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins to ensure many records; nothing is sent yet. `progress` of the request isn't used.
///
/// Pointers, errors and limits are as with `esa_ensure_routine_related_records()`; the time limit of the whole begins here.
/// Release it with `esa_bulk_free()`. The client may be released before.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_new(
    client: *const esa_client,
    request: *const esa_ensure_routine_related_records_request,
    options: *const esa_call_options,
    bulk: *mut *mut esa_bulk,
    error: *mut *mut esa_error,
) -> esa_status {
    let begin = |client: &Client| {
        // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
        let (request, options) = unsafe { (read_struct(request)?, read_options(options)?) };
        // SAFETY: as above.
        let rest = unsafe { request.begin(client, &options) }?;
        let rest = Arc::new(Rest(Mutex::new(Some(rest))));
        Ok(Box::into_raw(Box::new(esa_bulk { client: client.clone(), options, rest })))
    };
    // SAFETY: as this function promises.
    unsafe { with_client(client, ("bulk", bulk), error, begin) }
}

/// How many records are still to be tried; 0 where `bulk` is NULL, and while a call of it on a multi hasn't finished.
///
/// # Safety
/// `bulk` is NULL or a live object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_left(bulk: *const esa_bulk) -> usize {
    // SAFETY: NULL or a live object (this function's promise).
    let bulk = unsafe { bulk.as_ref() };
    guarded(&NOWHERE, 0, || bulk.and_then(|bulk| bulk.rest.check().ok()).unwrap_or(0))
}

/// Ensures the next record.
///
/// Returns what `esa_ensure_routine_related_record()` returns for it; `ESA_ERR_INVALID_ARGUMENT` where none is left, and
/// while a call of it on a multi hasn't finished.
///
/// # Safety
/// `bulk` is NULL or a live object that no other thread uses; `result` and `error` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_next(
    bulk: *mut esa_bulk,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let bulk = unsafe { bulk.as_ref() };
    let next = || {
        let home = &given(bulk)?.rest;
        let mut rest = home.take()?;
        let record = rest.next();
        home.put_back(rest);
        let record = record.ok_or_else(none_left)??;
        Ok(esa_create_routine_related_record_result::into_raw(&record))
    };
    // SAFETY: `result` and `error` are as `call` wants them (this function's promise).
    unsafe { call(&log_of(bulk), result, error, "result", Outcome::Unknown, next) }
}

/// Starts ensuring the next record on a multi, and returns at once.
///
/// The call does what `esa_bulk_next()` does. It sends now what it can send without waiting, and goes on in
/// `esa_multi_step()`. `*pending` is the call, until `esa_bulk_next_finish()` or `esa_pending_free()` releases it. If
/// it finishes at once, `esa_multi_next_finished()` gives it all the same. `user_data` may be NULL;
/// `esa_pending_user_data()` returns it.
///
/// One call of a bulk runs at a time. The bulk may be released before the call has finished. If the call is released
/// before it has finished, no record of the bulk is left. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
/// own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, no record is left, or another call of the bulk
/// hasn't finished, `ESA_ERR_UNSUPPORTED` if the bulk's options have an interrupt, `ESA_ERR_FORKED` in a child of
/// fork(), and `ESA_ERR_IO` if their `cancel` can't be watched. `error` may be NULL.
///
/// # Safety
/// Each pointer is NULL or as described.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_next_start(
    multi: *mut esa_multi,
    bulk: *mut esa_bulk,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let bulk = unsafe { bulk.as_ref() };
    let start = || {
        let esa_bulk { client, options, rest } = given(bulk)?;
        // SAFETY: NULL or a live object (this function's promise).
        let calls = unsafe { calls_of(multi) }?;
        refuse_interrupt(options)?;
        rest.check()?;
        let home = Arc::clone(rest);
        let next = async move |task: &Task| {
            let mut rest = home.take()?;
            let record = rest.next_of(task).await;
            home.put_back(rest);
            record.ok_or_else(none_left)?
        };
        let make = Box::new(move |_, _, task: Rc<Task>| -> Pending<Finished> {
            Box::pin(async move { Finished::EnsuredNext(next(&task).await) })
        });
        begin(&calls, client, options.clone(), user_data, make)
    };
    // SAFETY: `pending` and `error` are as `call` wants them (this function's promise).
    unsafe { call(&log_of(bulk), pending, error, "pending", Outcome::NotSent, start) }
}

/// Takes the result of a finished call and releases the call: one that `esa_bulk_next_start()` started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_bulk_next()` returns, and sets `*result` and `*error` as it does. `ESA_ERR_INVALID_ARGUMENT` takes
/// and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it is a call of another function, or
/// a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_next_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::EnsuredNext(result) => {
            Ok(result.map(|record| esa_create_routine_related_record_result::into_raw(&record).cast()))
        }
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` wants it, which gets what the result points to (this function's promise).
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases `bulk`; records that are left aren't tried.
///
/// `bulk` may be NULL. Any thread; each object once.
///
/// # Safety
/// `bulk` is NULL, or was made by `esa_bulk_new()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_free(bulk: *mut esa_bulk) {
    guarded(&NOWHERE, (), || {
        if !bulk.is_null() {
            // SAFETY: made by `esa_bulk_new` of a `Box`; released once.
            drop(unsafe { Box::from_raw(bulk) });
        }
    });
}

fn given(bulk: Option<&esa_bulk>) -> Result<&esa_bulk, Error> {
    bulk.ok_or_else(|| Error::invalid_argument("bulk", "is NULL"))
}

fn log_of(bulk: Option<&esa_bulk>) -> Log {
    bulk.map(|bulk| bulk.client.log().clone()).unwrap_or_default()
}

fn none_left() -> Error {
    Error::invalid_argument("bulk", "has no records left")
}
