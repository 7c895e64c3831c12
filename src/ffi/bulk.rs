//! Ensures many records, one step at a time.

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

/// Records that are ensured one step at a time. One thread at a time may use it.
///
/// It does what `esa_ensure_routine_related_records()` does, for language runtimes whose programs want an iterator.
pub struct esa_bulk {
    client: Client,
    options: CallOptions,
    rest: Arc<Rest>,
}

/// The records that are left; `None` while a step uses them.
struct Rest(Mutex<Option<Bulk>>);

impl Rest {
    /// How many records are left, or why no step can be taken.
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

/// Prepares to ensure many records, one with each `esa_bulk_next()`. Nothing is sent yet.
///
/// The time limit of all records together begins here. `progress` of the request isn't used. The client can be
/// released before the bulk. Release the bulk with `esa_bulk_free()`.
///
/// Pointers, limits and errors are as for `esa_ensure_routine_related_records()`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(bulk)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_new(
    client: *const esa_client,
    request: *const esa_ensure_routine_related_records_request,
    options: *const esa_call_options,
    bulk: *mut *mut esa_bulk,
    error: *mut *mut esa_error,
) -> esa_status {
    let begin = |client: &Client| {
        // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
        let (request, options) = unsafe { (read_struct(request)?, read_options(options)?) };
        // SAFETY: as above.
        let rest = unsafe { request.begin(client, &options) }?;
        let rest = Arc::new(Rest(Mutex::new(Some(rest))));
        Ok(Box::into_raw(Box::new(esa_bulk { client: client.clone(), options, rest })))
    };
    // SAFETY: as this function promises.
    unsafe { with_client(client, ("bulk", bulk), error, begin) }
}

/// Gets how many records are still to be tried.
///
/// Returns the number. It is 0 if `bulk` is NULL, or while a call of the bulk on a multi hasn't finished.
///
/// # Safety
/// `bulk` is NULL or a live object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_bulk_left(bulk: *const esa_bulk) -> usize {
    // SAFETY: NULL or a live object (this function's promise).
    let bulk = unsafe { bulk.as_ref() };
    guarded(&NOWHERE, 0, || bulk.and_then(|bulk| bulk.rest.check().ok()).unwrap_or(0))
}

/// Ensures the next record. `error` may be NULL.
///
/// Returns what `esa_ensure_routine_related_record()` returns for it. Returns `ESA_ERR_INVALID_ARGUMENT` if no record
/// is left, or while a call of the bulk on a multi hasn't finished.
///
/// # Safety
/// `bulk` is NULL or a live object that no other thread uses; `result` and `error` are NULL or writable.
/// cbindgen:postfix=ESA_NONNULL(bulk) ESA_NONNULL(result)
#[must_use]
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
    // SAFETY: `result` and `error` are as `call` requires (this function's promise).
    unsafe { call(&log_of(bulk), result, error, "result", Outcome::Unknown, next) }
}

/// Starts ensuring the next record on a multi, and returns at once.
///
/// The call does what `esa_bulk_next()` does. It sends at once what it can send without waiting, and continues in
/// `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_bulk_next_finish()` takes the call's result and releases the call;
/// `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be NULL.
///
/// One call of a bulk runs at a time. The bulk can be released before the call has finished. If the call is released
/// before it has finished, no record of the bulk is left. `error` may be NULL. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
/// NULL. These kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid, no record is left, or another call of the bulk hasn't
///   finished.
/// - `ESA_ERR_UNSUPPORTED`: the bulk's options have an `interrupt`.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
/// - `ESA_ERR_IO`: `cancel` of the bulk's options can't be watched.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(multi) ESA_NONNULL(bulk) ESA_NONNULL(pending)
#[must_use]
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
    // SAFETY: `pending` and `error` are as `call` requires (this function's promise).
    unsafe { call(&log_of(bulk), pending, error, "pending", Outcome::NotSent, start) }
}

/// Takes the result of a finished call that `esa_bulk_next_start()` started, and releases the call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_bulk_next()` returns, and sets `*result` and `*error` as it does. Two kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
///   it, or a callback of its multi uses this function. Nothing is taken or released.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(pending) ESA_NONNULL(result)
#[must_use]
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
    // SAFETY: every pointer is NULL or as `finish` requires (this function's promise); `give` makes the result's type.
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a bulk. The records that are left aren't tried.
///
/// `bulk` may be NULL. Any thread may call this, once for each bulk.
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
