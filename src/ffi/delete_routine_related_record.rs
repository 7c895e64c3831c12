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
use crate::operation::{DeleteRoutineRelatedRecord, Operation};
use crate::record::{self, Deletion};

/// Which record to delete. Begin with `ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
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
    /// The record's id; 0: it is found by its name.
    pub record_id: i64,
}

// SAFETY: `repr(C)`, `struct_size` first, then integers and pointers.
unsafe impl CallerStruct for esa_delete_routine_related_record_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] =
        fields!(esa_delete_routine_related_record_request: site_id, name, record_name, record_id);
}

/// What a call that deletes a record did. Release it with `esa_delete_routine_related_record_result_free()`.
///
/// Any one thread at a time may read it. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_delete_routine_related_record_result {
    /// 1 if this call deleted the record, 0 if it was gone already. If an answer was lost, somebody else may have
    /// deleted it at the same time: the service doesn't say who.
    pub deleted: i32,
    /// How many requests to delete the record the call sent.
    pub attempts: u32,
    /// The service's id of the request; "" where none was sent, since the list has no such record, or the answer was lost.
    pub request_id: *const c_char,
}

impl esa_delete_routine_related_record_request {
    /// The caller's request.
    ///
    /// # Safety
    /// The strings are NULL or NUL-terminated, and live for `'a`.
    unsafe fn read<'a>(self) -> Result<DeleteRoutineRelatedRecord<'a>, Error> {
        // SAFETY: this function's promise.
        let (name, record_name) =
            unsafe { (read_string("name", self.name)?, read_string("record_name", self.record_name)?) };
        let record_id = Some(self.record_id).filter(|&id| id != 0);
        Ok(DeleteRoutineRelatedRecord { site_id: self.site_id, name, record_name, record_id })
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

/// Deletes a record, so that it is gone afterwards: a record that doesn't exist (any more) is a success as well.
///
/// Needs the RAM action `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`; without a record
/// id, and to find out what became of a request whose answer was lost, `esa:ListRoutineRelatedRecords` on `*`.
///
/// Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_delete_routine_related_record(
    client: *const esa_client,
    request: *const esa_delete_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_delete_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
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
/// The call does what `esa_delete_routine_related_record()` does. It sends now what it can send without waiting, and
/// goes on in `esa_multi_step()`. `*pending` is the call, until `esa_delete_routine_related_record_finish()` or
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
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let given = read_struct(request)?.read()?;
            given.check()?;
            let (site_id, record_id) = (given.site_id, given.record_id);
            let (name, record_name) = (given.name.to_owned(), given.record_name.to_owned());
            let make = async move |call: &Call<'_>| {
                let (name, record_name) = (name.as_str(), record_name.as_str());
                record::delete(call, &DeleteRoutineRelatedRecord { site_id, name, record_name, record_id }).await
            };
            Ok(call_of(Finished::Deleted, make))
        })
    }
}

/// Takes the result of a finished call and releases the call: one that `esa_delete_routine_related_record_start()`
/// started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_delete_routine_related_record()` returns, and sets `*result` and `*error` as it does.
/// `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
/// is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
/// fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
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
pub unsafe extern "C-unwind" fn esa_delete_routine_related_record_result_free(
    result: *mut esa_delete_routine_related_record_result,
) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        drop(unsafe { Owned::<_, CString>::from_raw(result) })
    });
}
