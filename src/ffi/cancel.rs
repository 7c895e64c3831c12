//! Cancels calls from outside.

use std::panic;

use super::cancellation::uncancelled;
use super::error::esa_error;
use super::guard::{call, guarded};
use super::status::esa_status;
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::NOWHERE;
use crate::wait::Cancel;

/// An object that cancels the calls that have it in their options, once and for all.
///
/// Any number of threads may use it at once. It holds a file descriptor, which a fork gives to the child as well.
/// Each of the two processes then also cancels what calls of the other one wait for.
pub struct esa_cancel {
    cancel: Cancel,
}

/// Makes an object that can cancel calls. Give it to them in `esa_call_options.cancel`.
///
/// Release it with `esa_cancel_free()`. `error` may be NULL. Any thread may call this.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_ERR_INVALID_ARGUMENT`: `cancel` is NULL.
/// - `ESA_ERR_DESCRIPTORS`: no file descriptors are left.
///
/// # Safety
/// `cancel` and `error` are NULL or point to memory for a pointer.
/// cbindgen:postfix=ESA_NONNULL(cancel)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_cancel_new(cancel: *mut *mut esa_cancel, error: *mut *mut esa_error) -> esa_status {
    // SAFETY: `cancel` and `error` are as `call` requires (this function's promise).
    unsafe {
        call(&NOWHERE, cancel, error, "cancel", Outcome::NotSent, || {
            let made =
                Cancel::new().map_err(|error| Error::of_system(ErrorKind::Io, "a call can't be cancelled", &error))?;
            Ok(Box::into_raw(Box::new(esa_cancel { cancel: made })))
        })
    }
}

/// Cancels every call that has `cancel` in its options: those that run, and those to come.
///
/// The calls return `ESA_ERR_CANCELLED` at once, whatever they wait for. `cancel` may be NULL. Any thread may call
/// this, any number of times; a signal handler may call it too.
///
/// # Safety
/// `cancel` is NULL, or was made by `esa_cancel_new()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_cancel_trigger(cancel: *const esa_cancel) {
    // Not in the guard: its thread-local memory may be allocated at first use, which a signal handler must not do.
    let _ = uncancelled(|| {
        panic::catch_unwind(|| {
            // SAFETY: NULL or a live object (this function's promise).
            if let Some(cancel) = unsafe { cancel.as_ref() } {
                cancel.cancel.trigger();
            }
        })
    });
}

/// Releases an object that can cancel calls. Calls that run with it keep it alive and continue, but it can't cancel
/// them any more.
///
/// No call may be entered with it, and nobody may trigger it, at the same time or later. `cancel` may be NULL. Any
/// thread may call this, once for each object.
///
/// # Safety
/// As for `esa_cancel_trigger()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_cancel_free(cancel: *mut esa_cancel) {
    guarded(&NOWHERE, (), || {
        if !cancel.is_null() {
            // SAFETY: made by `esa_cancel_new` of a `Box`; released once.
            drop(unsafe { Box::from_raw(cancel) });
        }
    });
}

/// A share of the caller's object; `None` for NULL.
///
/// # Safety
/// As for `esa_cancel_trigger()`.
pub(super) unsafe fn shared(cancel: *const esa_cancel) -> Option<Cancel> {
    // SAFETY: this function's promise.
    unsafe { cancel.as_ref() }.map(|cancel| cancel.cancel.clone())
}
