//! Signs requests for programs that send them themselves.

use std::ffi::{CString, c_char};
use std::time::{Duration, UNIX_EPOCH};

use super::call_action::{esa_call_action_request, read_action, refuse_reserved};
use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::error::esa_error;
use super::guard::{call, guarded};
use super::owned::Owned;
use super::status::esa_status;
use super::string::{read_optional_string, read_string, to_c_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::detached::{SignWith, sign_prepared_with};
use crate::error::{Error, Outcome};
use crate::log::NOWHERE;
use crate::signature::{Credentials, SignatureVersion, SignedRequest};

/// The way in which requests are signed.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_signature_version {
    /// `ESA_SIGNATURE_V3`.
    ESA_SIGNATURE_DEFAULT = 0,
    /// HMAC-SHA1, for old gateways.
    ESA_SIGNATURE_V1 = 1,
    /// ACS3-HMAC-SHA256.
    ESA_SIGNATURE_V3 = 3,
}

/// An HTTP header.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_header {
    /// Its name.
    pub name: *const c_char,
    /// Its value.
    pub value: *const c_char,
}

/// A signed request, ready to be sent once, by any HTTP library. Release it with `esa_signed_request_free()`.
///
/// Send it as it is: the method, the URL, all headers and the body. The sender adds what else HTTP needs, for example
/// Content-Length. Use TLS, unless the URL says http. Follow no redirects. The service accepts the request within 15
/// minutes, and once: sign each attempt again.
///
/// Any thread may read it, one at a time. Strings are never NULL and live as long as the request. The headers hold
/// the signature and the security token; with signature version 1, the URL does. Keep them out of logs.
#[repr(C)]
pub struct esa_signed_request {
    /// "GET" or "POST".
    pub method: *const c_char,
    /// The whole URL, for example "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7".
    pub url: *const c_char,
    /// The headers, with names in lower case. "host" is one of them.
    pub headers: *const esa_header,
    /// How many `headers` there are.
    pub header_count: usize,
    /// The body, a form, followed by a NUL; "" if the request has no body. A GET may have one.
    pub body: *const c_char,
    /// How many bytes `body` has, without the NUL.
    pub body_length: usize,
}

/// What the fields point to.
struct Behind {
    _texts: Vec<CString>,
    _headers: Vec<esa_header>,
}

impl esa_signed_request {
    fn into_raw(request: &SignedRequest) -> *mut esa_signed_request {
        let SignedRequest { method, url, headers, body } = request;
        let pairs = headers.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        let texts: Vec<_> = [method, url.as_str(), body.as_str()].into_iter().chain(pairs).map(to_c_string).collect();
        let mut pointers = texts.iter().map(|text| text.as_ptr());
        let mut next = || pointers.next().unwrap_or(c"".as_ptr());
        let (method, url, form) = (next(), next(), next());
        let headers: Vec<_> = headers.iter().map(|_| esa_header { name: next(), value: next() }).collect();
        let fields = esa_signed_request {
            method,
            url,
            headers: headers.as_ptr(),
            header_count: headers.len(),
            body: form,
            body_length: body.len(),
        };
        Owned::into_raw(fields, Behind { _texts: texts, _headers: headers })
    }
}

/// The values that `esa_sign_with()` signs with. Begin with `ESA_SIGN_WITH_OPTIONS_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_sign_with_options {
    /// `sizeof(esa_sign_with_options)`.
    pub struct_size: usize,
    /// The access key's id: printable ASCII, like the next two.
    pub access_key_id: *const c_char,
    /// The access key's secret.
    pub access_key_secret: *const c_char,
    /// The token of temporary credentials; NULL: none.
    pub security_token: *const c_char,
    /// The server: "host", "host:port" or "https://host:port"; NULL: the endpoint of cn-hangzhou.
    pub endpoint: *const c_char,
    /// The nonce: 1 to 64 characters of printable ASCII that no other request has.
    pub nonce: *const c_char,
    /// When the request is sent, in seconds since 1970 (UTC): 1 or more. The service accepts a time that is off by
    /// less than 15 minutes.
    pub date: i64,
    /// The way to sign: a value of `esa_signature_version`.
    pub signature_version: i32,
    /// Reserved: 0.
    pub reserved: i32,
}

// SAFETY: `repr(C)`, `struct_size` first, then pointers, which may be NULL, and integers.
unsafe impl CallerStruct for esa_sign_with_options {
    const ARGUMENT: &'static str = "options";
    const FIELDS: &'static [usize] = fields!(
        esa_sign_with_options: access_key_id,
        access_key_secret,
        security_token,
        endpoint,
        nonce,
        date,
        signature_version,
        reserved
    );
}

/// Signs any action for the program to send, as a client does. It uses the client's credentials, endpoint, clock and
/// signature version.
///
/// Nothing of the action is sent in any case. The program's own HTTP library can send the request, and
/// `esa_read_reply()` reads the reply.
///
/// If the client has no credentials yet, or they have expired, it gets new ones, if necessary from a server. `options`
/// hold for that. With a `timeout_ms` of 1, it uses only credentials that it has or that come from this machine.
///
/// `options` and `error` may be NULL. `request`, `options` and their strings are copied. Any thread may call this.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid. The message names the field.
/// - `ESA_ERR_CREDENTIALS`: there are no credentials, or they didn't come in time.
/// - `ESA_ERR_CANCELLED`: the caller cancelled the call.
/// - Any other kind: getting the credentials failed with it.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_sign_action(
    client: *const esa_client,
    request: *const esa_call_action_request,
    options: *const esa_call_options,
    result: *mut *mut esa_signed_request,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, |client| {
            let options = read_options(options)?;
            let signed = client.sign_prepared(&read_action(request)?, &options)?;
            Ok(esa_signed_request::into_raw(&signed))
        })
    }
}

/// Signs any action with its arguments alone: no client, no environment, no clock. The same arguments give the same
/// request.
///
/// `options`, `request` and their strings are copied. `error` may be NULL. Any thread may call this, at any time.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid. The message names the field.
/// - `ESA_ERR_CONFIG`: the endpoint can't be used.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(options) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_sign_with(
    options: *const esa_sign_with_options,
    request: *const esa_call_action_request,
    result: *mut *mut esa_signed_request,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        call(&NOWHERE, result, error, "result", Outcome::NotSent, || {
            let given = read_struct(options)?;
            let credentials = given.credentials()?;
            let with = given.read(&credentials)?;
            let signed = sign_prepared_with(&with, &read_action(request)?)?;
            Ok(esa_signed_request::into_raw(&signed))
        })
    }
}

/// The signature version of this number.
pub(super) fn read_signature_version(number: i32) -> Result<SignatureVersion, Error> {
    match number {
        0 => Ok(SignatureVersion::default()),
        1 => Ok(SignatureVersion::V1),
        3 => Ok(SignatureVersion::V3),
        other => Err(Error::invalid_argument(
            "signature_version",
            format_args!("is {other}; it is a value of esa_signature_version"),
        )),
    }
}

impl esa_sign_with_options {
    /// # Safety
    /// Strings are NULL or NUL-terminated.
    unsafe fn credentials(&self) -> Result<Credentials, Error> {
        // SAFETY: this function's promise.
        unsafe {
            Credentials::of(
                read_string("access_key_id", self.access_key_id)?,
                read_string("access_key_secret", self.access_key_secret)?,
                read_optional_string("security_token", self.security_token)?,
            )
        }
    }

    /// # Safety
    /// Strings are NULL or NUL-terminated.
    unsafe fn read<'a>(&self, credentials: &'a Credentials) -> Result<SignWith<'a>, Error> {
        refuse_reserved("options.reserved", self.reserved)?;
        let seconds = u64::try_from(self.date).ok().filter(|&seconds| seconds > 0);
        let seconds = seconds.ok_or_else(|| Error::invalid_argument("date", format_args!("is {}", self.date)))?;
        let date = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        // SAFETY: this function's promise.
        let (endpoint, nonce) =
            unsafe { (read_optional_string("endpoint", self.endpoint)?, read_string("nonce", self.nonce)?) };
        Ok(SignWith {
            credentials,
            endpoint,
            date: date.ok_or_else(|| Error::invalid_argument("date", "is out of range"))?,
            nonce,
            signature_version: read_signature_version(self.signature_version)?,
        })
    }
}

/// Releases a signed request and its strings.
///
/// `request` may be NULL. Any thread may call this, once for each request.
///
/// # Safety
/// `request` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_signed_request_free(request: *mut esa_signed_request) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Behind>::from_raw(request) })
    });
}
