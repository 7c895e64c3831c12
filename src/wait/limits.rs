//! A call's limits, and waiting within them.

use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::{Cancel, Deadline, Interest, Interrupt, Ready, Task, Watched};
use crate::error::{Error, ErrorKind, Outcome};

/// The limits of a piece of work: its deadline, and the caller's cancellation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits<'a> {
    task: &'a Task,
    pub(crate) deadline: Deadline,
}

impl Task {
    pub(crate) fn limits(&self, deadline: Deadline) -> Limits<'_> {
        Limits { task: self, deadline }
    }
}

impl Limits<'_> {
    /// Returns these limits, with a deadline at most `duration` from now.
    pub(crate) fn within(&self, duration: Duration) -> Self {
        Limits { deadline: self.deadline.earlier(Deadline::after(duration)), ..*self }
    }

    /// Checks whether the work may go on.
    pub(crate) fn check(&self) -> Result<(), WaitError> {
        if self.task.is_cancelled.get() || self.task.cancel.as_ref().is_some_and(Cancel::is_triggered) {
            return Err(WaitError::Cancelled);
        }
        if self.deadline.has_passed() {
            return Err(WaitError::TimedOut);
        }
        if let Some(error) = self.task.failure.take() {
            return Err(WaitError::Failed(error));
        }
        // The caller is asked even if the peer keeps the call busy, so that it never waits.
        if self.task.interrupt.as_ref().is_some_and(Interrupt::is_due) {
            self.task.ask();
            return if self.task.is_cancelled.get() { Err(WaitError::Cancelled) } else { Ok(()) };
        }
        Ok(())
    }

    /// Waits until `descriptor` is ready or broken. May return early; if there is nothing to read or write, the caller
    /// waits again.
    pub(crate) fn ready(&self, descriptor: &impl AsRawFd, ready: Ready) -> Wait<'_> {
        self.wait(Interest::until(self.deadline).or(descriptor, ready))
    }

    /// Waits for `duration`.
    pub(crate) async fn pause(&self, duration: Duration) -> Result<(), WaitError> {
        let end = Deadline::after(duration);
        while !end.has_passed() {
            self.wait(Interest::until(self.deadline.earlier(end))).await?;
        }
        self.check()
    }

    /// Waits for a short `duration`, regardless of the limits.
    pub(crate) async fn rest(&self, duration: Duration) {
        let end = Deadline::after(duration);
        while !end.has_passed() {
            let _ = self.wait(Interest::until(end)).await;
        }
    }

    /// Waits until the call is woken, or until a time. May return early.
    pub(crate) fn woken(&self, until: Deadline) -> Wait<'_> {
        self.wait(Interest::until(self.deadline.earlier(until)))
    }

    /// Returns a waker that wakes the call.
    pub(crate) fn waker(&self) -> io::Result<Waker> {
        self.task.waker()
    }

    /// Registers `source`, so that the call can wait for it.
    pub(crate) fn watch<T: AsRawFd>(&self, source: T) -> io::Result<Watched<T>> {
        Watched::new(source, self.task.host())
    }

    /// Whether the call's driver can wait for `watched`.
    pub(crate) fn can_wait_for<T: AsRawFd>(&self, watched: &Watched<T>) -> bool {
        watched.is_of(self.task.host())
    }

    /// Returns the task, which collects what several pieces of work of the call wait for.
    pub(crate) fn task(&self) -> &Task {
        self.task
    }

    fn wait(&self, interest: Interest) -> Wait<'_> {
        self.task.set_interest(interest);
        Wait { limits: self, was_polled: false }
    }
}

/// A wait for the driver, which polls the call again. Calls wait for nothing else.
pub(crate) struct Wait<'a> {
    limits: &'a Limits<'a>,
    was_polled: bool,
}

impl Future for Wait<'_> {
    type Output = Result<(), WaitError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), WaitError>> {
        match std::mem::replace(&mut self.was_polled, true) {
            true => Poll::Ready(self.limits.check()),
            false => Poll::Pending,
        }
    }
}

/// Why a wait ended early.
#[derive(Debug)]
pub(crate) enum WaitError {
    TimedOut,
    Cancelled,
    Failed(io::Error),
}

impl WaitError {
    /// Returns the error for the caller. `doing` describes the work. `failed` is the kind of the error if no limit
    /// ended the wait.
    pub(crate) fn while_doing(self, doing: &str, failed: ErrorKind, outcome: Outcome) -> Error {
        let error = match self {
            WaitError::TimedOut => {
                Error::new(ErrorKind::Timeout, format!("time ran out while {doing}")).with_retryable(true)
            }
            WaitError::Cancelled => Error::new(ErrorKind::Cancelled, format!("cancelled while {doing}")),
            WaitError::Failed(cause) => {
                Error::of_system(failed, format_args!("{doing} failed"), &cause).with_retryable(true).with_source(cause)
            }
        };
        error.with_outcome(outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
    use std::time::Instant;

    use super::*;
    use crate::wait::drive;

    fn wait(
        descriptor: &impl AsRawFd,
        ready: Ready,
        milliseconds: u64,
        cancel: Option<&Cancel>,
    ) -> Result<(), WaitError> {
        let task = Task::new(cancel.cloned(), None);
        let limits = task.limits(Deadline::after(Duration::from_millis(milliseconds)));
        drive(&task, limits.ready(descriptor, ready))
    }

    fn pause(duration: Duration, milliseconds: u64, cancel: Option<&Cancel>) -> Result<(), WaitError> {
        let task = Task::new(cancel.cloned(), None);
        let limits = task.limits(Deadline::after(Duration::from_millis(milliseconds)));
        drive(&task, limits.pause(duration))
    }

    #[test]
    fn waiting_ends_when_the_descriptor_is_ready() {
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_all(b"x").unwrap();

        assert!(wait(&other, Ready::Read, 60_000, None).is_ok());
        assert!(wait(&other, Ready::Write, 60_000, None).is_ok());
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_not_before() {
        let (_one, other) = UnixStream::pair().unwrap();
        let started = Instant::now();

        assert!(matches!(wait(&other, Ready::Read, 30, None), Err(WaitError::TimedOut)));
        assert!(started.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn a_pause_lasts_as_long_as_it_should_or_until_a_limit() {
        let started = Instant::now();

        assert!(pause(Duration::from_millis(30), 60_000, None).is_ok());
        assert!(started.elapsed() >= Duration::from_millis(30));
        assert!(matches!(pause(Duration::from_secs(60), 30, None), Err(WaitError::TimedOut)));
        let cancel = Cancel::new().unwrap();
        cancel.trigger();
        assert!(matches!(pause(Duration::from_secs(60), 60_000, Some(&cancel)), Err(WaitError::Cancelled)));
    }

    #[test]
    fn the_caller_is_asked_while_waiting_and_can_end_it() {
        let asked = Arc::new(AtomicU32::new(0));
        let interrupt = {
            let asked = Arc::clone(&asked);
            Interrupt::new(move || asked.fetch_add(1, Ordering::SeqCst) == 2)
        };
        let task = Task::new(None, Some(interrupt));
        let limits = task.limits(Deadline::after(Duration::from_secs(60)));

        assert!(matches!(drive(&task, limits.pause(Duration::from_secs(60))), Err(WaitError::Cancelled)));
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
            wait(&other, Ready::Read, 60_000, Some(&cancel))
        });

        assert!(matches!(stop, Err(WaitError::Cancelled)));
    }

    #[test]
    fn what_was_cancelled_before_does_not_wait_even_for_what_is_ready() {
        let (mut one, other) = UnixStream::pair().unwrap();
        one.write_all(b"x").unwrap();
        let cancel = Cancel::new().unwrap();
        cancel.trigger();

        assert!(matches!(wait(&other, Ready::Read, 60_000, Some(&cancel)), Err(WaitError::Cancelled)));
    }

    #[test]
    fn work_that_never_waits_is_asked_about_too_but_not_each_time() {
        let asked = Arc::new(AtomicU64::new(0));
        let interrupt = {
            let asked = Arc::clone(&asked);
            Interrupt::new(move || asked.fetch_add(1, Ordering::Relaxed) == 1)
        };
        let task = Task::new(None, Some(interrupt));
        let limits = task.limits(Deadline::after(Duration::from_secs(60)));

        let checks = std::iter::repeat_with(|| limits.check()).take_while(Result::is_ok).count();

        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert!(checks > 2, "{checks}");
        assert_ne!(limits.deadline.left(), Some(Duration::ZERO));
    }

    #[test]
    fn a_trigger_or_the_deadline_ends_the_work_and_nothing_else() {
        let cancel = Cancel::new().unwrap();
        let task = Task::new(Some(cancel.clone()), None);
        let limits = |duration| task.limits(Deadline::after(duration));

        assert!(limits(Duration::MAX).check().is_ok());
        assert!(matches!(limits(Duration::ZERO).check(), Err(WaitError::TimedOut)));
        cancel.trigger();
        assert!(matches!(limits(Duration::MAX).check(), Err(WaitError::Cancelled)));
    }

    #[test]
    fn the_nearer_of_two_limits_counts() {
        let task = Task::default();
        let limits = task.limits(Deadline::after(Duration::from_secs(1)));

        assert!(limits.within(Duration::from_secs(60)).deadline.left() <= Some(Duration::from_secs(1)));
        assert_eq!(limits.within(Duration::ZERO).deadline.left(), Some(Duration::ZERO));
    }
}
