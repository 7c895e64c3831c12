//! The log callback.

use std::ffi::{c_char, c_void};

use super::string::to_c_string;
use crate::log::{Level, Log};

/// How much goes to the log callback: this level and the ones before it.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_log_level {
    /// A bug in the library was caught.
    ESA_LOG_ERROR = 1,
    /// Something isn't as it should be, and the call goes on: this machine's clock is off, say, and by how much.
    ESA_LOG_WARN = 2,
    /// What a call decides and what it waits for: another attempt in so many milliseconds because of an error, a
    /// read-back, other writes, a busy service; and new credentials.
    ESA_LOG_INFO = 3,
    /// Every request: action, host, number of the attempt, HTTP status, milliseconds, request id or error.
    ESA_LOG_DEBUG = 4,
}

/// Receives a line of the log, without a line feed at its end.
///
/// Runs on the thread that makes a call, while it is in the call, and never on another one. `level` is a value of
/// `esa_log_level`; `message` is valid until the callback returns and holds no secret. The callback may call the
/// library; it must return (no exception, no longjmp).
pub type esa_log_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, message: *const c_char)>;

/// The caller's callback with its data.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void, i32, *const c_char),
    user_data: *mut c_void,
}

// SAFETY: `esa_config_set_log` says that the callback, with its data, is called on every thread that makes a call.
unsafe impl Send for Callback {}
// SAFETY: as above; calls on several threads at once are part of it.
unsafe impl Sync for Callback {}

impl Callback {
    fn write(&self, level: Level, message: &str) {
        // SAFETY: a function of this type is what the caller gave, with the data to call it with.
        unsafe { (self.function)(self.user_data, level as i32, to_c_string(message).as_ptr()) }
    }
}

/// The log of a C callback; none where that is NULL.
pub(super) fn to_log(level: Level, function: esa_log_fn, user_data: *mut c_void) -> Log {
    match function {
        None => Log::default(),
        Some(function) => {
            let callback = Callback { function, user_data };
            Log::new(level, move |level, message| callback.write(level, message))
        }
    }
}
