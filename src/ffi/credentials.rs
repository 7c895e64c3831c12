//! Credentials from a function of the caller's.

use std::ffi::{c_char, c_void};
use std::time::{Duration, UNIX_EPOCH};

use super::guard::guarded;
use super::limits::to_milliseconds;
use super::status::esa_status;
use super::string::{read_optional_string, read_string};
use crate::credentials::ProvidedCredentials;
use crate::error::{Error, ErrorKind};
use crate::log::NOWHERE;
use crate::signature::Credentials;

/// The object that receives the credentials from an `esa_credentials_fn`. It is valid until that function returns.
pub struct esa_credentials {
    answer: Result<ProvidedCredentials, String>,
}

/// Provides credentials that are kept elsewhere. It calls `esa_credentials_set()`, or `esa_credentials_fail()` with
/// the reason.
///
/// Runs on the thread of a call that needs credentials, for one call of a client at a time. The library calls it:
/// - While the client has no valid credentials: in its first call, for example.
/// - From five to six minutes before the credentials expire, or after half of their life if that is later.
/// - Once more when the service says that they have expired.
///
/// It should return within `timeout_ms` milliseconds, the time that the call has for it (`ESA_UNLIMITED`: no limit).
/// Nothing else ends it, and the call can't be cancelled meanwhile. It may make calls with other clients. It must
/// return: no exception, no longjmp.
pub type esa_credentials_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, timeout_ms: u32, credentials: *mut esa_credentials)>;

/// Provides the credentials. Call it in an `esa_credentials_fn` only.
///
/// The strings are copied. They are ASCII without blanks or control characters. `security_token` is the token of
/// temporary credentials of STS; for others, it is NULL. `expires_at` is when the credentials expire, in seconds
/// since 1970 (UTC); 0: when the service no longer accepts them.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`. The error of the call that needs the credentials then says more.
///
/// # Safety
/// `credentials` is NULL or what the function was given; the strings are NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_credentials_set(
    credentials: *mut esa_credentials,
    access_key_id: *const c_char,
    access_key_secret: *const c_char,
    security_token: *const c_char,
    expires_at: i64,
) -> esa_status {
    // SAFETY: NULL or a live object that no other thread uses (this function's promise).
    let Some(esa_credentials { answer }) = (unsafe { credentials.as_mut() }) else {
        return esa_status::ESA_ERR_INVALID_ARGUMENT;
    };
    let panicked = || Err(Error::new(ErrorKind::Internal, "panic while credentials were given"));
    let provided = guarded(&NOWHERE, panicked(), || {
        // SAFETY: each string is NULL or NUL-terminated (this function's promise).
        let (id, secret, token) = unsafe {
            (
                read_string("access_key_id", access_key_id)?,
                read_string("access_key_secret", access_key_secret)?,
                read_optional_string("security_token", security_token)?,
            )
        };
        let expires = match u64::try_from(expires_at) {
            Ok(0) => None,
            Ok(seconds) => UNIX_EPOCH.checked_add(Duration::from_secs(seconds)),
            Err(_) => return Err(Error::invalid_argument("expires_at", "is negative")),
        };
        let credentials = Credentials::of(id, secret, token.filter(|token| !token.is_empty()))?;
        Ok(ProvidedCredentials { credentials, expires })
    });
    let status = provided.as_ref().map_or_else(|error| error.kind().into(), |_| esa_status::ESA_OK);
    *answer = provided.map_err(|error| error.message().to_owned());
    status
}

/// Reports why there are no credentials. Call it in an `esa_credentials_fn` only.
///
/// `reason` becomes part of the error of the call that needs the credentials, so it must hold no secret. It is
/// copied; NULL: no reason.
///
/// # Safety
/// `credentials` is NULL or what the function was given; `reason` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_credentials_fail(credentials: *mut esa_credentials, reason: *const c_char) {
    // SAFETY: NULL or a live object that no other thread uses (this function's promise).
    let Some(esa_credentials { answer }) = (unsafe { credentials.as_mut() }) else { return };
    // SAFETY: NULL or NUL-terminated (this function's promise).
    let reason = guarded(&NOWHERE, None, || unsafe { read_optional_string("reason", reason) }.ok().flatten());
    *answer = Err(reason.unwrap_or(NO_REASON).to_owned());
}

const NO_REASON: &str = "the program's own function gives no credentials, and no reason";

/// The caller's function with its data.
pub(super) struct Provider {
    pub(super) function: unsafe extern "C" fn(*mut c_void, u32, *mut esa_credentials),
    pub(super) user_data: *mut c_void,
}

// SAFETY: `esa_config_set_credentials_provider` says that the function, with its data, is called on every thread that
// makes a call.
unsafe impl Send for Provider {}
// SAFETY: as above. That includes calls of several clients at once.
unsafe impl Sync for Provider {}

impl Provider {
    pub(super) fn provide(&self, left: Duration) -> Result<ProvidedCredentials, String> {
        let timeout_ms = to_milliseconds(left);
        let mut credentials = esa_credentials { answer: Err(NO_REASON.to_owned()) };
        // SAFETY: the caller set a function of this type, and the data to call it with. The object lives until
        // it returns.
        unsafe { (self.function)(self.user_data, timeout_ms, &mut credentials) };
        credentials.answer
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::{null, null_mut};

    use super::super::guard::tests::want_panic;
    use super::super::limits::ESA_UNLIMITED;
    use super::esa_status::{ESA_ERR_INTERNAL, ESA_ERR_INVALID_ARGUMENT, ESA_OK};
    use super::*;

    /// What a provider gets from the function `give`.
    fn provided(
        give: unsafe extern "C" fn(*mut c_void, u32, *mut esa_credentials),
    ) -> Result<ProvidedCredentials, String> {
        Provider { function: give, user_data: null_mut() }.provide(Duration::MAX)
    }

    #[test]
    fn what_the_function_gives_is_what_the_provider_gets() {
        unsafe extern "C" fn give(_: *mut c_void, timeout_ms: u32, credentials: *mut esa_credentials) {
            assert_eq!(timeout_ms, ESA_UNLIMITED);
            // SAFETY: the object is live and the strings are NUL-terminated.
            unsafe {
                esa_credentials_fail(credentials, c"not yet".as_ptr());
                assert_eq!(esa_credentials_set(credentials, c"id".as_ptr(), c"s".as_ptr(), c"t".as_ptr(), 60), ESA_OK);
            }
        }

        let given = provided(give).unwrap();

        assert_eq!(given.credentials, Credentials::temporary("id", "s", "t").unwrap());
        assert_eq!(given.expires, Some(UNIX_EPOCH + Duration::from_secs(60)));
    }

    #[test]
    fn an_empty_token_is_none_and_no_date_is_for_ever() {
        unsafe extern "C" fn give(_: *mut c_void, _: u32, credentials: *mut esa_credentials) {
            // SAFETY: the object is live and the strings are NUL-terminated.
            unsafe { esa_credentials_set(credentials, c"id".as_ptr(), c"s".as_ptr(), c"".as_ptr(), 0) };
        }

        let given = provided(give).unwrap();

        assert_eq!((given.credentials.security_token(), given.expires), (None, None));
    }

    #[test]
    fn what_the_function_does_not_give_has_a_reason() {
        unsafe extern "C" fn nothing(_: *mut c_void, _: u32, _: *mut esa_credentials) {}
        unsafe extern "C" fn fail(_: *mut c_void, _: u32, credentials: *mut esa_credentials) {
            // SAFETY: the object is live and the string NUL-terminated.
            unsafe { esa_credentials_fail(credentials, c"the vault is closed".as_ptr()) };
        }
        unsafe extern "C" fn unusable(_: *mut c_void, _: u32, credentials: *mut esa_credentials) {
            let set = |id, expires_at| {
                // SAFETY: the object is live, and the strings are NULL or NUL-terminated.
                unsafe { esa_credentials_set(credentials, id, c"hunter2".as_ptr(), null(), expires_at) }
            };
            assert_eq!(set(null(), 0), ESA_ERR_INVALID_ARGUMENT);
            assert_eq!(set(c"id".as_ptr(), -1), ESA_ERR_INVALID_ARGUMENT);
            want_panic();
            assert_eq!(set(c"id".as_ptr(), 0), ESA_ERR_INTERNAL);
            assert_eq!(set(c"i d".as_ptr(), 0), ESA_ERR_INVALID_ARGUMENT);
        }

        assert_eq!(provided(nothing).unwrap_err(), NO_REASON);
        assert_eq!(provided(fail).unwrap_err(), "the vault is closed");
        let reason = provided(unusable).unwrap_err();
        assert!(reason.starts_with("access_key_id has a blank") && !reason.contains("hunter2"), "{reason}");
    }
}
