//! `pthread_cancel`: a thread isn't cancelled while it is inside the library, but when it has left.
//!
//! Cancelling unwinds the stack, which must not happen to Rust's frames in the middle of their work: the process would end.

use std::ffi::c_int;
use std::ptr;

unsafe extern "C-unwind" {
    /// POSIX has it; the libc crate lacks it for Linux. It unwinds where it switches cancelling on for a thread that is to
    /// be cancelled asynchronously, and has been meanwhile.
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// `PTHREAD_CANCEL_DISABLE`, of glibc and of musl.
const DISABLE: c_int = 1;

/// Runs `body` without being cancelled. The last thing that an export does: the thread may end here.
pub(super) fn uncancelled<T>(body: impl FnOnce() -> T) -> T {
    let mut before = DISABLE;
    // SAFETY: `before` is written before the function returns.
    unsafe { pthread_setcancelstate(DISABLE, &mut before) };
    let value = body();
    // SAFETY: it is what the state was before. All that is left of the library on the stack are frames that may be unwound.
    unsafe { pthread_setcancelstate(before, ptr::null_mut()) };
    value
}
