//! The log callback.

use std::ffi::{CString, c_char, c_void};

use super::string::to_c_string;
use crate::log::{Level, Log, LogRecord};

/// The level of a line of the log. The log callback receives the lines of the level that `esa_config_set_log()` sets,
/// and of the levels before it.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_log_level {
    /// The library caught a bug of its own.
    ESA_LOG_ERROR = 1,
    /// Something isn't as it should be, and the call continues. For example: this machine's clock is off, and by how
    /// much.
    ESA_LOG_WARN = 2,
    /// What a call decides and what it waits for: another attempt (the error, and the wait in milliseconds), a
    /// read-back, other writes, a busy service. New credentials, too.
    ESA_LOG_INFO = 3,
    /// Every request: host, HTTP status, milliseconds, request id or error.
    ESA_LOG_DEBUG = 4,
}

/// A line of the log: its text, and what it is about.
///
/// The library makes it and releases it. It is valid until the callback returns, with all of its strings, which are
/// never NULL. Later versions may add fields at the end: read the fields that you need, and don't copy the struct.
///
/// No field holds a secret or a line feed. The fields and the beginning of `message` are stable; the rest of its text
/// may change.
#[repr(C)]
pub struct esa_log_record {
    /// How important the line is: a value of `esa_log_level`.
    pub level: i32,
    /// The HTTP status of the reply that the line is about; 0 if there is none.
    pub http_status: i32,
    /// The number of the call, from 1 on; 0: the line belongs to no call. It counts the calls of all clients of the
    /// process. All lines of a call have its number, whatever the call does: read-backs, further attempts,
    /// credentials. A bulk is one call; `record_name` distinguishes its lines.
    pub call: u64,
    /// Which attempt of its action the line is about, from 1 on; 0 if it is about none.
    pub attempt: u32,
    /// How long the request took, in milliseconds; 0 if the line isn't that of a request.
    pub elapsed_ms: u32,
    /// The whole line, without a line feed: `call CALL: ACTION RECORD_NAME: attempt ATTEMPT: WORDS`. If a field is 0
    /// or "", its part is left out.
    pub message: *const c_char,
    /// The service's action, for example "CreateRoutineRelatedRecord"; "" if the line is about none.
    pub action: *const c_char,
    /// The name of the record. If the action has no record, the first of these that it has: the search key word, the
    /// routine's name, the site's name, the site's id. "" if it has none of them.
    pub record_name: *const c_char,
    /// The service's id of the request; "" if there is none.
    pub request_id: *const c_char,
}

/// Receives a line of the log.
///
/// Runs on the thread that makes a call, while it is in the call, and never on another one. `record` is valid until
/// the callback returns. It may call the library. It must return: no exception, no longjmp.
pub type esa_log_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, record: *const esa_log_record)>;

/// The caller's callback with its data.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void, *const esa_log_record),
    user_data: *mut c_void,
}

// SAFETY: `esa_config_set_log` says that the callback, with its data, is called on every thread that makes a call.
unsafe impl Send for Callback {}
// SAFETY: as above. That includes calls on several threads at once.
unsafe impl Sync for Callback {}

impl Callback {
    fn write(&self, record: &LogRecord<'_>) {
        let texts = [record.message, record.action, record.record_name, record.request_id].map(to_c_string);
        let [message, action, record_name, request_id] = texts.each_ref().map(|text: &CString| text.as_ptr());
        let record = esa_log_record {
            level: record.level as i32,
            http_status: record.http_status.into(),
            call: record.call,
            attempt: record.attempt,
            elapsed_ms: record.elapsed_ms,
            message,
            action,
            record_name,
            request_id,
        };
        // SAFETY: the caller set a function of this type, and the data to call it with. The record and its strings live
        // until it returns.
        unsafe { (self.function)(self.user_data, &raw const record) }
    }
}

/// The log of a C callback; no log if the callback is NULL.
pub(super) fn to_log(level: Level, function: esa_log_fn, user_data: *mut c_void) -> Log {
    match function {
        None => Log::default(),
        Some(function) => {
            let callback = Callback { function, user_data };
            Log::new(level, move |record| callback.write(record))
        }
    }
}
