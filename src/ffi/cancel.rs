//! Cancelling calls from outside.

use std::panic;

use super::cancellation::uncancelled;
use super::error::esa_error;
use super::guard::{call, guarded};
use super::status::esa_status;
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::NOWHERE;
use crate::wait::Cancel;

/// Cancels the calls that were given it, once and for all.
///
/// Any number of threads may use it at once. It holds a file descriptor, which a fork gives to the child as well: either of
/// them then cancels what calls of the other wait for, too.
pub struct esa_cancel {
    cancel: Cancel,
}

/// Makes an object that can cancel calls; give it to them in `esa_call_options.cancel`.
///
/// Release it with `esa_cancel_free()`. `error` may be NULL. Any thread.
///
/// Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` if `cancel` is NULL; `ESA_ERR_DESCRIPTORS` if no file descriptors are
/// left.
///
/// # Safety
/// `cancel` and `error` are NULL or point to memory for a pointer.
/// cbindgen:postfix=ESA_NONNULL(cancel)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_cancel_new(cancel: *mut *mut esa_cancel, error: *mut *mut esa_error) -> esa_status {
    // SAFETY: `cancel` and `error` are as `call` wants them (this function's promise).
    unsafe {
        call(&NOWHERE, cancel, error, "cancel", Outcome::NotSent, || {
            let made =
                Cancel::new().map_err(|error| Error::of_system(ErrorKind::Io, "a call can't be cancelled", &error))?;
            Ok(Box::into_raw(Box::new(esa_cancel { cancel: made })))
        })
    }
}

/// Cancels every call that was given `cancel`, those that run and those to come.
///
/// They return `ESA_ERR_CANCELLED` at once, in whatever they wait for. Any thread, any number of times; a signal handler
/// may call it. Does nothing where `cancel` is NULL.
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

/// Releases `cancel`. Calls that run with it keep it alive and go on, and can't be cancelled any more. None may be
/// entered with it, nor may it be triggered, at the same time or later.
///
/// `cancel` may be NULL. Any thread; each object once.
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

/// A share of the caller's object, `None` for NULL.
///
/// # Safety
/// As for `esa_cancel_trigger()`.
pub(super) unsafe fn shared(cancel: *const esa_cancel) -> Option<Cancel> {
    // SAFETY: this function's promise.
    unsafe { cancel.as_ref() }.map(|cancel| cancel.cancel.clone())
}
