//! Waiting for a file descriptor, the deadline and the caller's cancelling at once.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use crate::wait::{Limits, Stop};

/// What to wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ready {
    Read,
    Write,
}

/// Returns when `descriptor` is ready or broken, or when a limit says to stop.
pub(crate) fn wait(descriptor: impl AsFd, ready: Ready, limits: &Limits) -> Result<(), Stop> {
    let events = match ready {
        Ready::Read => libc::POLLIN,
        Ready::Write => libc::POLLOUT,
    };
    poll(descriptor.as_fd().as_raw_fd(), events, limits)
}

/// Returns when `descriptor` has something to read or is broken, or when a limit says to stop.
pub(crate) fn wait_until_readable(descriptor: impl AsFd, limits: &Limits) -> Result<(), Stop> {
    wait(descriptor, Ready::Read, limits)
}

/// Whether `descriptor` has something to read, or is at its end or broken, at this moment.
#[allow(unsafe_code)]
pub(crate) fn is_readable(descriptor: impl AsFd) -> bool {
    let mut watched = libc::pollfd { fd: descriptor.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: `watched` is one pollfd that outlives the call.
    unsafe { libc::poll(&mut watched, 1, 0) > 0 }
}

/// Returns after `duration`, or when a limit says to stop.
pub(crate) fn pause(duration: Duration, limits: &Limits) -> Result<(), Stop> {
    match poll(NO_DESCRIPTOR, 0, &limits.within(duration)) {
        Err(Stop::TimedOut) => limits.check(),
        result => result,
    }
}

/// poll passes over negative descriptors.
const NO_DESCRIPTOR: i32 = -1;

#[allow(unsafe_code)]
fn poll(descriptor: i32, events: i16, limits: &Limits) -> Result<(), Stop> {
    let watch = |descriptor, events| libc::pollfd { fd: descriptor, events, revents: 0 };
    let wake = limits.cancel.as_ref().map_or(NO_DESCRIPTOR, |cancel| cancel.wake().as_raw_fd());
    let mut watched = [watch(descriptor, events), watch(wake, libc::POLLIN)];
    loop {
        limits.check()?;
        let timeout = limits.longest_wait().map_or(-1, round_up_to_milliseconds);
        // SAFETY: `watched` is an array of two pollfd that outlives the call, and its length is given.
        let count = unsafe { libc::poll(watched.as_mut_ptr(), watched.len() as libc::nfds_t, timeout) };
        if count < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(Stop::Failed(error));
            }
            // A signal may be what the caller wants to end for.
            limits.ask()?;
        } else if watched[0].revents != 0 {
            return Ok(());
        } else if watched[1].revents != 0 {
            // By this process, or by one that a fork has given the same descriptor.
            return Err(Stop::Cancelled);
        }
    }
}

/// Up, so that a deadline isn't polled for in its last millisecond.
fn round_up_to_milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use super::*;
    use crate::wait::{Cancel, Deadline, Interrupt};

    fn limits(milliseconds: u64, cancel: Option<&Cancel>) -> Limits {
        let deadline = Deadline::after(Duration::from_millis(milliseconds));
        Limits { deadline, cancel: cancel.cloned(), interrupt: None }
    }

    #[test]
    fn waiting_ends_when_the_descriptor_is_ready() {
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_all(b"x").unwrap();

        assert!(wait(&other, Ready::Read, &limits(60_000, None)).is_ok());
        assert!(wait(&other, Ready::Write, &limits(60_000, None)).is_ok());
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_not_before() {
        let (_one, other) = UnixStream::pair().unwrap();
        let started = Instant::now();

        assert!(matches!(wait(&other, Ready::Read, &limits(30, None)), Err(Stop::TimedOut)));
        assert!(started.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn a_pause_lasts_as_long_as_it_should_or_until_a_limit() {
        let started = Instant::now();

        assert!(pause(Duration::from_millis(30), &limits(60_000, None)).is_ok());
        assert!(started.elapsed() >= Duration::from_millis(30));
        assert!(matches!(pause(Duration::from_secs(60), &limits(30, None)), Err(Stop::TimedOut)));
        let cancel = Cancel::new().unwrap();
        cancel.trigger();
        assert!(matches!(pause(Duration::from_secs(60), &limits(60_000, Some(&cancel))), Err(Stop::Cancelled)));
    }

    #[test]
    fn the_caller_is_asked_while_waiting_and_can_end_it() {
        let (_one, other) = UnixStream::pair().unwrap();
        let asked = Arc::new(AtomicU32::new(0));
        let interrupt = {
            let asked = Arc::clone(&asked);
            Interrupt::new(move || asked.fetch_add(1, Ordering::SeqCst) == 2)
        };
        let limits = Limits { interrupt: Some(interrupt), ..limits(60_000, None) };

        assert!(matches!(wait(&other, Ready::Read, &limits), Err(Stop::Cancelled)));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn waiting_ends_when_it_is_cancelled_from_another_thread() {
        let (_one, other) = UnixStream::pair().unwrap();
        let cancel = Cancel::new().unwrap();

        let stop = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                cancel.trigger();
            });
            wait(&other, Ready::Read, &limits(60_000, Some(&cancel)))
        });

        assert!(matches!(stop, Err(Stop::Cancelled)));
    }

    #[test]
    fn what_was_cancelled_before_does_not_wait_even_for_what_is_ready() {
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_all(b"x").unwrap();
        let cancel = Cancel::new().unwrap();
        cancel.trigger();

        assert!(matches!(wait(&other, Ready::Read, &limits(60_000, Some(&cancel))), Err(Stop::Cancelled)));
    }
}
