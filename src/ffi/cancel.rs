//! Cancelling calls from outside.

use std::panic;

use super::cancellation::uncancelled;
use super::guard::guarded;
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
/// Release it with `esa_cancel_free()`. Returns NULL where the process has no file descriptors left.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_cancel_new() -> *mut esa_cancel {
    guarded(&NOWHERE, std::ptr::null_mut(), || match Cancel::new() {
        Ok(cancel) => Box::into_raw(Box::new(esa_cancel { cancel })),
        Err(_) => std::ptr::null_mut(),
    })
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
