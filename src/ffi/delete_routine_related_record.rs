//! DeleteRoutineRelatedRecord.

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
use crate::call::Call;
use crate::error::Error;
use crate::log::NOWHERE;
use crate::operation::{DeleteRoutineRelatedRecordRequest, Operation};
use crate::record::{self, Deletion};

/// The record to delete. Begin with `ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_delete_routine_related_record_request {
    /// `sizeof(esa_delete_routine_related_record_request)`.
    pub struct_size: usize,
    /// The site's id: 1 or more.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes of UTF-8 without control characters.
    pub name: *const c_char,
    /// The record's name: 1 to 253 bytes of UTF-8 without control characters.
    pub record_name: *const c_char,
    /// The record's id; 0: the call finds the record by its name.
    pub record_id: i64,
}

// SAFETY: `repr(C)`, `struct_size` first, then integers and pointers.
unsafe impl CallerStruct for esa_delete_routine_related_record_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] =
        fields!(esa_delete_routine_related_record_request: site_id, name, record_name, record_id);
}

/// The result of a call that deletes a record. Release it with `esa_delete_routine_related_record_result_free()`.
///
/// Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_delete_routine_related_record_result {
    /// 1 if this call deleted the record, 0 if it was gone already. If an answer was lost, somebody else may have
    /// deleted the record at the same time: the service doesn't say who did.
    pub deleted: i32,
    /// How many requests to delete the record the call sent.
    pub attempts: u32,
    /// The service's id of the request. It is "" if no request was sent, since the list doesn't have the record, or if
    /// the answer was lost.
    pub request_id: *const c_char,
}

impl esa_delete_routine_related_record_request {
    /// The caller's request.
    ///
    /// # Safety
    /// The strings are NULL or NUL-terminated, and live for `'a`.
    unsafe fn read<'a>(self) -> Result<DeleteRoutineRelatedRecordRequest<'a>, Error> {
        // SAFETY: this function's promise.
        let (name, record_name) =
            unsafe { (read_string("name", self.name)?, read_string("record_name", self.record_name)?) };
        let record_id = Some(self.record_id).filter(|&id| id != 0);
        Ok(DeleteRoutineRelatedRecordRequest { site_id: self.site_id, name, record_name, record_id })
    }
}

impl esa_delete_routine_related_record_result {
    fn into_raw(deletion: &Deletion) -> *mut esa_delete_routine_related_record_result {
        let request_id = to_c_string(&deletion.request_id);
        let fields = esa_delete_routine_related_record_result {
            deleted: deletion.deleted.into(),
            attempts: deletion.attempts,
            request_id: request_id.as_ptr(),
        };
        Owned::<_, CString>::into_raw(fields, request_id)
    }
}

/// Deletes a record. If the record doesn't exist, or no longer exists, the call succeeds as well.
///
/// The call needs these RAM actions:
/// - `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.
/// - `esa:ListRoutineRelatedRecords` on `*`, if `record_id` is 0, or to find out what happened to a request whose
///   answer was lost.
///
/// Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_delete_routine_related_record(
    client: *const esa_client,
    request: *const esa_delete_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_delete_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, |client| {
            let (request, options) = (read_struct(request)?.read()?, read_options(options)?);
            let deletion = client.delete_routine_related_record(&request, &options)?;
            Ok(esa_delete_routine_related_record_result::into_raw(&deletion))
        })
    }
}

/// Starts deleting a record on a multi, and returns at once.
///
/// The call does what `esa_delete_routine_related_record()` does. It sends at once what it can send without waiting,
/// and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_delete_routine_related_record_finish()` takes the call's result and releases the
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
pub unsafe extern "C-unwind" fn esa_delete_routine_related_record_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_delete_routine_related_record_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let given = read_struct(request)?.read()?;
            given.check()?;
            let (site_id, record_id) = (given.site_id, given.record_id);
            let (name, record_name) = (given.name.to_owned(), given.record_name.to_owned());
            let make = async move |call: &Call<'_>| {
                let (name, record_name) = (name.as_str(), record_name.as_str());
                record::delete(call, &DeleteRoutineRelatedRecordRequest { site_id, name, record_name, record_id }).await
            };
            Ok(call_of(Finished::Deleted, make))
        })
    }
}

/// Takes the result of a finished call that `esa_delete_routine_related_record_start()` started, and releases the
/// call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_delete_routine_related_record()` returns, and sets `*result` and `*error` as it does. Two kinds
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
pub unsafe extern "C-unwind" fn esa_delete_routine_related_record_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_delete_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::Deleted(result) => {
            Ok(result.map(|deletion| esa_delete_routine_related_record_result::into_raw(&deletion).cast()))
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
pub unsafe extern "C-unwind" fn esa_delete_routine_related_record_result_free(
    result: *mut esa_delete_routine_related_record_result,
) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        drop(unsafe { Owned::<_, CString>::from_raw(result) })
    });
}
