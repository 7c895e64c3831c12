//! CreateRoutineRelatedRecord.

use std::ffi::{CString, c_char};

use super::call_options::{esa_call_options, read_options};
use super::client::{self, esa_client};
use super::error::esa_error;
use super::guard::{call, guarded};
use super::status::esa_status;
use super::string::{read_string, to_c_string};
use super::struct_size::{CallerStruct, read_struct};
use crate::log::Log;
use crate::operation::{CreateRoutineRelatedRecord, CreatedRecord};

/// Which record to create. Begin with `ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_create_routine_related_record_request {
    /// `sizeof(esa_create_routine_related_record_request)`.
    pub struct_size: usize,
    /// The site's id: 1 or more.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes of UTF-8 without control characters.
    pub name: *const c_char,
    /// The record's name, a domain name on the site: 1 to 253 bytes of UTF-8 without control characters.
    pub record_name: *const c_char,
}

// SAFETY: `repr(C)`, `struct_size` first, then an integer and pointers.
unsafe impl CallerStruct for esa_create_routine_related_record_request {
    const ARGUMENT: &'static str = "request";
}

/// Where a record came from. In `origin` of a result.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_origin {
    /// This call created it.
    ESA_ORIGIN_CREATED = 1,
}

/// The record that a call created. Release it with `esa_create_routine_related_record_result_free()`.
///
/// Any one thread at a time may read it. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_create_routine_related_record_result {
    /// The record's id; 0 where the service didn't tell.
    pub record_id: i64,
    /// Where the record came from: a value of `esa_origin`.
    pub origin: i32,
    /// How many requests the call sent.
    pub attempts: u32,
    /// The service's word: "OK".
    pub status: *const c_char,
    /// The service's id of the request.
    pub request_id: *const c_char,
}

/// What is allocated: the fields that the caller reads, and the strings that they point to.
#[repr(C)]
struct OwnedResult {
    fields: esa_create_routine_related_record_result,
    strings: [CString; 2],
}

impl From<CreatedRecord> for Box<OwnedResult> {
    fn from(record: CreatedRecord) -> Box<OwnedResult> {
        let strings = [&record.status, &record.request_id].map(|text| to_c_string(text));
        let [status, request_id] = strings.each_ref().map(|text| text.as_ptr());
        let fields = esa_create_routine_related_record_result {
            record_id: record.record_id.unwrap_or(0),
            origin: esa_origin::ESA_ORIGIN_CREATED as i32,
            attempts: record.attempts,
            status,
            request_id,
        };
        Box::new(OwnedResult { fields, strings })
    }
}

/// Creates a record on a site and ties it to a routine, so that requests for the record's name run the routine.
///
/// Needs the RAM action `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.
///
/// `client` and `request` are required, `options` may be NULL. All are read before anything is sent and can be changed
/// afterwards. On success `*result` is set and `*error` is NULL; otherwise the reverse. `error` may be NULL.
///
/// Any number of threads may call this with one client. It returns within the time limit, or at once when it is
/// cancelled; `outcome` of the error then says whether the record may exist.
///
/// Returns `ESA_OK`, or the kind of failure. Besides the gateway's errors the service documents ten for this
/// operation: `ESA_CODE_INTERNAL_EXCEPTION` to `ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn esa_create_routine_related_record(
    client: *const esa_client,
    request: *const esa_create_routine_related_record_request,
    options: *const esa_call_options,
    result: *mut *mut esa_create_routine_related_record_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let client = unsafe { client::shared(client) };
    let log = client.as_ref().map(|client| client.log().clone()).unwrap_or_default();
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        call(&log, result, error, "result", || {
            let client = client::required(client.as_ref())?;
            let request = read_struct(request)?;
            let request = CreateRoutineRelatedRecord {
                site_id: request.site_id,
                name: read_string("name", request.name)?,
                record_name: read_string("record_name", request.record_name)?,
            };
            let record = client.create_routine_related_record(&request, &read_options(options)?)?;
            Ok(Box::into_raw(Box::<OwnedResult>::from(record)).cast())
        })
    }
}

/// Releases a result and its strings.
///
/// `result` may be NULL. Any thread; each result once.
///
/// # Safety
/// `result` is NULL, or was handed out by `esa_create_routine_related_record()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn esa_create_routine_related_record_result_free(
    result: *mut esa_create_routine_related_record_result,
) {
    guarded(&Log::default(), (), || {
        if !result.is_null() {
            // SAFETY: made of a `Box<OwnedResult>`, whose first field it points to; released once.
            drop(unsafe { Box::from_raw(result.cast::<OwnedResult>()) });
        }
    });
}
