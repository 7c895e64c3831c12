//! The engine: what a call does next, given what happened.
//!
//! It only decides. What happened, the time that is left and a random number go in; what to do comes out. So it is tested
//! without a socket or a clock, and says in one place what a call's outcome is.

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
    /// What an attempt failed for was put right, or not.
    Recovered(bool),
    /// A wait is over.
    Waited,
    /// A wait was cut short.
    Interrupted(WaitError),
}

/// What to do.
#[derive(Debug)]
pub(super) enum Next {
    Attempt,
    ReadBack,
    Wait(Duration, Then),
    Recover(Recovery),
    Done(Done),
    Fail(Error),
}

/// What a wait is for.
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
    /// It was read back. In doubt: one of this call's attempts may have done it.
    ReadBack { in_doubt: bool },
    /// There was nothing left to do for an attempt, since one before it was carried out: this refusal says so.
    Gone(Error),
}

/// How far a call has come.
#[derive(Debug)]
pub(super) struct Progress {
    reconcile: Reconcile,
    max_attempts: u32,
    horizon: Duration,
    /// Attempts in a row that failed otherwise than because the service was busy: that it is busy shows that it is there.
    failures: u32,
    /// Attempts that failed because it was.
    busy: u32,
    /// How long the call has waited because of that, until the service was no longer busy.
    busy_for: Duration,
    /// Once in an operation is enough.
    recovered: bool,
    /// The most that any attempt did. Doubt about one never goes away by what another one is answered.
    outcome: Outcome,
    /// The last attempt's failure.
    last: Option<Error>,
    /// Whether there is no further attempt.
    is_over: bool,
    /// Why, unless trying again doesn't help anyway.
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

    /// Why there is no further attempt, although one might help; told once.
    pub(super) fn take_reason_to_give_up(&mut self) -> Option<&'static str> {
        self.gave_up.take()
    }

    /// How long the call waited for the service to be no longer busy, which `happened` says that it is.
    pub(super) fn end_of_busy(&mut self, happened: &Happened) -> Option<Duration> {
        let Happened::Attempted(attempt) = happened else { return None };
        let is_definite = |error: &Error| error.outcome() == Outcome::Refused && !error.retryable();
        let has_ended = attempt.as_ref().map_or_else(|failure| is_definite(&failure.error), |()| true);
        (has_ended && !self.busy_for.is_zero()).then(|| std::mem::take(&mut self.busy_for))
    }

    /// What to do after what `happened`, with so much time `left` and a `random` number, which is uniform.
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

    /// Whether a list may lack what there is because it lags.
    fn is_too_early(&self) -> bool {
        matches!(self.reconcile, Reconcile::Repeat { .. }) && !self.read_backs.are_over()
    }

    fn writes(&self) -> bool {
        self.reconcile != Reconcile::Idempotent
    }

    fn code(&self) -> ServiceCode {
        self.last.as_ref().map_or(ServiceCode::None, Error::service_code)
    }

    /// The next attempt, after which the horizon begins again.
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

    /// What to do after the last attempt's failure, which can't be put right.
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

    /// The next attempt, if there shall be one; else what is left to find out. Whether the operation has been read back
    /// since the last attempt decides how soon.
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

    /// How long to wait before the next attempt; else the reason not to make one.
    fn plan(&mut self, left: Option<Duration>, random: u64, budget: &Budget) -> Result<Duration, Option<&'static str>> {
        const NO_TIME: &str = "too little time is left";
        let Some(error) = &self.last else { return Ok(Duration::ZERO) };
        // What is answered without a code counts as lost, whatever the HTTP status.
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
            return Err(Some("as many have failed as may"));
        }
        let left = left.unwrap_or(Duration::MAX).saturating_sub(LAST_REQUEST);
        let backoff = Backoff::after(error);
        let wait = match error.retry_after() {
            Some(hint) => hinted(hint, random),
            // That a connection wasn't kept is no sign of trouble.
            None if error.is_stale() => Duration::ZERO,
            // Up to the deadline, though not ever faster towards it.
            None if left < backoff.base / 4 => return Err(Some(NO_TIME)),
            None => jitter(backoff.range(failures).min(left), random),
        };
        if wait >= left {
            return Err(Some(NO_TIME));
        }
        if !is_busy(error) && !error.is_stale() && !budget.pay(error) {
            return Err(Some("too much has failed lately"));
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

    /// The call's error: the last attempt's failure, with what all of them did.
    fn error(&mut self) -> Error {
        let Some(error) = self.last.take() else {
            return Error::new(ErrorKind::Internal, "a failure without a reason");
        };
        let (own, exists) = (error.outcome(), self.exists_for_somebody(&error));
        let outcome = match own {
            _ if self.writes() => self.outcome,
            // What was lost was no write.
            Outcome::Unknown => Outcome::NotSent,
            own => own,
        };
        let error = if outcome == own { error } else { error.with_outcome(outcome) };
        let unread = self.unread.take();
        // What a list that couldn't be read shows can't be said.
        let exists = exists.map(|advice| if unread.is_some() { UNREAD } else { advice });
        let error = match (unread, outcome) {
            (Some(reason), _) if outcome == Outcome::Unknown || exists.is_some() => {
                error.and_reading_back_failed(&reason)
            }
            _ if own == Outcome::Refused && outcome == Outcome::Unknown => {
                error.and_says("an earlier request of this call was lost, and may have been or still be carried out")
            }
            _ => error,
        };
        match exists {
            Some(advice) => error.with_advice(advice),
            None if self.reconcile == Reconcile::Unknown && outcome == Outcome::Unknown => error.with_advice(READ_BACK),
            None => error,
        }
    }

    /// What to do about a record that exists although no list shows it.
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
