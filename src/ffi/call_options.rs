//! What one call does differently from the client's defaults.

use std::time::Duration;

use super::cancel::{self, esa_cancel};
use super::struct_size::{CallerStruct, read_struct};
use crate::call::CallOptions;
use crate::error::Error;

/// What one call does differently from the client's defaults. Begin with `ESA_CALL_OPTIONS_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_call_options {
    /// `sizeof(esa_call_options)`.
    pub struct_size: usize,
    /// Cancels the call when it is triggered; NULL: nothing does.
    pub cancel: *const esa_cancel,
    /// How long the whole call may take, in milliseconds; 0: as long as the client's configuration says.
    pub timeout_ms: u32,
    /// 0.
    pub reserved: u32,
}

// SAFETY: `repr(C)`, `struct_size` first, then a pointer and integers.
unsafe impl CallerStruct for esa_call_options {
    const ARGUMENT: &'static str = "options";
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
    if given.reserved != 0 {
        return Err(Error::invalid_argument("options.reserved", "is not 0"));
    }
    if given.timeout_ms != 0 {
        options.timeout(Duration::from_millis(given.timeout_ms.into()));
    }
    // SAFETY: this function's promise.
    if let Some(cancel) = unsafe { cancel::shared(given.cancel) } {
        options.cancel(&cancel);
    }
    Ok(options)
}
