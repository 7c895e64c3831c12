//! When something has to end: at its deadline, or at once when the caller cancels.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    pub(crate) interrupt: Option<Interrupt>,
}

/// A question to the caller, asked while a call waits or reads: shall it end?
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<Question<dyn Fn() -> bool + Send + Sync>>);

struct Question<F: ?Sized> {
    begun: Instant,
    /// When it was asked last, in milliseconds since it was begun.
    asked: AtomicU64,
    ask: F,
}

impl Interrupt {
    /// How often it is asked.
    pub(crate) const EVERY: Duration = Duration::from_millis(50);

    pub(crate) fn new(ask: impl Fn() -> bool + Send + Sync + 'static) -> Interrupt {
        Interrupt(Arc::new(Question { begun: Instant::now(), asked: AtomicU64::new(0), ask }))
    }

    fn says_stop(&self) -> bool {
        self.0.asked.store(self.milliseconds(), Ordering::Relaxed);
        (self.0.ask)()
    }

    fn is_due(&self) -> bool {
        u128::from(self.milliseconds().saturating_sub(self.0.asked.load(Ordering::Relaxed)))
            >= Interrupt::EVERY.as_millis()
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupt")
    }
}

impl Limits {
    /// These limits, and `duration` from now as well.
    pub(crate) fn within(&self, duration: Duration) -> Limits {
        Limits { deadline: self.deadline.earlier(Deadline::after(duration)), ..self.clone() }
    }

    /// Whether the work may go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.cancel.as_ref().is_some_and(Cancel::is_triggered) {
            return Err(Stop::Cancelled);
        }
        if self.deadline.has_passed() {
            return Err(Stop::TimedOut);
        }
        // A peer that keeps the call busy is no reason not to ask.
        if self.interrupt.as_ref().is_some_and(Interrupt::is_due) { self.ask() } else { Ok(()) }
    }

    /// Asks the caller, where it wants to be asked, whether the work may go on.
    pub(crate) fn ask(&self) -> Result<(), Stop> {
        match &self.interrupt {
            Some(interrupt) if interrupt.says_stop() => Err(Stop::Cancelled),
            _ => Ok(()),
        }
    }

    /// How long to wait at most before the limits are looked at again; `None`: for ever.
    pub(crate) fn longest_wait(&self) -> Option<Duration> {
        let left = self.deadline.left();
        match self.interrupt {
            Some(_) => Some(left.map_or(Interrupt::EVERY, |left| left.min(Interrupt::EVERY))),
            None => left,
        }
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

    #[test]
    fn the_longest_wait_is_what_is_left_and_short_where_somebody_is_asked() {
        let minute = Duration::from_secs(60);
        let limits = |duration, interrupt| Limits { deadline: Deadline::after(duration), cancel: None, interrupt };
        let asked = || Some(Interrupt::new(|| false));

        let wait = limits(minute, None).longest_wait().unwrap();
        assert!(wait <= minute && wait > minute / 2);
        assert_eq!(limits(Duration::MAX, None).longest_wait(), None);
        assert_eq!(limits(minute, asked()).longest_wait(), Some(Interrupt::EVERY));
        assert_eq!(limits(Duration::MAX, asked()).longest_wait(), Some(Interrupt::EVERY));
        assert_eq!(limits(Duration::ZERO, asked()).longest_wait(), Some(Duration::ZERO));
    }

    #[test]
    fn a_question_that_is_answered_with_yes_cancels() {
        let limits = |interrupt| Limits { deadline: Deadline(None), cancel: None, interrupt };

        assert!(limits(None).ask().is_ok());
        assert!(limits(Some(Interrupt::new(|| false))).ask().is_ok());
        assert!(matches!(limits(Some(Interrupt::new(|| true))).ask(), Err(Stop::Cancelled)));
    }

    #[test]
    fn work_that_never_waits_is_asked_about_too_but_not_each_time() {
        let asked = Arc::new(AtomicU64::new(0));
        let interrupt = {
            let asked = Arc::clone(&asked);
            Interrupt::new(move || asked.fetch_add(1, Ordering::Relaxed) == 1)
        };
        let deadline = Deadline::after(Duration::from_secs(60));
        let limits = Limits { deadline, cancel: None, interrupt: Some(interrupt) };

        let checks = std::iter::repeat_with(|| limits.check()).take_while(Result::is_ok).count();

        assert_eq!(asked.load(Ordering::Relaxed), 2);
        assert!(checks > 2, "{checks}");
        assert_ne!(limits.deadline.left(), Some(Duration::ZERO));
    }

    #[test]
    fn a_trigger_or_the_deadline_ends_the_work_and_nothing_else() {
        let cancel = Cancel::new().unwrap();
        let limits =
            |duration| Limits { deadline: Deadline::after(duration), cancel: Some(cancel.clone()), interrupt: None };

        assert!(limits(Duration::MAX).check().is_ok());
        assert!(matches!(limits(Duration::ZERO).check(), Err(Stop::TimedOut)));
        cancel.trigger();
        assert!(matches!(limits(Duration::MAX).check(), Err(Stop::Cancelled)));
    }

    #[test]
    fn the_nearer_of_two_limits_counts() {
        let limits = Limits { deadline: Deadline::after(Duration::from_secs(1)), cancel: None, interrupt: None };

        assert!(limits.within(Duration::from_secs(60)).longest_wait() <= Some(Duration::from_secs(1)));
        assert_eq!(limits.within(Duration::ZERO).longest_wait(), Some(Duration::ZERO));
    }
}
