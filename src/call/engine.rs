//! The engine: decides what a call does next after what happened.
//!
//! Its input is what happened, the time that is left and a random number. Its output is what to do. So it is tested
//! without a socket or a clock, and defines in one place what a call's outcome is.

use std::time::Duration;

use super::backoff::{Backoff, hinted, is_busy, jitter};
use super::budget::Budget;
use super::reconcile::{LAST_REQUEST, ReadBacks, Reconcile, UNLISTED, UNREAD};
use super::world::{Failure, Recovery};
use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::READ_BACK;
use crate::service_code::ServiceCode;
use crate::wait::WaitError;

/// What happened since the last decision.
#[derive(Debug)]
pub(super) enum Happened {
    /// An attempt succeeded or failed.
    Attempted(Result<(), Failure>),
    /// The operation was read back. True: it was carried out.
    ReadBack(Result<bool, Error>),
    /// The client recovered from an attempt's failure, or couldn't.
    Recovered(bool),
    /// A wait is over.
    Waited,
    /// A wait was cut short.
    Interrupted(WaitError),
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    Attempt,
    ReadBack,
    Wait(Duration, Then),
    Recover(Recovery),
    Done(Done),
    Fail(Error),
}

/// The purpose of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Attempt,
    ReadBack,
}

/// How a call succeeded.
#[derive(Debug)]
pub(crate) enum Done {
    /// An attempt was answered with success.
    Answered,
    /// A read-back showed it. `in_doubt`: one of this call's attempts may have done it.
    ReadBack { in_doubt: bool },
    /// Nothing was left to do, because an earlier attempt was carried out. This refusal says so.
    Gone(Error),
}

/// The progress of a call.
#[derive(Debug)]
pub(super) struct Progress {
    reconcile: Reconcile,
    max_attempts: u32,
    horizon: Duration,
    /// The attempts in a row that failed for another reason than a busy service.
    failures: u32,
    /// The attempts that failed because the service was busy.
    busy: u32,
    /// How long the call has waited for a busy service.
    busy_for: Duration,
    /// Whether the call has recovered. Once in an operation is enough.
    recovered: bool,
    /// The most that any attempt did. A later answer never removes the doubt about an earlier attempt.
    outcome: Outcome,
    /// The last attempt's failure.
    last: Option<Error>,
    /// Whether there is no further attempt.
    is_over: bool,
    /// Why there is no further attempt, if one could have helped.
    gave_up: Option<&'static str>,
    read_backs: ReadBacks,
    /// Why the last read-back failed.
    unread: Option<Error>,
    then: Then,
}

impl Progress {
    pub(super) fn new(reconcile: Reconcile, max_attempts: u32, horizon: Duration) -> Progress {
        Progress {
            reconcile,
            max_attempts,
            horizon,
            failures: 0,
            busy: 0,
            busy_for: Duration::ZERO,
            recovered: false,
            outcome: Outcome::NotSent,
            last: None,
            is_over: false,
            gave_up: None,
            read_backs: ReadBacks::within(horizon),
            unread: None,
            then: Then::Attempt,
        }
    }

    /// The last attempt's failure; `None` before one has failed.
    pub(super) fn last(&self) -> Option<&Error> {
        self.last.as_ref()
    }

    /// Returns why there is no further attempt, although one might help. Returns it once.
    pub(super) fn take_reason_to_give_up(&mut self) -> Option<&'static str> {
        self.gave_up.take()
    }

    /// Returns how long the call waited for a busy service, if `happened` shows that it is no longer busy.
    pub(super) fn end_of_busy(&mut self, happened: &Happened) -> Option<Duration> {
        let Happened::Attempted(attempt) = happened else { return None };
        let is_definite = |error: &Error| error.outcome() == Outcome::Refused && !error.retryable();
        let has_ended = attempt.as_ref().map_or_else(|failure| is_definite(&failure.error), |()| true);
        (has_ended && !self.busy_for.is_zero()).then(|| std::mem::take(&mut self.busy_for))
    }

    /// Decides what to do after `happened`, with this time `left`. `random` is uniform.
    pub(super) fn after(&mut self, happened: Happened, left: Option<Duration>, random: u64, budget: &Budget) -> Next {
        match happened {
            Happened::Attempted(Ok(())) => {
                budget.earn();
                Next::Done(Done::Answered)
            }
            Happened::Attempted(Err(failure)) => self.after_failure(failure, left, random, budget),
            Happened::Recovered(true) => {
                self.recovered = true;
                self.attempt()
            }
            Happened::Recovered(false) => self.go_on(left, random, budget),
            Happened::ReadBack(Ok(true)) if self.is_too_early() => self.read_back_later(left),
            Happened::ReadBack(Ok(true)) => Next::Done(Done::ReadBack { in_doubt: self.is_in_doubt() }),
            Happened::ReadBack(Ok(false)) => {
                self.unread = None;
                if self.is_over { self.read_back_later(left) } else { self.try_again(true, left, random, budget) }
            }
            Happened::ReadBack(Err(reason)) => self.after_failed_read_back(reason, left),
            Happened::Waited => match self.then {
                Then::Attempt => self.attempt(),
                Then::ReadBack => Next::ReadBack,
            },
            Happened::Interrupted(stop) => self.interrupted(&stop),
        }
    }

    fn is_in_doubt(&self) -> bool {
        self.outcome == Outcome::Unknown
    }

    /// Whether a list may still lack the record because it lags.
    fn is_too_early(&self) -> bool {
        matches!(self.reconcile, Reconcile::Repeat { .. }) && !self.read_backs.are_over()
    }

    fn writes(&self) -> bool {
        self.reconcile != Reconcile::Idempotent
    }

    fn code(&self) -> ServiceCode {
        self.last.as_ref().map_or(ServiceCode::None, Error::service_code)
    }

    /// Starts the next attempt. The horizon begins again after it.
    fn attempt(&mut self) -> Next {
        self.read_backs = ReadBacks::within(self.horizon);
        Next::Attempt
    }

    fn after_failure(&mut self, failure: Failure, left: Option<Duration>, random: u64, budget: &Budget) -> Next {
        let Failure { error, recovery, .. } = failure;
        if self.writes() {
            self.outcome = self.outcome.max(error.outcome());
        }
        let is_cancelled = error.kind() == ErrorKind::Cancelled;
        self.last = Some(error);
        match (self.reconcile, recovery) {
            _ if is_cancelled => self.fail(),
            (Reconcile::Repeat { gone }, _) if self.is_in_doubt() && self.code() == gone => {
                Next::Done(Done::Gone(self.error()))
            }
            (_, Some(recovery)) if !self.recovered => Next::Recover(recovery),
            _ => self.go_on(left, random, budget),
        }
    }

    /// Decides what to do after a failure without a recovery.
    fn go_on(&mut self, left: Option<Duration>, random: u64, budget: &Budget) -> Next {
        let is_lost = self.last.as_ref().is_some_and(|error| error.outcome() == Outcome::Unknown);
        match self.reconcile {
            Reconcile::ReadBack { .. } if is_lost => self.read_back(left),
            Reconcile::Unknown if is_lost => {
                self.gave_up = Some("it may have been carried out");
                self.fail()
            }
            _ => self.try_again(false, left, random, budget),
        }
    }

    /// Makes another attempt if one may follow. Otherwise reads back if that can still help: at once, or after a wait if
    /// the operation has been read back since the last attempt.
    fn try_again(&mut self, was_read_back: bool, left: Option<Duration>, random: u64, budget: &Budget) -> Next {
        match self.plan(left, random, budget) {
            Ok(wait) => self.wait(wait, Then::Attempt),
            Err(reason) => {
                (self.is_over, self.gave_up) = (true, reason);
                match (self.is_worth_reading_back(), was_read_back) {
                    (false, _) => self.fail(),
                    (true, false) => self.read_back(left),
                    (true, true) => self.read_back_later(left),
                }
            }
        }
    }

    fn is_worth_reading_back(&self) -> bool {
        match self.reconcile {
            Reconcile::Idempotent | Reconcile::Unknown => false,
            Reconcile::ReadBack { exists, anybodys: true } if self.code() == exists => true,
            Reconcile::ReadBack { .. } | Reconcile::Repeat { .. } => self.is_in_doubt(),
        }
    }

    fn wait(&mut self, wait: Duration, then: Then) -> Next {
        self.then = then;
        if then == Then::Attempt && self.last.as_ref().is_some_and(is_busy) {
            self.busy_for += wait;
        }
        Next::Wait(wait, then)
    }

    fn read_back(&mut self, left: Option<Duration>) -> Next {
        if left == Some(Duration::ZERO) { self.fail() } else { Next::ReadBack }
    }

    fn read_back_later(&mut self, left: Option<Duration>) -> Next {
        match self.read_backs.next_wait(left) {
            Some(wait) => self.wait(wait, Then::ReadBack),
            None => self.fail(),
        }
    }

    fn after_failed_read_back(&mut self, reason: Error, left: Option<Duration>) -> Next {
        if reason.kind() == ErrorKind::Cancelled {
            let attempts = self.last.as_ref().map_or(0, Error::attempts);
            return Next::Fail(reason.with_outcome(self.outcome).with_attempts(attempts));
        }
        let is_same =
            |error: &Error| error.kind() == ErrorKind::Response && error.http_status() == reason.http_status();
        let nobody_knows = reason.kind() == ErrorKind::Response && self.last.as_ref().is_some_and(is_same);
        let goes_on = reason.retryable() && !nobody_knows;
        self.unread = Some(reason);
        if goes_on { self.read_back_later(left) } else { self.fail() }
    }

    /// Returns how long to wait before the next attempt, or why there is none.
    fn plan(&mut self, left: Option<Duration>, random: u64, budget: &Budget) -> Result<Duration, Option<&'static str>> {
        const NO_TIME: &str = "too little time is left";
        let Some(error) = &self.last else { return Ok(Duration::ZERO) };
        // An answer without a code counts as lost, with any HTTP status.
        let is_lost = self.writes() && error.outcome() == Outcome::Unknown && error.service_code() == ServiceCode::None;
        if !error.retryable() && !is_lost {
            return Err(None);
        }
        let failures = if is_busy(error) {
            self.failures = 0;
            &mut self.busy
        } else {
            &mut self.failures
        };
        *failures += 1;
        let failures = *failures;
        if self.failures >= self.max_attempts {
            return Err(Some("the limit of failed attempts is reached"));
        }
        let left = left.unwrap_or(Duration::MAX).saturating_sub(LAST_REQUEST);
        let backoff = Backoff::after(error);
        let wait = match error.retry_after() {
            Some(hint) => hinted(hint, random),
            // A closed pooled connection isn't a sign of trouble.
            None if error.is_stale() => Duration::ZERO,
            // Waits until the deadline at most, but waits don't get shorter towards it.
            None if left < backoff.base / 4 => return Err(Some(NO_TIME)),
            None => jitter(backoff.range(failures).min(left), random),
        };
        if wait >= left {
            return Err(Some(NO_TIME));
        }
        if !is_busy(error) && !error.is_stale() && !budget.pay(error) {
            return Err(Some("the retry budget is used up"));
        }
        Ok(wait)
    }

    fn interrupted(&mut self, stop: &WaitError) -> Next {
        let error = self.error();
        match stop {
            WaitError::Cancelled => {
                let message = format!("cancelled while waiting after: {error}");
                Next::Fail(
                    Error::new(ErrorKind::Cancelled, message)
                        .with_outcome(error.outcome())
                        .with_attempts(error.attempts()),
                )
            }
            WaitError::TimedOut | WaitError::Failed(_) => Next::Fail(error),
        }
    }

    fn fail(&mut self) -> Next {
        Next::Fail(self.error())
    }

    /// Returns the call's error: the last attempt's failure, with the outcome of all attempts.
    fn error(&mut self) -> Error {
        let Some(error) = self.last.take() else {
            return Error::new(ErrorKind::Internal, "a failure without a reason");
        };
        let (own, exists) = (error.outcome(), self.exists_for_somebody(&error));
        let outcome = match own {
            _ if self.writes() => self.outcome,
            // The lost request wasn't a write.
            Outcome::Unknown => Outcome::NotSent,
            own => own,
        };
        let error = if outcome == own { error } else { error.with_outcome(outcome) };
        let unread = self.unread.take();
        // If a list couldn't be read, nothing can be said about what it shows.
        let exists = exists.map(|advice| if unread.is_some() { UNREAD } else { advice });
        let error = match (unread, outcome) {
            (Some(reason), _) if outcome == Outcome::Unknown || exists.is_some() => {
                error.and_reading_back_failed(&reason)
            }
            _ if own == Outcome::Refused && outcome == Outcome::Unknown => {
                error.and_says("an earlier request of this call was lost and may have been carried out or may still be")
            }
            _ => error,
        };
        match exists {
            Some(advice) => error.with_advice(advice),
            None if self.reconcile == Reconcile::Unknown && outcome == Outcome::Unknown => error.with_advice(READ_BACK),
            None => error,
        }
    }

    /// Returns the advice for a record that exists although no list shows it.
    fn exists_for_somebody(&self, error: &Error) -> Option<&'static str> {
        match self.reconcile {
            Reconcile::ReadBack { exists, .. } if error.service_code() == exists && self.is_in_doubt() => Some(
                "A record of this name exists, and this call may have created it: read back later whether it is tied to this \
                 routine. Don't delete it before you know.",
            ),
            Reconcile::ReadBack { exists, anybodys: true } if error.service_code() == exists => Some(UNLISTED),
            _ => None,
        }
    }
}
