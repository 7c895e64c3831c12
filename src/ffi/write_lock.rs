//! A lock that the client shares with others, of functions of the caller's own.

use std::ffi::c_void;
use std::time::Duration;

use crate::call::TryLock;

/// What an `esa_try_acquire_fn` returns.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_lock {
    /// Another one has the lock. The call asks again later.
    ESA_LOCK_NOT_YET = 0,
    /// The client has it, until the library calls the `esa_release_fn`.
    ESA_LOCK_ACQUIRED = 1,
    /// There is none to be had, since what gives it is down: the call goes on without. The library says so in a line of the log
    /// (`ESA_LOG_WARN`), and asks again after as long as the client may hold the lock.
    ESA_LOCK_WITHOUT = 2,
    /// It can't be asked for, and the call shall fail: with `ESA_ERR_LOCK`, and nothing of this attempt sent. Any other value
    /// is this one.
    ESA_LOCK_FAILED = 3,
}

/// Asks for the lock that the client shares with other programs or machines, and returns a value of `esa_lock`.
///
/// It doesn't wait for whoever has the lock: then it returns `ESA_LOCK_NOT_YET`, and the call asks again after half of
/// `*retry_after_ms` to all of it, which is 100 before. It returns soon, since nothing else ends it and the call can't be
/// cancelled meanwhile. `lease_ms`: how long the client holds it at most; a lock that ends by itself lasts as long.
///
/// Runs on the thread of a call that writes, inside of that function or of `esa_multi_step()`. This function and the
/// `esa_release_fn` run on one thread at a time for a client, and on another one each time. It may make calls with other
/// clients; it must return (no exception, no longjmp).
pub type esa_try_acquire_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, lease_ms: u32, retry_after_ms: *mut u32) -> i32>;

/// Lets the lock go: once for each time that it was acquired, in the same process. The lease may be over by then; what
/// somebody else has is not to be let go.
///
/// Runs as an `esa_try_acquire_fn` does, and on threads that release a call of an `esa_multi` or an `esa_bulk` too.
pub type esa_release_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// How soon to ask again where the function doesn't say.
const RETRY_AFTER_MS: u32 = 100;

/// The caller's functions with their data.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) try_acquire: unsafe extern "C" fn(*mut c_void, u32, *mut u32) -> i32,
    pub(super) release: unsafe extern "C" fn(*mut c_void),
    pub(super) user_data: *mut c_void,
}

// SAFETY: `esa_config_set_write_lock` says that the functions, with their data, are called on every thread that makes a call.
unsafe impl Send for Functions {}
// SAFETY: as above. Calls of several clients may be made at once; that is part of it.
unsafe impl Sync for Functions {}

impl Functions {
    pub(super) fn try_acquire(&self, lease: Duration) -> TryLock {
        let lease_ms = u32::try_from(lease.as_millis()).unwrap_or(u32::MAX);
        let mut retry_after_ms = RETRY_AFTER_MS;
        // SAFETY: a function of this type is what the caller gave, with the data to call it with; the number lives until it
        // returns.
        match unsafe { (self.try_acquire)(self.user_data, lease_ms, &mut retry_after_ms) } {
            0 => TryLock::NotYet { retry_after: Duration::from_millis(retry_after_ms.into()) },
            1 => TryLock::Acquired,
            2 => TryLock::Without,
            3 => TryLock::Failed("the program's own function says so".to_owned()),
            other => {
                TryLock::Failed(format!("the program's own function returns {other}, which is no value of esa_lock"))
            }
        }
    }

    pub(super) fn release(&self) {
        // SAFETY: a function of this type is what the caller gave, with the data to call it with.
        unsafe { (self.release)(self.user_data) };
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    /// Gives what its data says, and says when to ask again.
    unsafe extern "C" fn give(value: *mut c_void, lease_ms: u32, retry_after_ms: *mut u32) -> i32 {
        // SAFETY: the data is a number of the test's, and the other one the library's.
        unsafe {
            assert_eq!((lease_ms, *retry_after_ms), (u32::MAX, RETRY_AFTER_MS));
            *retry_after_ms = 7;
            *value.cast::<i32>()
        }
    }

    unsafe extern "C" fn release(_: *mut c_void) {}

    #[test]
    fn what_the_function_returns_is_what_the_client_does() {
        let asked = |mut value: i32| {
            let functions = Functions { try_acquire: give, release, user_data: ptr::from_mut(&mut value).cast() };
            functions.try_acquire(Duration::MAX)
        };

        assert_eq!(asked(esa_lock::ESA_LOCK_NOT_YET as i32), TryLock::NotYet { retry_after: Duration::from_millis(7) });
        assert_eq!(asked(esa_lock::ESA_LOCK_ACQUIRED as i32), TryLock::Acquired);
        assert_eq!(asked(esa_lock::ESA_LOCK_WITHOUT as i32), TryLock::Without);
        assert!(matches!(asked(esa_lock::ESA_LOCK_FAILED as i32), TryLock::Failed(_)));
        assert!(matches!(asked(-1), TryLock::Failed(reason) if reason.contains("returns -1")));
    }
}
