//! `pthread_cancel`: a thread is cancelled only after it has left the library.
//!
//! Cancelling unwinds the stack. If it unwinds Rust's frames in the middle of their work, the process ends.

use std::ffi::c_int;
use std::ptr;

unsafe extern "C-unwind" {
    /// POSIX has it; the libc crate lacks it for Linux. It unwinds in one case: it enables cancelling for a thread that
    /// is cancelled asynchronously, and that was cancelled meanwhile.
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// `PTHREAD_CANCEL_DISABLE`, of glibc and of musl.
const DISABLE: c_int = 1;

/// Runs `body` without being cancelled. It must be the last thing that an export does: the thread may end here.
pub(super) fn uncancelled<T>(body: impl FnOnce() -> T) -> T {
    let mut before = DISABLE;
    // SAFETY: `before` is written before the function returns.
    unsafe { pthread_setcancelstate(DISABLE, &mut before) };
    let value = body();
    // SAFETY: this is the state of before. The library's frames that are left on the stack may be unwound.
    unsafe { pthread_setcancelstate(before, ptr::null_mut()) };
    value
}
