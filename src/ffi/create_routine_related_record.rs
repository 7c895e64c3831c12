//! CreateRoutineRelatedRecord, to create a record or to ensure that it is there.

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
use crate::operation::{CreateRoutineRelatedRecord, Operation};
use crate::record::{self, Record};

/// Which record to create. Begin with `ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_create_routine_related_record_request {
    /// `sizeof(esa_create_routine_related_record_request)`.
    pub struct_size: usize,
    /// The site's id: 1 or more. `esa_ensure_routine_related_record()` takes 0 for the site that the record's name
    /// belongs to.
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
    pub(super) unsafe fn read<'a>(self) -> Result<CreateRoutineRelatedRecord<'a>, Error> {
        // SAFETY: this function's promise.
        let (name, record_name) =
            unsafe { (read_string("name", self.name)?, read_string("record_name", self.record_name)?) };
        Ok(CreateRoutineRelatedRecord { site_id: self.site_id, name, record_name })
    }
}

/// The record of a call that created or ensured it. Release it with
/// `esa_create_routine_related_record_result_free()`.
///
/// Any one thread at a time may read it. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_create_routine_related_record_result {
    /// The record's id; 0 where the service didn't tell.
    pub record_id: i64,
    /// Where the record came from: a value of `esa_origin`.
    pub origin: i32,
    /// How many requests to create the record the call sent.
    pub attempts: u32,
    /// The service's word: "OK".
    pub status: *const c_char,
    /// The service's id of the request.
    pub request_id: *const c_char,
    /// The site's id.
    pub site_id: i64,
}

/// A request that outlives the caller's.
struct OwnedRequest {
    site_id: i64,
    name: String,
    record_name: String,
}

impl OwnedRequest {
    fn of(request: &CreateRoutineRelatedRecord<'_>) -> OwnedRequest {
        let (name, record_name) = (request.name.to_owned(), request.record_name.to_owned());
        OwnedRequest { site_id: request.site_id, name, record_name }
    }

    fn get(&self) -> CreateRoutineRelatedRecord<'_> {
        CreateRoutineRelatedRecord { site_id: self.site_id, name: &self.name, record_name: &self.record_name }
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

/// What a client has to do to make the record of `request` by `method`.
///
/// # Safety
/// Both pointers are NULL or as their readers want them, for as long as the closure lives.
unsafe fn making(
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    method: fn(&Client, &CreateRoutineRelatedRecord<'_>, &CallOptions) -> Result<Record, Error>,
) -> impl FnMut(&Client) -> Result<*mut esa_create_routine_related_record_result, Error> {
    move |client| {
        // SAFETY: this function's promise.
        let (request, options) = unsafe { (read_struct(request)?.read()?, read_options(options)?) };
        method(client, &request, &options).map(|record| esa_create_routine_related_record_result::into_raw(&record))
    }
}

/// Creates a record on a site and ties it to a routine, so that requests for the record's name run the routine.
///
/// Needs the RAM action `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`. A record that
/// exists already is an error. One that this call created is never lost and never doubled: if the service's answer
/// doesn't arrive, or doesn't say what became of the request, the record is read back from the list of the routine's
/// records, again and again until the reconcile horizon (`esa_config_set_reconcile_horizon()`) or the time limit ends.
/// That needs `esa:ListRoutineRelatedRecords` on `*`. If that isn't allowed, the outcome stays unknown.
///
/// `client` and `request` are required, `options` may be NULL. All are read before anything is sent and can be changed
/// afterwards. On success `*result` is set and `*error` is NULL; otherwise the reverse. `error` may be NULL.
///
/// Any number of threads may call this with one client. A call returns within the time limit, or at once when it is
/// cancelled; `outcome` of the error then says whether the record may exist.
///
/// Returns `ESA_OK`, or the kind of failure. Besides the gateway's errors the service documents ten for this
/// operation: `ESA_CODE_INTERNAL_EXCEPTION` to `ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_create_routine_related_record(
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, making(request, options, Client::create_routine_related_record))
    }
}

/// Ensures that a record exists: reads the list first, and creates the record like
/// `esa_create_routine_related_record()` if it isn't there.
///
/// A record that exists and is tied to this routine gives `ESA_ORIGIN_EXISTING`. It costs a read and no write, so it
/// doesn't wait for other writes of the account. One that is in the way otherwise gives `ESA_ERR_CONFLICT`, after the
/// reconcile horizon: until then it may be one that somebody else has created a moment ago, and that the list doesn't
/// show yet. If `site_id` of the request is 0, the site is the one that the record's name belongs to, found by
/// GetMatchSite.
///
/// Besides what creating needs, this needs the RAM actions `esa:ListRoutineRelatedRecords` and, for a `site_id` of 0,
/// `esa:GetMatchSite`, both on `*`. Pointers, threads, limits and errors are as there.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_record(
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, making(request, options, Client::ensure_routine_related_record))
    }
}

/// Starts creating a record on a multi, and returns at once.
///
/// The call does what `esa_create_routine_related_record()` does. It sends now what it can send without waiting, and
/// goes on in `esa_multi_step()`. `*pending` is the call, until `esa_create_routine_related_record_finish()` or
/// `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
/// `user_data` may be NULL; `esa_pending_user_data()` returns it.
///
/// `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
/// call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
/// own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
/// set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
/// NULL.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
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
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let request = OwnedRequest::of(&read_struct(request)?.read()?);
            request.get().check()?;
            let make = async move |call: &Call<'_>| record::create(call, &request.get()).await;
            Ok(call_of(Finished::Created, make))
        })
    }
}

/// Takes the result of a finished call and releases the call: one that `esa_create_routine_related_record_start()`
/// started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_create_routine_related_record()` returns, and sets `*result` and `*error` as it does.
/// `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
/// is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
/// fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
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
    // SAFETY: every pointer is NULL or as `finish` wants it, which gets what the result points to (this function's promise).
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Starts ensuring a record on a multi, and returns at once.
///
/// The call does what `esa_ensure_routine_related_record()` does. It sends now what it can send without waiting, and
/// goes on in `esa_multi_step()`. `*pending` is the call, until `esa_ensure_routine_related_record_finish()` or
/// `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
/// `user_data` may be NULL; `esa_pending_user_data()` returns it.
///
/// `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
/// call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
/// own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
/// set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
/// NULL.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
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
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let request = OwnedRequest::of(&read_struct(request)?.read()?);
            record::check_ensured(&request.get())?;
            let make = async move |call: &Call<'_>| record::ensure(call, &request.get()).await;
            Ok(call_of(Finished::Ensured, make))
        })
    }
}

/// Takes the result of a finished call and releases the call: one that `esa_ensure_routine_related_record_start()`
/// started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_ensure_routine_related_record()` returns, and sets `*result` and `*error` as it does.
/// `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
/// is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
/// fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
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
    // SAFETY: every pointer is NULL or as `finish` wants it, which gets what the result points to (this function's promise).
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result and its strings.
///
/// `result` may be NULL. Any thread; each result once.
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
