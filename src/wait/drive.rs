//! The blocking driver: runs a call on the caller's thread.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Interest, Interrupt, Ready, Task};

/// Runs `call` to its end.
pub(crate) fn drive<T>(task: &Task, call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match call.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => task.wait(),
        }
    }
}

impl Task {
    /// Waits for what the call waits for, or for what ends it. May return early.
    fn wait(&self) {
        let interest = self.interest();
        // After a cancellation the descriptor stays readable. If the call goes on, it waits for other things only.
        let cancel = self.cancel.as_ref().filter(|_| !self.is_cancelled.get());
        let cancel = cancel.map_or(NO_DESCRIPTOR, |cancel| cancel.descriptor());
        let wake = self.wake.borrow().as_ref().map_or(NO_DESCRIPTOR, |wake| wake.as_raw_fd());
        let mut polled = [to_poll(NO_DESCRIPTOR, Ready::Read); Interest::MOST + 2];
        let mut length = 0;
        // The call's own descriptors come first: if one is ready at once, the system checks no others.
        for (descriptor, ready) in interest.watched().chain([(cancel, Ready::Read), (wake, Ready::Read)]) {
            polled[length] = to_poll(descriptor, ready);
            length += 1;
        }
        match poll(&mut polled[..length], self.longest_wait(interest)) {
            // The signal may be the caller's reason to interrupt the call.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.ask(),
            Err(error) => *self.failure.borrow_mut() = Some(error),
            Ok(()) => {}
        }
        // This process triggered it, or another one that shares the descriptor through a fork.
        if polled[length - 2].revents != 0 {
            self.is_cancelled.set(true);
        }
        if polled[length - 1].revents != 0 {
            self.wake.borrow().iter().for_each(|wake| wake.reset());
        }
    }

    /// Returns how long to wait. `None`: without limit.
    fn longest_wait(&self, interest: Interest) -> Option<Duration> {
        let left = interest.until.left();
        match self.interrupt {
            Some(_) => Some(left.map_or(Interrupt::EVERY, |left| left.min(Interrupt::EVERY))),
            None => left,
        }
    }

    /// Asks the caller whether the call may go on, if the caller wants to be asked.
    pub(super) fn ask(&self) {
        if self.interrupt.as_ref().is_some_and(Interrupt::says_stop) {
            self.is_cancelled.set(true);
        }
    }
}

/// A descriptor that poll ignores, as it does all negative ones.
const NO_DESCRIPTOR: RawFd = -1;

fn to_poll(descriptor: RawFd, ready: Ready) -> libc::pollfd {
    let events = match ready {
        Ready::Read => libc::POLLIN,
        Ready::Write => libc::POLLOUT,
    };
    libc::pollfd { fd: descriptor, events, revents: 0 }
}

#[allow(unsafe_code)]
fn poll(polled: &mut [libc::pollfd], longest: Option<Duration>) -> io::Result<()> {
    // Rounds up, so that the last millisecond before a deadline isn't spent polling.
    let round_up = |wait: Duration| i32::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
    let timeout = longest.map_or(-1, round_up);
    // SAFETY: `polled` outlives the call, and its length is given.
    match unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, timeout) } {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Whether `descriptor` is readable now, at its end, or broken.
pub(crate) fn is_readable(descriptor: &impl AsRawFd) -> bool {
    is_readable_within(descriptor.as_raw_fd(), Duration::ZERO)
}

/// The same, after at most `time`.
pub(crate) fn is_readable_within(descriptor: RawFd, time: Duration) -> bool {
    let mut polled = [to_poll(descriptor, Ready::Read)];
    poll(&mut polled, Some(time)).is_ok() && polled[0].revents != 0
}

/// Returns the result of a call that waits for nothing.
#[cfg(test)]
pub(crate) fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the call waits"),
    }
}
