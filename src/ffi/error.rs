//! The error of a failed call.

use std::ffi::{CString, c_char};

use super::guard::guarded;
use super::owned::Owned;
use super::status::esa_status;
use super::string::to_c_string;
use crate::error::Error;
use crate::log::NOWHERE;

/// The error of a failed call: why it failed, what it did, and what to do about it.
///
/// The library makes it; release it with `esa_error_free()`. Any thread may read it, one at a time, not only the one
/// that made the call. Strings are never NULL ("" stands for nothing) and live as long as the error. No field holds a
/// secret: what the service repeats of the credentials is removed.
#[repr(C)]
pub struct esa_error {
    /// The kind of failure; the value that the call returned.
    pub status: esa_status,
    /// What the call did at the service: a value of `esa_outcome`.
    pub outcome: i32,
    /// The service's code, typed: a value of `esa_service_code`.
    pub service_code: i32,
    /// The HTTP status of the reply; 0 if there was no reply.
    pub http_status: i32,
    /// How many requests the call sent, or tried to send.
    pub attempts: u32,
    /// How long the service asks to wait before the next attempt, in milliseconds; 0 if it doesn't say.
    pub retry_after_ms: u32,
    /// 1 if the same call may succeed later without a change, else 0. After `ESA_OUTCOME_UNKNOWN`, first read back
    /// whether the record exists.
    pub retryable: i32,
    /// Reserved: 0.
    pub reserved: u32,
    /// The service's code, verbatim: "Throttling.User", for example.
    pub code: *const c_char,
    /// What failed: the service's message, or the library's.
    pub message: *const c_char,
    /// What to do about it, in a sentence.
    pub advice: *const c_char,
    /// The service's id of the request, for its support.
    pub request_id: *const c_char,
    /// A link to the service's own help on this error.
    pub recommend: *const c_char,
    /// The missing permission, in the service's JSON.
    pub access_denied_detail: *const c_char,
}

/// What the fields point to.
type Strings = [CString; 6];

impl esa_error {
    /// Hands an error out to the caller.
    pub(super) fn into_raw(error: &Error) -> *mut esa_error {
        let strings = [
            error.code(),
            error.message(),
            error.advice(),
            error.request_id(),
            error.recommend(),
            error.access_denied_detail(),
        ]
        .map(to_c_string);
        let [code, message, advice, request_id, recommend, access_denied_detail] =
            strings.each_ref().map(|text| text.as_ptr());
        let retry_after_ms = error.retry_after().map_or(0, |delay| delay.as_millis());
        let fields = esa_error {
            status: error.kind().into(),
            outcome: error.outcome() as i32,
            service_code: error.service_code() as i32,
            http_status: error.http_status().map_or(0, i32::from),
            attempts: error.attempts(),
            retry_after_ms: u32::try_from(retry_after_ms).unwrap_or(u32::MAX),
            retryable: error.retryable().into(),
            reserved: 0,
            code,
            message,
            advice,
            request_id,
            recommend,
            access_denied_detail,
        };
        Owned::<esa_error, Strings>::into_raw(fields, strings)
    }
}

/// Hands `failure` to the caller through `error`, or NULL if the call succeeded. Returns the call's status.
///
/// # Safety
/// `error` is NULL or points to memory for a pointer.
pub(super) unsafe fn give_error(error: *mut *mut esa_error, failure: Option<Error>) -> esa_status {
    let status = failure.as_ref().map_or(esa_status::ESA_OK, |failure| failure.kind().into());
    if !error.is_null() {
        let object = failure.as_ref().map_or(std::ptr::null_mut(), esa_error::into_raw);
        // SAFETY: not NULL, so memory for a pointer (this function's promise); nothing is assumed of its alignment.
        unsafe { error.write_unaligned(object) };
    }
    status
}

/// Releases an error and its strings.
///
/// `error` may be NULL. Any thread may call this, once for each error.
///
/// # Safety
/// `error` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_error_free(error: *mut esa_error) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out by `esa_error::into_raw` and not released yet (this function's promise).
        drop(unsafe { Owned::<esa_error, Strings>::from_raw(error) })
    });
}
