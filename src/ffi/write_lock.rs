//! A lock that the client shares with others, from functions of the caller's.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::time::Duration;

use super::config::{Setting, esa_config, set};
use super::guard::guarded;
use super::limits::{read_limit_or_none, to_milliseconds, to_time};
use super::status::esa_status;
use super::string::{read_optional_string, read_string};
use crate::call::TryLock;
use crate::config::Config;
use crate::error::Error;
use crate::log::NOWHERE;

/// The result of an `esa_try_acquire_fn`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_lock {
    /// Somebody else has the lock. The call asks again later.
    ESA_LOCK_NOT_YET = 0,
    /// The client has the lock, until the library calls the `esa_release_fn`.
    ESA_LOCK_ACQUIRED = 1,
    /// The lock is unavailable: what provides it is down, for example. The call continues without the lock. The library
    /// logs a line (`ESA_LOG_WARN`), and asks again after the time of `esa_config_set_write_lock_hold()`.
    ESA_LOCK_WITHOUT = 2,
    /// The lock can't be used, and the call fails with `ESA_ERR_LOCK`. Nothing of this attempt is sent.
    /// `esa_lock_fail()` reports why. Any other value counts as this one.
    ESA_LOCK_FAILED = 3,
}

/// Tries to acquire the lock that the client shares with other programs or machines. Returns a value of `esa_lock`.
///
/// It doesn't wait for the lock. If somebody else has it, the function returns `ESA_LOCK_NOT_YET`. The call then asks
/// again after a time between half of `*retry_after_ms` and all of it. `*retry_after_ms` is in milliseconds; 0 stands
/// for 100.
///
/// It must return soon: nothing else ends it, and the call can't be cancelled meanwhile. `lease_ms` is how long the
/// client holds the lock at most, in milliseconds, or `ESA_UNLIMITED`. A lock that ends by itself must last as long.
///
/// Runs on the thread of a call that writes, inside the function of the call or inside `esa_multi_step()`. For one
/// client, this function and the `esa_release_fn` run on one thread at a time, but the thread can differ each time.
/// It may make calls with other clients. It must return: no exception, no longjmp.
pub type esa_try_acquire_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, lease_ms: u32, retry_after_ms: *mut u32) -> i32>;

/// Releases the lock. It is called once for each time that the lock was acquired, in the same process.
///
/// The lease may be over by then. If somebody else has the lock by then, don't release theirs.
///
/// Runs as an `esa_try_acquire_fn` does, and also on threads that release a call of an `esa_multi` or an `esa_bulk`.
pub type esa_release_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

thread_local! {
    /// Why the function that runs on this thread can't ask for the lock.
    static REASON: Cell<Option<String>> = const { Cell::new(None) };
}

const NO_REASON: &str = "the program's own function says so";

/// Reports why the lock can't be used. Call it on the thread of an `esa_try_acquire_fn`, before that function
/// returns.
///
/// `reason` becomes part of the message of the call's error, so it must hold no secret. It is copied; NULL: no
/// reason.
///
/// Returns `ESA_LOCK_FAILED`, for the function to return.
///
/// # Safety
/// `reason` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_lock_fail(reason: *const c_char) -> i32 {
    // SAFETY: NULL or NUL-terminated (this function's promise).
    let reason = guarded(&NOWHERE, None, || unsafe { read_optional_string("reason", reason) }.ok().flatten());
    REASON.set(reason.map(str::to_owned));
    esa_lock::ESA_LOCK_FAILED as i32
}

/// How soon to ask again if the function doesn't say.
const RETRY_AFTER_MS: u32 = 100;

/// The caller's functions with their data.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) try_acquire: unsafe extern "C" fn(*mut c_void, u32, *mut u32) -> i32,
    pub(super) release: unsafe extern "C" fn(*mut c_void),
    pub(super) user_data: *mut c_void,
}

// SAFETY: `esa_config_set_write_lock` says that the functions are called, with their data, on every thread that makes a
// call.
unsafe impl Send for Functions {}
// SAFETY: as above. That includes calls of several clients at once.
unsafe impl Sync for Functions {}

impl Functions {
    pub(super) fn try_acquire(&self, lease: Duration) -> TryLock {
        let lease_ms = to_milliseconds(lease);
        let mut retry_after_ms = 0;
        REASON.set(None);
        // SAFETY: the caller set a function of this type, and the data to call it with. The number lives until
        // it returns.
        match unsafe { (self.try_acquire)(self.user_data, lease_ms, &mut retry_after_ms) } {
            0 => {
                let retry_after_ms = if retry_after_ms == 0 { RETRY_AFTER_MS } else { retry_after_ms };
                TryLock::NotYet { retry_after: Duration::from_millis(retry_after_ms.into()) }
            }
            1 => TryLock::Acquired,
            2 => TryLock::Without,
            3 => TryLock::Failed(REASON.take().unwrap_or_else(|| NO_REASON.to_owned())),
            other => {
                TryLock::Failed(format!("the program's own function returns {other}, which is no value of esa_lock"))
            }
        }
    }

    pub(super) fn release(&self) {
        // SAFETY: the caller set a function of this type, and the data to call it with.
        unsafe { (self.release)(self.user_data) };
    }
}

/// Sets a lock that the client shares with other programs or machines which write to the same account. Their writes
/// then wait for each other instead of being refused. See `esa_try_acquire_fn` and `esa_release_fn`.
///
/// A write of a call waits for the lock until the call's time limit, and holds it while it is under way. The lock
/// then passes on in the client, without being released:
/// - To its other writes that wait by then.
/// - From record to record of an `esa_bulk` or of `esa_ensure_routine_related_records()`, if the program comes for
///   the next record at once.
///
/// When the client has held the lock as long as `esa_config_set_write_lock_hold()` says, it releases the lock, so
/// that others get it. No call holds the lock while it waits for something else.
///
/// The library has no thread that could release the lock. Two things keep it until they continue, or until the lease
/// ends:
/// - A bulk whose program pauses for the first time.
/// - A multi that isn't stepped.
///
/// The lock is for order alone. If it was lost, or if others write without it, writes are refused as busy and made
/// again, as without a lock.
///
/// This setter and `esa_config_set_write_lock_file()` replace each other: the last one counts. If both functions are
/// NULL, there is no lock, which is the default.
///
/// `user_data` is passed to both functions. It must live as long as every client that is made with this
/// configuration, and their calls and bulks. Several clients may use it at once.
///
/// In a child of fork(), the client doesn't hold what its parent holds. It asks for the lock itself.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` if `config` is NULL, or if only one of the functions is NULL.
///
/// # Safety
/// `config` is NULL or live. The functions may be called with `user_data` on any thread that makes a call or releases
/// an object.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_write_lock(
    config: *mut esa_config,
    try_acquire: esa_try_acquire_fn,
    release: esa_release_fn,
    user_data: *mut c_void,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::WriteLock, &mut |config| {
            match (try_acquire, release) {
                (Some(try_acquire), Some(release)) => {
                    let functions = Functions { try_acquire, release, user_data };
                    config.write_lock(move |lease| functions.try_acquire(lease), move || functions.release());
                }
                (None, None) => {
                    config.no_write_lock();
                }
                (None, Some(_)) => return Err(Error::invalid_argument("try_acquire", "is NULL")),
                (Some(_), None) => return Err(Error::invalid_argument("release", "is NULL")),
            }
            Ok(())
        })
    }
}

/// Sets a file as the lock that the client shares with the other programs of this host. See
/// `esa_config_set_write_lock()`.
///
/// Clients with the same file hold it one after the other. If the file is missing, it is created, for its owner
/// alone. Nothing is ever written to it, and it isn't removed. The kernel unlocks it when a process ends, in whatever
/// way. A child of fork() doesn't hold it. The file should be on a local file system (flock). If it can't be opened,
/// writes fail with `ESA_ERR_LOCK`.
///
/// A file has no lease. So a bulk releases it after each record. A multi that isn't stepped keeps it while a write of
/// its calls is under way or waits. While others want it, a client holds it for 50 ms at a time.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `path` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_write_lock_file(
    config: *mut esa_config,
    path: *const c_char,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::WriteLock, &mut |config| {
            let path = read_string("path", path)?;
            if path.is_empty() {
                return Err(Error::invalid_argument("path", "is empty"));
            }
            config.write_lock_file(path);
            Ok(())
        })
    }
}

/// Sets how long the client holds the shared lock for further writes, in milliseconds, before it lets others in.
/// Default (0): 2,000.
///
/// `ESA_NONE`: the client releases the lock after each write.
///
/// A longer time wastes less between holders; a shorter one makes each of them wait less. No new write begins after
/// that time. The lease is longer by one attempt (`esa_config_set_attempt_timeout()`) and a second.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_write_lock_hold(config: *mut esa_config, hold_ms: u32) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::WriteLockHold, &mut |config| {
            let given = read_limit_or_none(hold_ms).map(to_time);
            config.writes.hold = given.unwrap_or(Config::default().writes.hold);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::super::limits::ESA_UNLIMITED;
    use super::*;

    /// Returns the value of its data, and says when to ask again.
    unsafe extern "C" fn give(value: *mut c_void, lease_ms: u32, retry_after_ms: *mut u32) -> i32 {
        // SAFETY: the data is a number of the test's, and the other one the library's.
        unsafe {
            assert_eq!((lease_ms, *retry_after_ms), (ESA_UNLIMITED, 0));
            *retry_after_ms = 7;
            *value.cast::<i32>()
        }
    }

    unsafe extern "C" fn give_nothing_but_a_value(value: *mut c_void, _: u32, _: *mut u32) -> i32 {
        // SAFETY: the data is a number of the test's.
        unsafe { *value.cast::<i32>() }
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

    #[test]
    fn a_function_that_says_no_time_is_asked_again_after_the_default() {
        let mut not_yet = esa_lock::ESA_LOCK_NOT_YET as i32;
        let user_data = ptr::from_mut(&mut not_yet).cast();
        let functions = Functions { try_acquire: give_nothing_but_a_value, release, user_data };

        let retry_after = Duration::from_millis(RETRY_AFTER_MS.into());
        assert_eq!(functions.try_acquire(Duration::from_secs(1)), TryLock::NotYet { retry_after });
    }

    /// Fails, with its data as the reason.
    unsafe extern "C" fn fail(reason: *mut c_void, _: u32, _: *mut u32) -> i32 {
        // SAFETY: the data is NULL or a C string.
        unsafe { esa_lock_fail(reason.cast()) }
    }

    #[test]
    fn the_reason_is_what_the_function_says_and_is_said_once() {
        let asked = |reason: *const c_char| {
            let functions = Functions { try_acquire: fail, release, user_data: reason.cast_mut().cast() };
            functions.try_acquire(Duration::ZERO)
        };

        assert_eq!(asked(c"the vault is closed".as_ptr()), TryLock::Failed("the vault is closed".to_owned()));
        assert_eq!(asked(ptr::null()), TryLock::Failed(NO_REASON.to_owned()));
        // A reason that is reported outside of a function counts for none.
        // SAFETY: a C string.
        unsafe { esa_lock_fail(c"too early".as_ptr()) };
        let functions = Functions { try_acquire: give_failed, release, user_data: ptr::null_mut() };
        assert_eq!(functions.try_acquire(Duration::ZERO), TryLock::Failed(NO_REASON.to_owned()));
    }

    unsafe extern "C" fn give_failed(_: *mut c_void, _: u32, _: *mut u32) -> i32 {
        esa_lock::ESA_LOCK_FAILED as i32
    }
}
