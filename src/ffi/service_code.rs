//! The service's error codes, as the C interface numbers them.

use std::ffi::{CString, c_char};

use once_cell::race::OnceBox;

use super::guard::guarded;
use super::string::to_c_string;
use crate::log::NOWHERE;
use crate::service_code::ServiceCode;

/// The service's error code, as a number. In `esa_error.service_code`; `esa_error.code` has the code verbatim.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_service_code {
    /// The service gave no code.
    ESA_CODE_NONE = 0,
    /// A code that this version doesn't know.
    ESA_CODE_OTHER = 1,

    /// `InternalException`
    ESA_CODE_INTERNAL_EXCEPTION = 10,
    /// `InvalidParameter`
    ESA_CODE_INVALID_PARAMETER = 11,
    /// `RoutineNotExist`
    ESA_CODE_ROUTINE_NOT_EXIST = 12,
    /// `DependedByOthers`
    ESA_CODE_DEPENDED_BY_OTHERS = 13,
    /// `SiteParameterNotMatch`
    ESA_CODE_SITE_PARAMETER_NOT_MATCH = 14,
    /// `InternalOperationError`
    ESA_CODE_INTERNAL_OPERATION_ERROR = 15,
    /// `ParameterAlreadyExist`
    ESA_CODE_PARAMETER_ALREADY_EXIST = 16,
    /// `RelatedRecordNumberExceedQuotaLimit`
    ESA_CODE_RELATED_RECORD_NUMBER_EXCEED_QUOTA_LIMIT = 17,
    /// `RoutineUserServiceStatusHalt`
    ESA_CODE_ROUTINE_USER_SERVICE_STATUS_HALT = 18,
    /// `UserOperationStatusIsLocked`
    ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED = 19,

    /// `LockFailed`
    ESA_CODE_LOCK_FAILED = 40,
    /// `Site.ServiceBusy`
    ESA_CODE_SITE_SERVICE_BUSY = 41,
    /// `Record.ServiceBusy`
    ESA_CODE_RECORD_SERVICE_BUSY = 42,
    /// `TooManyRequests`
    ESA_CODE_TOO_MANY_REQUESTS = 43,
    /// `ServiceNotOpen`
    ESA_CODE_SERVICE_NOT_OPEN = 44,
    /// `SiteNotFound`
    ESA_CODE_SITE_NOT_FOUND = 45,
    /// `ParameterNotExist`
    ESA_CODE_PARAMETER_NOT_EXIST = 46,
    /// `RoutineAlreadyExist`
    ESA_CODE_ROUTINE_ALREADY_EXIST = 47,
    /// `RoutineNumberExceedQuotaLimit`
    ESA_CODE_ROUTINE_NUMBER_EXCEED_QUOTA_LIMIT = 48,

    /// `Throttling`
    ESA_CODE_THROTTLING = 60,
    /// `Throttling.User`
    ESA_CODE_THROTTLING_USER = 61,
    /// `Throttling.Api`
    ESA_CODE_THROTTLING_API = 62,
    /// `Rejected.Throttling`
    ESA_CODE_REJECTED_THROTTLING = 63,
    /// `ServiceUnavailable`
    ESA_CODE_SERVICE_UNAVAILABLE = 64,
    /// `InternalError`
    ESA_CODE_INTERNAL_ERROR = 65,
    /// `UnknownError`
    ESA_CODE_UNKNOWN_ERROR = 66,
    /// `SignatureNonceUsed`
    ESA_CODE_SIGNATURE_NONCE_USED = 67,
    /// `InvalidTimeStamp.Expired`
    ESA_CODE_INVALID_TIME_STAMP_EXPIRED = 68,
    /// `InvalidSecurityToken.Expired`
    ESA_CODE_INVALID_SECURITY_TOKEN_EXPIRED = 69,
    /// `SignatureDoesNotMatch`
    ESA_CODE_SIGNATURE_DOES_NOT_MATCH = 70,
    /// `IncompleteSignature`
    ESA_CODE_INCOMPLETE_SIGNATURE = 71,
    /// `InvalidAccessKeyId.NotFound`
    ESA_CODE_INVALID_ACCESS_KEY_ID_NOT_FOUND = 72,
    /// `InvalidAccessKeyId.Inactive`
    ESA_CODE_INVALID_ACCESS_KEY_ID_INACTIVE = 73,
    /// `Forbidden.AccessKeyDisabled`
    ESA_CODE_FORBIDDEN_ACCESS_KEY_DISABLED = 74,
    /// `Forbidden.RAM`
    ESA_CODE_FORBIDDEN_RAM = 75,
    /// `NoPermission`
    ESA_CODE_NO_PERMISSION = 76,
    /// `Forbidden.RiskControl`
    ESA_CODE_FORBIDDEN_RISK_CONTROL = 77,
    /// `InvalidAction.NotFound`
    ESA_CODE_INVALID_ACTION_NOT_FOUND = 78,
    /// `InvalidVersion`
    ESA_CODE_INVALID_VERSION = 79,
    /// `InvalidProtocol.NeedSsl`
    ESA_CODE_INVALID_PROTOCOL_NEED_SSL = 80,
    /// `UnsupportedHTTPMethod`
    ESA_CODE_UNSUPPORTED_HTTP_METHOD = 81,
}

/// Gets the service's own code for a value of `esa_service_code`: "UserOperationStatusIsLocked", for example.
///
/// Returns a static string; don't free it. It is "" for `ESA_CODE_NONE`, `ESA_CODE_OTHER` and values that this
/// version doesn't know. If an error has an unknown code, `esa_error.code` has it verbatim. Any thread may call this,
/// at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_service_code_name(service_code: i32) -> *const c_char {
    guarded(&NOWHERE, c"".as_ptr(), || texts(service_code).map_or(c"".as_ptr(), |texts| texts.word.as_ptr()))
}

/// Gets the advice for a value of `esa_service_code`: what to do about the error, in a sentence.
///
/// Returns a static string; don't free it. It is "" if there is no advice. Any thread may call this, at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_service_code_advice(service_code: i32) -> *const c_char {
    guarded(&NOWHERE, c"".as_ptr(), || texts(service_code).map_or(c"".as_ptr(), |texts| texts.advice.as_ptr()))
}

struct Texts {
    word: CString,
    advice: CString,
}

/// The C strings of the table in `service_code.rs`. They are made once, since Rust's strings don't end in NUL.
fn texts(service_code: i32) -> Option<&'static Texts> {
    // Not a lock: a fork could leave it locked.
    static TEXTS: OnceBox<Vec<Texts>> = OnceBox::new();
    let texts = |code: &ServiceCode| Texts { word: to_c_string(code.as_str()), advice: to_c_string(code.advice()) };
    let place = ServiceCode::KNOWN.iter().position(|code| *code as i32 == service_code)?;
    TEXTS.get_or_init(|| Box::new(ServiceCode::KNOWN.iter().map(texts).collect())).get(place)
}
