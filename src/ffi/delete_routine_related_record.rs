//! DeleteRoutineRelatedRecord.

use std::ffi::{CString, c_char};

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::error::esa_error;
use super::guard::guarded;
use super::owned::Owned;
use super::status::esa_status;
use super::string::{read_string, to_c_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::log::Log;
use crate::operation::DeleteRoutineRelatedRecord;

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
            let request = read_struct(request)?;
            let request = DeleteRoutineRelatedRecord {
                site_id: request.site_id,
                name: read_string("name", request.name)?,
                record_name: read_string("record_name", request.record_name)?,
                record_id: Some(request.record_id).filter(|&id| id != 0),
            };
            let deletion = client.delete_routine_related_record(&request, &read_options(options)?)?;
            let request_id = to_c_string(&deletion.request_id);
            let fields = esa_delete_routine_related_record_result {
                deleted: deletion.deleted.into(),
                attempts: deletion.attempts,
                request_id: request_id.as_ptr(),
            };
            Ok(Owned::<_, CString>::give(fields, request_id))
        })
    }
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
    guarded(&Log::default(), (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        unsafe { Owned::<_, CString>::take_back(result) }
    });
}
