//! When something has to end: at its deadline, or at once when the caller cancels.

use std::io;
use std::time::{Duration, Instant};

use super::Cancel;
use crate::error::{Error, Outcome, Status};

/// A point in time on the monotonic clock; `None` is further away than the clock goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn after(duration: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(duration))
    }

    pub(crate) fn earlier(self, other: Deadline) -> Deadline {
        match (self.0, other.0) {
            (Some(one), Some(two)) => Deadline(Some(one.min(two))),
            (one, two) => Deadline(one.or(two)),
        }
    }

    /// The time left; zero from the deadline on, `None` where there is no end.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    fn has_passed(self) -> bool {
        self.left() == Some(Duration::ZERO)
    }
}

/// What ends a piece of work early.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) deadline: Deadline,
    pub(crate) cancel: Option<Cancel>,
}

impl Limits {
    /// These limits, and `duration` from now as well.
    pub(crate) fn within(&self, duration: Duration) -> Limits {
        Limits { deadline: self.deadline.earlier(Deadline::after(duration)), cancel: self.cancel.clone() }
    }

    /// Whether the work may go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.cancel.as_ref().is_some_and(Cancel::is_triggered) {
            return Err(Stop::Cancelled);
        }
        if self.deadline.has_passed() { Err(Stop::TimedOut) } else { Ok(()) }
    }
}

/// Why something ended before it was done.
#[derive(Debug)]
pub(crate) enum Stop {
    TimedOut,
    Cancelled,
    Failed(io::Error),
}

impl Stop {
    /// The error for the caller; `doing` says what was going on, `failed` the kind of failure where it wasn't a limit.
    pub(crate) fn while_doing(self, doing: &str, failed: Status, outcome: Outcome) -> Error {
        let error = match self {
            Stop::TimedOut => Error::new(Status::Timeout, format!("time ran out while {doing}")).retryable_is(true),
            Stop::Cancelled => Error::new(Status::Cancelled, format!("cancelled while {doing}")),
            Stop::Failed(cause) => Error::new(failed, format!("{doing} failed: {cause}")).retryable_is(true),
        };
        error.outcome_is(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_deadline_counts() {
        let (soon, late) = (Deadline::after(Duration::from_secs(1)), Deadline::after(Duration::from_secs(9)));

        assert_eq!(soon.earlier(late), soon);
        assert_eq!(late.earlier(soon), soon);
        assert_eq!(soon.earlier(Deadline(None)), soon);
        assert_eq!(Deadline(None).earlier(soon), soon);
    }

    #[test]
    fn a_duration_beyond_the_clock_is_no_end() {
        assert_eq!(Deadline::after(Duration::MAX).left(), None);
    }

    #[test]
    fn nothing_is_left_from_the_deadline_on() {
        assert!(Deadline::after(Duration::ZERO).has_passed());
        assert!(!Deadline::after(Duration::from_secs(60)).has_passed());
    }
}
