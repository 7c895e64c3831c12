//! The panic guard: no panic crosses the C interface, and none prints to the host's standard error.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::future::poll_fn;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use super::cancellation::uncancelled;
use super::error::{esa_error, give_error};
use super::status::esa_status;
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::{Level, Log, Scope};
use crate::transport::is_library_thread;

thread_local! {
    /// Whether this thread is inside the library. If it is, the guard reports a panic.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// The message and the location of the panic that is being caught.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body` and returns its value, or `on_panic` if it panics.
pub(super) fn guarded<T>(log: &Log, on_panic: T, body: impl FnOnce() -> T) -> T {
    uncancelled(|| caught(log, body).unwrap_or(on_panic))
}

/// Carries out a call: runs `body`, and hands its object out through `result`, or its error through `error`. If `body`
/// panics, the error has the outcome `on_panic`.
///
/// # Safety
/// `result` and `error` are each NULL or point to memory for a pointer.
pub(super) unsafe fn call<T>(
    log: &Log,
    result: *mut *mut T,
    error: *mut *mut esa_error,
    result_name: &str,
    on_panic: Outcome,
    mut body: impl FnMut() -> Result<*mut T, Error>,
) -> esa_status {
    // SAFETY: only called if `result` isn't NULL, so it points to memory for a pointer (this function's promise).
    // Nothing is assumed about its alignment.
    let give = &mut || body().map(|object| unsafe { result.write_unaligned(object) });
    // SAFETY: this function's promise.
    unsafe { carry_out(log, (result_name, result.cast()), error, on_panic, give) }
}

/// The part of `call` that is compiled once, for all kinds of object. If `result` isn't NULL, `give` hands the
/// object out.
///
/// # Safety
/// As with `call`.
pub(super) unsafe fn carry_out(
    log: &Log,
    (result_name, result): (&str, *mut *mut c_void),
    error: *mut *mut esa_error,
    on_panic: Outcome,
    give: &mut dyn FnMut() -> Result<(), Error>,
) -> esa_status {
    uncancelled(|| {
        let given = if result.is_null() {
            Err(Error::invalid_argument(result_name, "is NULL"))
        } else {
            // SAFETY: not NULL, so it points to memory for a pointer (this function's promise). Nothing is assumed
            // about its alignment.
            unsafe { result.write_unaligned(std::ptr::null_mut()) };
            caught(log, give).unwrap_or_else(|panic| Err(Error::new(ErrorKind::Internal, panic).with_outcome(on_panic)))
        };
        // The message of a panic, and of a value that a setter refused, is redacted nowhere else.
        let failure = given.err().map(|failure| log.redacted(failure));
        // SAFETY: this function's promise.
        unsafe { give_error(error, failure) }
    })
}

/// Runs `call`. If it panics, `on_panic` makes the result from the error.
pub(super) fn guarded_call<T: 'static>(
    log: Log,
    mut call: Pin<Box<dyn Future<Output = T>>>,
    on_panic: fn(Error) -> T,
) -> Pin<Box<dyn Future<Output = T>>> {
    Box::pin(poll_fn(move |context| {
        caught(&log, || call.as_mut().poll(context)).unwrap_or_else(|panic| {
            let error = Error::new(ErrorKind::Internal, panic).with_outcome(Outcome::Unknown);
            Poll::Ready(on_panic(log.redacted(error)))
        })
    }))
}

/// Runs `body`. If it panics, logs the panic and returns its message.
fn caught<T>(log: &Log, body: impl FnOnce() -> T) -> Result<T, String> {
    let (mut body, mut value) = (Some(body), None);
    let panic = panic_in(log, &mut || value = body.take().map(|body| body()));
    value.ok_or(panic)
}

/// Runs `body`. If it panics, logs the panic and returns its message; otherwise, returns an empty one. Compiled once,
/// for all types of `body`.
fn panic_in(log: &Log, body: &mut dyn FnMut()) -> String {
    install_hook();
    let outer = INSIDE.replace(true);
    let body = || {
        #[cfg(test)]
        tests::panic_where_wanted();
        body();
    };
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(outer);
    outcome.map_or_else(|payload| report(log, payload), |()| String::new())
}

/// Logs the message of the panic that was caught, and returns it.
#[cold]
fn report(log: &Log, payload: Box<dyn Any + Send>) -> String {
    // The destructor of a payload can panic as well.
    std::mem::forget(payload);
    let message = format!("panic in the library: {}", PANIC.take());
    let _ = panic::catch_unwind(AssertUnwindSafe(|| Scope::of_call(log, 0).write(Level::Error, || &message)));
    message
}

/// Installs the hook when the library is loaded, before anybody can call it. So the lock in `set_hook` is never taken
/// later, when a fork could leave it locked for ever.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static AT_LOAD: extern "C" fn() = {
    extern "C" fn install() {
        install_hook();
    }
    install
};

/// Installs a hook that keeps panics from printing if the guard catches them. All others go to the hook of before.
fn install_hook() {
    static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
    // In a Rust program, the linker may leave out what runs at load time only.
    if IS_INSTALLED.load(Ordering::Relaxed) || IS_INSTALLED.swap(true, Ordering::Relaxed) {
        return;
    }
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if INSIDE.get() {
            PANIC.set(describe(info));
        } else if !is_library_thread() {
            previous(info);
        }
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    match info.location() {
        Some(location) => format!("{message} ({}:{})", location.file(), location.line()),
        None => message.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::ffi::CStr;
    use std::process::Command;
    use std::ptr;
    use std::sync::{Arc, Mutex};

    use super::super::error::esa_error_free;
    use super::*;
    use crate::log::NOWHERE;

    thread_local! {
        static WANTED: Cell<bool> = const { Cell::new(false) };
    }

    /// Makes the next export that this thread enters panic.
    pub(in super::super) fn want_panic() {
        WANTED.set(true);
    }

    pub(super) fn panic_where_wanted() {
        assert!(!WANTED.take(), "injected");
    }

    fn log_to(lines: &Arc<Mutex<Vec<String>>>) -> Log {
        let lines = Arc::clone(lines);
        Log::new(Level::Error, move |record| lines.lock().unwrap().push(record.message.to_owned()))
    }

    #[test]
    fn a_panic_becomes_an_internal_error_and_a_line_of_the_log() {
        let lines = Arc::default();
        let (mut result, mut error) = (ptr::dangling_mut::<u8>(), ptr::null_mut());

        // SAFETY: `result` and `error` are local variables.
        let status = unsafe {
            call(&log_to(&lines), &mut result, &mut error, "result", Outcome::Unknown, || panic!("tests {}", 1))
        };

        assert_eq!(status, esa_status::ESA_ERR_INTERNAL);
        assert!(result.is_null());
        // SAFETY: `error` was handed out by `call`.
        let message = unsafe { CStr::from_ptr((*error).message) }.to_str().unwrap().to_owned();
        assert!(message.starts_with("panic in the library: tests 1 (src/ffi/guard.rs:"), "{message}");
        assert_eq!(*lines.lock().unwrap(), [message]);
        // SAFETY: as above, released once.
        unsafe { esa_error_free(error) };
    }

    #[test]
    fn a_panic_in_a_function_without_an_error_gives_its_stand_in() {
        let lines = Arc::default();

        assert_eq!(guarded(&log_to(&lines), 7, || std::panic::panic_any(5)), 7);
        assert!(lines.lock().unwrap()[0].starts_with("panic in the library: no message"));
    }

    #[test]
    fn a_log_that_panics_is_caught_too() {
        let log = Log::new(Level::Error, |_| panic!("in the log"));

        assert_eq!(guarded(&log, 7, || panic!("first")), 7);
    }

    #[test]
    #[ignore = "runs in a process of its own, for the test below"]
    fn panic_inside_and_outside() {
        guarded(&NOWHERE, (), || panic!("inside"));
        let _ = panic::catch_unwind(|| panic!("outside"));
    }

    #[test]
    fn a_panic_prints_nothing_and_others_still_do() {
        let this = std::env::current_exe().unwrap();
        let run = Command::new(this)
            .args(["--exact", "ffi::guard::tests::panic_inside_and_outside", "--ignored", "--nocapture"])
            .output()
            .unwrap();

        let printed = String::from_utf8(run.stderr).unwrap();
        assert!(run.status.success(), "{printed}");
        assert!(!printed.contains("inside\n") && printed.contains("outside\n"), "{printed}");
    }

    /// Nothing in these can panic. The trigger has a guard of its own, for signal handlers.
    const WITHOUT_GUARD: [&str; 6] = [
        "esa_abi_version",
        "esa_version",
        "esa_status_name",
        "esa_outcome_name",
        "esa_origin_name",
        "esa_cancel_trigger",
    ];

    #[test]
    fn every_export_is_guarded() {
        let mut unguarded = Vec::new();
        for file in std::fs::read_dir("src/ffi").unwrap() {
            let source = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for export in source.split("#[unsafe(no_mangle)]\n").skip(1) {
                let (signature, body) = export.split_once(" {\n").unwrap();
                let body = body.split("\n}\n").next().unwrap();
                let name = signature.split("fn ").nth(1).unwrap().split('(').next().unwrap();
                if !["guarded(", " call(", " set(", " with_client(", "start.start(", " finish("]
                    .iter()
                    .any(|guard| body.contains(guard))
                {
                    unguarded.push(name.to_owned());
                }
            }
        }

        unguarded.sort();
        let mut expected = WITHOUT_GUARD.map(str::to_owned);
        expected.sort();
        assert_eq!(unguarded, expected);
    }
}
