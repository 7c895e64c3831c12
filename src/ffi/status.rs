//! The kinds of failure and the outcomes of failed calls, as the C interface numbers them.

use std::ffi::c_char;

use crate::error::ErrorKind;

/// Success, or the kind of failure. The hundreds say where a call failed:
/// - 1xx: on this machine, and mostly before anything was sent. `outcome` of the error says whether a write was sent.
/// - 2xx: no usable answer came.
/// - 3xx: the service refused.
/// - 9xx: the library itself.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_status {
    /// The call succeeded.
    ESA_OK = 0,

    /// An argument is missing, malformed or out of range. The message names it.
    ESA_ERR_INVALID_ARGUMENT = 100,
    /// The caller set a field that this version of the library doesn't know, or that the function can't use.
    ESA_ERR_UNSUPPORTED = 101,
    /// The configuration can't be used: region, endpoint, CA file, ...
    ESA_ERR_CONFIG = 102,
    /// No credentials were found, or they can't be used.
    ESA_ERR_CREDENTIALS = 103,
    /// The lock that the client shares with others can't be used. See `esa_config_set_write_lock()`.
    ESA_ERR_LOCK = 104,
    /// The caller cancelled the call. Check the outcome: the request may have been sent already.
    ESA_ERR_CANCELLED = 110,
    /// The process is a child of fork(), and the call is one of its parent's `esa_multi`. Clients work in the child,
    /// with connections of their own.
    ESA_ERR_FORKED = 111,
    /// No file descriptors are left. Check the outcome: a request may have been sent already.
    ESA_ERR_DESCRIPTORS = 112,

    /// The endpoint's name can't be resolved.
    ESA_ERR_DNS = 200,
    /// No connection can be made.
    ESA_ERR_CONNECT = 201,
    /// The proxy refused or failed.
    ESA_ERR_PROXY = 202,
    /// The TLS handshake failed: certificate, protocol version, ...
    ESA_ERR_TLS = 203,
    /// A time limit passed. Check the outcome: the request may have been sent already.
    ESA_ERR_TIMEOUT = 204,
    /// The connection failed while it was in use.
    ESA_ERR_IO = 205,
    /// The answer isn't one that the service gives: not HTTP, not JSON, too large, ...
    ESA_ERR_RESPONSE = 206,

    /// The service refused the request as it stands.
    ESA_ERR_REJECTED = 300,
    /// The service doesn't accept the credentials or the signature.
    ESA_ERR_AUTH = 301,
    /// The credentials are good, but don't allow this.
    ESA_ERR_FORBIDDEN = 302,
    /// What the request names doesn't exist.
    ESA_ERR_NOT_FOUND = 303,
    /// Something that exists already is in the way.
    ESA_ERR_CONFLICT = 304,
    /// A quota is used up.
    ESA_ERR_QUOTA = 305,
    /// Too many requests came in a short time.
    ESA_ERR_THROTTLED = 306,
    /// The service is busy with another call of the same account.
    ESA_ERR_BUSY = 307,
    /// The account has overdue payments.
    ESA_ERR_OVERDUE = 308,
    /// Edge Routine isn't activated for the account.
    ESA_ERR_NOT_ACTIVATED = 309,
    /// The service failed.
    ESA_ERR_SERVER = 310,

    /// The library has a bug. Please report it with the message.
    ESA_ERR_INTERNAL = 900,
}

/// The outcome of a failed call: what it did at the service. In `esa_error.outcome`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_outcome {
    /// No write of the call was sent. Nothing has changed.
    ESA_OUTCOME_NOT_SENT = 0,
    /// The service refused each write that was sent, or a read, with a code that says that nothing has changed.
    ESA_OUTCOME_REFUSED = 1,
    /// A write was sent, and the call couldn't find out in time whether it was carried out, or still will be. No
    /// later refusal changes that.
    ESA_OUTCOME_UNKNOWN = 2,
}

impl From<ErrorKind> for esa_status {
    fn from(kind: ErrorKind) -> esa_status {
        match kind {
            ErrorKind::InvalidArgument => esa_status::ESA_ERR_INVALID_ARGUMENT,
            ErrorKind::Unsupported => esa_status::ESA_ERR_UNSUPPORTED,
            ErrorKind::Config => esa_status::ESA_ERR_CONFIG,
            ErrorKind::Credentials => esa_status::ESA_ERR_CREDENTIALS,
            ErrorKind::Lock => esa_status::ESA_ERR_LOCK,
            ErrorKind::Cancelled => esa_status::ESA_ERR_CANCELLED,
            ErrorKind::Forked => esa_status::ESA_ERR_FORKED,
            ErrorKind::Descriptors => esa_status::ESA_ERR_DESCRIPTORS,
            ErrorKind::Dns => esa_status::ESA_ERR_DNS,
            ErrorKind::Connect => esa_status::ESA_ERR_CONNECT,
            ErrorKind::Proxy => esa_status::ESA_ERR_PROXY,
            ErrorKind::Tls => esa_status::ESA_ERR_TLS,
            ErrorKind::Timeout => esa_status::ESA_ERR_TIMEOUT,
            ErrorKind::Io => esa_status::ESA_ERR_IO,
            ErrorKind::Response => esa_status::ESA_ERR_RESPONSE,
            ErrorKind::Rejected => esa_status::ESA_ERR_REJECTED,
            ErrorKind::Auth => esa_status::ESA_ERR_AUTH,
            ErrorKind::Forbidden => esa_status::ESA_ERR_FORBIDDEN,
            ErrorKind::NotFound => esa_status::ESA_ERR_NOT_FOUND,
            ErrorKind::Conflict => esa_status::ESA_ERR_CONFLICT,
            ErrorKind::Quota => esa_status::ESA_ERR_QUOTA,
            ErrorKind::Throttled => esa_status::ESA_ERR_THROTTLED,
            ErrorKind::Busy => esa_status::ESA_ERR_BUSY,
            ErrorKind::Overdue => esa_status::ESA_ERR_OVERDUE,
            ErrorKind::NotActivated => esa_status::ESA_ERR_NOT_ACTIVATED,
            ErrorKind::Server => esa_status::ESA_ERR_SERVER,
            ErrorKind::Internal => esa_status::ESA_ERR_INTERNAL,
        }
    }
}

/// Gets the enumerator's name for a value of `esa_status`: "ESA_ERR_TIMEOUT", for example.
///
/// Returns a static string; don't free it. It is "" for a value that this version doesn't know. Any thread may call
/// this, at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_status_name(status: i32) -> *const c_char {
    let name = match status {
        0 => c"ESA_OK",
        100 => c"ESA_ERR_INVALID_ARGUMENT",
        101 => c"ESA_ERR_UNSUPPORTED",
        102 => c"ESA_ERR_CONFIG",
        103 => c"ESA_ERR_CREDENTIALS",
        104 => c"ESA_ERR_LOCK",
        110 => c"ESA_ERR_CANCELLED",
        111 => c"ESA_ERR_FORKED",
        112 => c"ESA_ERR_DESCRIPTORS",
        200 => c"ESA_ERR_DNS",
        201 => c"ESA_ERR_CONNECT",
        202 => c"ESA_ERR_PROXY",
        203 => c"ESA_ERR_TLS",
        204 => c"ESA_ERR_TIMEOUT",
        205 => c"ESA_ERR_IO",
        206 => c"ESA_ERR_RESPONSE",
        300 => c"ESA_ERR_REJECTED",
        301 => c"ESA_ERR_AUTH",
        302 => c"ESA_ERR_FORBIDDEN",
        303 => c"ESA_ERR_NOT_FOUND",
        304 => c"ESA_ERR_CONFLICT",
        305 => c"ESA_ERR_QUOTA",
        306 => c"ESA_ERR_THROTTLED",
        307 => c"ESA_ERR_BUSY",
        308 => c"ESA_ERR_OVERDUE",
        309 => c"ESA_ERR_NOT_ACTIVATED",
        310 => c"ESA_ERR_SERVER",
        900 => c"ESA_ERR_INTERNAL",
        _ => c"",
    };
    name.as_ptr()
}

/// Gets the enumerator's name for a value of `esa_outcome`: "ESA_OUTCOME_UNKNOWN", for example.
///
/// Returns a static string; don't free it. It is "" for a value that this version doesn't know. Any thread may call
/// this, at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_outcome_name(outcome: i32) -> *const c_char {
    let name = match outcome {
        0 => c"ESA_OUTCOME_NOT_SENT",
        1 => c"ESA_OUTCOME_REFUSED",
        2 => c"ESA_OUTCOME_UNKNOWN",
        _ => c"",
    };
    name.as_ptr()
}
