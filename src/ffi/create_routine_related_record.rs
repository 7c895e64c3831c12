//! CreateRoutineRelatedRecord: creates a record, or ensures that it exists.

use std::ffi::{CString, c_char, c_void};

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::error::esa_error;
use super::guard::guarded;
use super::multi::{Finished, Start, call_of, esa_multi, esa_pending, finish};
use super::owned::Owned;
use super::status::esa_status;
use super::string::{read_string, to_c_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::call::{Call, CallOptions};
use crate::client::Client;
use crate::error::Error;
use crate::log::NOWHERE;
use crate::operation::{CreateRoutineRelatedRecordRequest, Operation};
use crate::record::{self, Record};

/// The record to create. Begin with `ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_create_routine_related_record_request {
    /// `sizeof(esa_create_routine_related_record_request)`.
    pub struct_size: usize,
    /// The site's id: 1 or more. `esa_ensure_routine_related_record()` also takes 0, which stands for the site that
    /// the record's name belongs to.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes of UTF-8 without control characters.
    pub name: *const c_char,
    /// The record's name, a domain name on the site: 1 to 253 bytes of UTF-8 without control characters.
    pub record_name: *const c_char,
}

// SAFETY: `repr(C)`, `struct_size` first, then an integer and pointers.
unsafe impl CallerStruct for esa_create_routine_related_record_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] = fields!(esa_create_routine_related_record_request: site_id, name, record_name);
}

impl esa_create_routine_related_record_request {
    /// # Safety
    /// The strings are NULL or NUL-terminated, and outlive the result.
    pub(super) unsafe fn read<'a>(self) -> Result<CreateRoutineRelatedRecordRequest<'a>, Error> {
        // SAFETY: this function's promise.
        let (name, record_name) =
            unsafe { (read_string("name", self.name)?, read_string("record_name", self.record_name)?) };
        Ok(CreateRoutineRelatedRecordRequest::new(self.site_id, name, record_name))
    }
}

/// The record that a call created or ensured. Release it with `esa_create_routine_related_record_result_free()`.
///
/// Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_create_routine_related_record_result {
    /// The record's id; 0 if the service didn't return it.
    pub record_id: i64,
    /// Where the record came from: a value of `esa_origin`.
    pub origin: i32,
    /// How many requests to create the record the call sent.
    pub attempts: u32,
    /// The service's status: "OK".
    pub status: *const c_char,
    /// The service's id of the request.
    pub request_id: *const c_char,
    /// The site's id.
    pub site_id: i64,
}

/// A copy of the caller's request, which outlives it.
struct OwnedRequest {
    site_id: i64,
    name: String,
    record_name: String,
}

impl OwnedRequest {
    fn of(request: &CreateRoutineRelatedRecordRequest<'_>) -> OwnedRequest {
        let (name, record_name) = (request.name.to_owned(), request.record_name.to_owned());
        OwnedRequest { site_id: request.site_id, name, record_name }
    }

    fn get(&self) -> CreateRoutineRelatedRecordRequest<'_> {
        CreateRoutineRelatedRecordRequest::new(self.site_id, &self.name, &self.record_name)
    }
}

/// What the fields point to.
type Strings = [CString; 2];

impl esa_create_routine_related_record_result {
    pub(super) fn into_raw(record: &Record) -> *mut esa_create_routine_related_record_result {
        let strings = [&record.status, &record.request_id].map(|text| to_c_string(text));
        let [status, request_id] = strings.each_ref().map(|text| text.as_ptr());
        let fields = esa_create_routine_related_record_result {
            record_id: record.record_id.unwrap_or(0),
            origin: record.origin as i32,
            attempts: record.attempts,
            status,
            request_id,
            site_id: record.site_id,
        };
        Owned::<_, Strings>::into_raw(fields, strings)
    }
}

/// Returns the closure that reads the arguments and calls `method` of the client with them.
///
/// # Safety
/// Both pointers are NULL or as their readers want them, for as long as the closure lives.
unsafe fn making(
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    method: fn(&Client, &CreateRoutineRelatedRecordRequest<'_>, &CallOptions) -> Result<Record, Error>,
) -> impl FnMut(&Client) -> Result<*mut esa_create_routine_related_record_result, Error> {
    move |client| {
        // SAFETY: this function's promise.
        let (request, options) = unsafe { (read_struct(request)?.read()?, read_options(options)?) };
        method(client, &request, &options).map(|record| esa_create_routine_related_record_result::into_raw(&record))
    }
}

/// Creates a record on a site and ties it to a routine. Requests for the record's name then run the routine.
///
/// If the record exists already, the call fails. A record that the call creates is never lost and never created
/// twice. The service's answer can be lost, or not say what happened to the request. The call then reads the record
/// back from the list of the routine's records. It repeats the read-back until the reconcile horizon
/// (`esa_config_set_reconcile_horizon()`) or the time limit ends.
///
/// The call needs these RAM actions:
/// - `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.
/// - `esa:ListRoutineRelatedRecords` on `*`, to read back. Without it, the outcome stays unknown if the answer is lost.
///
/// `client` and `request` are required; `options` and `error` may be NULL. The call reads its arguments before it
/// sends anything; they can be changed afterwards. On success, `*result` is set and `*error` is NULL. On failure,
/// `*error` is set and `*result` is NULL.
///
/// Any number of threads may call this with one client at once. A call returns within the time limit, or at once when
/// it is cancelled. The error's `outcome` then says whether the record may exist.
///
/// Returns `ESA_OK`, or the kind of failure. Besides the gateway's errors, the service documents ten codes for this
/// operation: `ESA_CODE_INTERNAL_EXCEPTION` to `ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_create_routine_related_record(
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, making(request, options, Client::create_routine_related_record))
    }
}

/// Ensures that a record exists. The call reads the list first. If the record isn't there, it creates the record as
/// `esa_create_routine_related_record()` does.
///
/// These cases differ from creating:
/// - The record exists and is tied to this routine: `origin` of the result is `ESA_ORIGIN_EXISTING`. This costs one
///   read and no write, so the call doesn't wait for other writes of the account.
/// - Another record is in the way: the call fails with `ESA_ERR_CONFLICT`, after the reconcile horizon. Until then,
///   it can be a record that somebody else created a moment ago, and that the list doesn't show yet.
/// - `site_id` of the request is 0: the site is the one that the record's name belongs to. The call finds it by
///   GetMatchSite.
///
/// The call needs the RAM actions of `esa_create_routine_related_record()`, and always the one for the list. If
/// `site_id` is 0, it also needs `esa:GetMatchSite` on `*`.
///
/// Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_record(
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, making(request, options, Client::ensure_routine_related_record))
    }
}

/// Starts creating a record on a multi, and returns at once.
///
/// The call does what `esa_create_routine_related_record()` does. It sends at once what it can send without waiting,
/// and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_create_routine_related_record_finish()` takes the call's result and releases the
/// call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
/// NULL.
///
/// `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
/// before the call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
/// NULL. These kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
/// - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
/// - `ESA_ERR_IO`: `options.cancel` can't be watched.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_create_routine_related_record_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let request = OwnedRequest::of(&read_struct(request)?.read()?);
            request.get().check()?;
            let make = async move |call: &Call<'_>| record::create(call, &request.get()).await;
            Ok(call_of(Finished::Created, make))
        })
    }
}

/// Takes the result of a finished call that `esa_create_routine_related_record_start()` started, and releases the
/// call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_create_routine_related_record()` returns, and sets `*result` and `*error` as it does. Two kinds
/// are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
///   it, or a callback of its multi uses this function. Nothing is taken or released.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(pending) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_create_routine_related_record_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::Created(result) => {
            Ok(result.map(|record| esa_create_routine_related_record_result::into_raw(&record).cast()))
        }
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` requires (this function's promise); `give` makes the result's type.
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Starts ensuring a record on a multi, and returns at once.
///
/// The call does what `esa_ensure_routine_related_record()` does. It sends at once what it can send without waiting,
/// and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_ensure_routine_related_record_finish()` takes the call's result and releases the
/// call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
/// NULL.
///
/// `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
/// before the call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
/// NULL. These kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
/// - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
/// - `ESA_ERR_IO`: `options.cancel` can't be watched.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_record_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let request = OwnedRequest::of(&read_struct(request)?.read()?);
            record::check_ensured(&request.get())?;
            let make = async move |call: &Call<'_>| record::ensure(call, &request.get()).await;
            Ok(call_of(Finished::Ensured, make))
        })
    }
}

/// Takes the result of a finished call that `esa_ensure_routine_related_record_start()` started, and releases the
/// call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_ensure_routine_related_record()` returns, and sets `*result` and `*error` as it does. Two kinds
/// are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
///   it, or a callback of its multi uses this function. Nothing is taken or released.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(pending) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_record_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::Ensured(result) => {
            Ok(result.map(|record| esa_create_routine_related_record_result::into_raw(&record).cast()))
        }
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` requires (this function's promise); `give` makes the result's type.
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result and its strings.
///
/// `result` may be NULL. Any thread may call this, once for each result.
///
/// # Safety
/// `result` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_create_routine_related_record_result_free(
    result: *mut esa_create_routine_related_record_result,
) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out by `into_raw` and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Strings>::from_raw(result) })
    });
}
