//! Reads replies that the program received itself.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::call_action::{esa_call_action_result, read_effect};
use super::error::esa_error;
use super::guard::call;
use super::sign::esa_header;
use super::status::esa_status;
use super::string::{read_optional_string, read_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::detached::{ReceivedReply, read_reply};
use crate::error::{Error, Outcome};
use crate::log::NOWHERE;

/// A reply of the service that the program received itself. Begin with `ESA_REPLY_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_reply {
    /// `sizeof(esa_reply)`.
    pub struct_size: usize,
    /// The action that was called, for example "CreateRoutine"; NULL: an action that the library doesn't know.
    pub action: *const c_char,
    /// Whether the action changes something: a value of `esa_effect`.
    pub effect: i32,
    /// The HTTP status: 100 to 999.
    pub http_status: i32,
    /// The headers, in any order and case; NULL: none. Without them, an error lacks what they say: how long to wait,
    /// for example.
    pub headers: *const esa_header,
    /// How many `headers` there are.
    pub header_count: usize,
    /// The body, without transfer and content codings; NULL: none.
    pub body: *const c_char,
    /// How many bytes `body` has.
    pub body_length: usize,
}

// SAFETY: `repr(C)`, `struct_size` first, then pointers, which may be NULL, and integers.
unsafe impl CallerStruct for esa_reply {
    const ARGUMENT: &'static str = "reply";
    const FIELDS: &'static [usize] = fields!(
        esa_reply: action,
        effect,
        http_status,
        headers,
        header_count,
        body,
        body_length
    );
}

impl esa_reply {
    /// The headers that are text. All headers with a meaning are.
    ///
    /// # Safety
    /// `headers` is NULL or points to `header_count` headers, whose strings are NULL or NUL-terminated.
    unsafe fn headers<'a>(&self) -> Result<Vec<(&'a str, &'a str)>, Error> {
        if self.headers.is_null() && self.header_count != 0 {
            return Err(Error::invalid_argument("headers", "is NULL"));
        }
        let mut headers = Vec::new();
        for number in 0..self.header_count {
            let field = |name: &str| format!("headers[{number}].{name}");
            // SAFETY: the array has this many elements (this function's promise); nothing is assumed of its alignment.
            let header = unsafe { ptr::read_unaligned(self.headers.add(number)) };
            // SAFETY: NULL or NUL-terminated (this function's promise).
            let name = unsafe { read_string(&field("name"), header.name) }?;
            if header.value.is_null() {
                return Err(Error::invalid_argument(&field("value"), "is NULL"));
            }
            // SAFETY: not NULL, so NUL-terminated (this function's promise).
            let value = unsafe { CStr::from_ptr(header.value) };
            headers.extend(value.to_str().ok().map(|value| (name, value.trim())));
        }
        Ok(headers)
    }

    /// # Safety
    /// `body` is NULL or points to `body_length` bytes.
    unsafe fn body<'a>(&self) -> Result<&'a [u8], Error> {
        match (self.body.is_null(), self.body_length) {
            (true, 0) => Ok(&[]),
            (true, _) => Err(Error::invalid_argument("body", "is NULL")),
            (false, length) if isize::try_from(length).is_ok() => {
                // SAFETY: this function's promise; no memory is larger than that.
                Ok(unsafe { std::slice::from_raw_parts(self.body.cast(), length) })
            }
            (false, _) => Err(Error::invalid_argument("body_length", "is more than there can be")),
        }
    }
}

/// Reads a reply that the program received itself: the result, or the error that the reply stands for.
///
/// The error says as much as that of a call: its kind, what the request did at the service, and what to do. It also
/// says whether trying again may help, and how long the service asks to wait. So a loop of the program's own can do
/// what `esa_call_action()` does:
/// - It repeats an action that changes nothing.
/// - It repeats an action that changes something only after `ESA_OUTCOME_REFUSED`, if `retryable` is 1.
/// - After `ESA_OUTCOME_UNKNOWN`, it reads back.
/// - It signs each attempt again.
///
/// If no reply came, a request that was sent in part may have been carried out.
///
/// The outcome is that of this one request; only the program knows about the attempts before it. `attempts` is 0 in
/// the result and in the error. Texts of the service are returned on one line, without what the service repeats of a
/// signature. The library doesn't know other secrets of the program here.
///
/// `reply` is copied. `error` may be NULL. Release the result with `esa_call_action_result_free()`. Any thread may
/// call this, at any time.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_OK`: the HTTP status is 200 to 299, and the body is a JSON object.
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid. The message names the field.
/// - Any other kind: the failure that the reply stands for.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(reply) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_read_reply(
    reply: *const esa_reply,
    result: *mut *mut esa_call_action_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        call(&NOWHERE, result, error, "result", Outcome::Unknown, || {
            let given = read_struct(reply)?;
            let bad_status =
                || Error::invalid_argument("http_status", format_args!("is {}; it is 100 to 999", given.http_status));
            let received = ReceivedReply {
                action: read_optional_string("action", given.action)?,
                effect: read_effect(given.effect)?,
                http_status: u16::try_from(given.http_status).map_err(|_| bad_status())?,
                headers: &given.headers()?,
                body: given.body()?,
            };
            Ok(esa_call_action_result::into_raw(read_reply(&received)?))
        })
    }
}
