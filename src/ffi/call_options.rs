//! The options of one call.

use std::ffi::c_void;

use super::cancel::{self, esa_cancel};
use super::limits::{read_limit, to_time};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::call::CallOptions;
use crate::error::Error;

/// Decides whether a call continues. Returns 0 to continue; any other value cancels the call.
///
/// The library calls it every 50 ms, and after a signal, while the call waits or reads. It runs on the thread that
/// makes the call. It must return: no exception, no longjmp.
///
/// It is for language runtimes, which look at signals only on a thread of their own. Other programs use an
/// `esa_cancel`.
pub type esa_interrupt_fn = Option<unsafe extern "C" fn(data: *mut c_void) -> i32>;

/// The options of one call: what differs from the client's defaults. Begin with `ESA_CALL_OPTIONS_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_call_options {
    /// `sizeof(esa_call_options)`.
    pub struct_size: usize,
    /// Cancels the call when it is triggered; may be NULL.
    pub cancel: *const esa_cancel,
    /// How long the whole call may take, in milliseconds, or `ESA_UNLIMITED`; 0: as long as the client's
    /// configuration says.
    pub timeout_ms: u32,
    /// How many attempts may fail in a row, or `ESA_UNLIMITED`; 0: as many as the client's configuration says.
    pub max_attempts: u32,
    /// Called while the call waits or reads; may be NULL. Calls of an `esa_multi` can't have one.
    pub interrupt: esa_interrupt_fn,
    /// Passed to `interrupt`.
    pub interrupt_data: *mut c_void,
}

// SAFETY: `repr(C)`, `struct_size` first, then pointers, which may be NULL, and integers.
unsafe impl CallerStruct for esa_call_options {
    const ARGUMENT: &'static str = "options";
    const FIELDS: &'static [usize] =
        fields!(esa_call_options: cancel, timeout_ms, max_attempts, interrupt, interrupt_data);
}

/// The caller's function with its data.
struct Question {
    function: unsafe extern "C" fn(*mut c_void) -> i32,
    data: *mut c_void,
}

// SAFETY: it is called only on the thread that makes the call.
unsafe impl Send for Question {}
// SAFETY: as above.
unsafe impl Sync for Question {}

impl Question {
    fn ask(&self) -> bool {
        // SAFETY: the caller set a function of this type, and the data to call it with.
        unsafe { (self.function)(self.data) != 0 }
    }
}

/// The options behind `pointer`; NULL means the defaults.
///
/// # Safety
/// `pointer` is NULL or points to options that begin with their size; `cancel` in them is NULL or a live object.
pub(super) unsafe fn read_options(pointer: *const esa_call_options) -> Result<CallOptions, Error> {
    let mut options = CallOptions::default();
    if pointer.is_null() {
        return Ok(options);
    }
    // SAFETY: this function's promise.
    let given = unsafe { read_struct(pointer) }?;
    if let Some(ms) = read_limit("options.timeout_ms", given.timeout_ms)? {
        options.timeout(to_time(ms));
    }
    if let Some(max_attempts) = read_limit("options.max_attempts", given.max_attempts)? {
        options.max_attempts(max_attempts);
    }
    if let Some(function) = given.interrupt {
        let question = Question { function, data: given.interrupt_data };
        options.interrupt(move || question.ask());
    }
    // SAFETY: this function's promise.
    if let Some(cancel) = unsafe { cancel::shared(given.cancel) } {
        options.cancel(&cancel);
    }
    Ok(options)
}
