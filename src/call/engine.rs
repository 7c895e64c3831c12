//! The engine: attempts, waits, and finding out what became of an attempt whose answer was lost.
//!
//! It decides only; what it does to the world goes through [`World`], so that the tests have one with a clock of their
//! own.

use std::time::Duration;

use super::backoff::{Backoff, LONG, hinted, is_busy, jitter};
use super::{Budget, Stop};
use crate::error::{Error, Outcome, Status};

/// How often to look for what an attempt did, where the service says that something is there.
const MOST_LOOKS: u32 = 3;

/// What the last attempt gets of the time before the deadline, at the least.
const LAST_ATTEMPT: Duration = Duration::from_millis(100);

/// What the engine does to the world.
pub(crate) trait World {
    /// Makes one attempt, the call's `number`-th, and keeps its result.
    fn attempt(&mut self, number: u32) -> Result<(), Error>;

    /// Whether an attempt that is made twice does no harm.
    fn is_safe(&self) -> bool;

    /// Looks for what an attempt of unknown outcome has done, after so many attempts; false where nothing is there. Keeps
    /// what it finds as the result.
    fn look(&mut self, attempts: u32) -> Result<bool, Error>;

    /// Whether a refusal says that an earlier attempt, of which the outcome was unknown, was carried out.
    fn confirms(&self, error: &Error) -> bool;

    /// Mends what the service complains of; true where the next attempt can be made at once.
    fn mend(&mut self, error: &Error) -> bool;

    /// Waits after an attempt that failed with `because`.
    fn pause(&mut self, duration: Duration, because: &Error) -> Result<(), Stop>;

    /// The time that the call has left; `None` where it has no end.
    fn left(&self) -> Option<Duration>;

    /// Uniform.
    fn random(&mut self) -> u64;

    /// Tells the log what was decided.
    fn note(&mut self, decision: &dyn Fn() -> String);
}

/// Makes attempts until one succeeds, or a further one makes no sense.
pub(crate) fn carry_out(world: &mut dyn World, max_attempts: u32, budget: &Budget) -> Result<(), Error> {
    let mut call = Progress { max_attempts, ..Progress::default() };
    let mut number: u32 = 0;
    loop {
        number = number.saturating_add(1);
        let attempt = world.attempt(number);
        call.note_end_of_busy(world, &attempt);
        let error = match attempt {
            Ok(()) => {
                budget.earn();
                return Ok(());
            }
            Err(error) => error,
        };
        if call.resolve(world, &error)? {
            return Ok(());
        }
        match call.next_wait(world, &error, budget) {
            None => return Err(call.last(error)),
            Some(wait) => call.pause(world, wait, error)?,
        }
    }
}

/// Looks for what an attempt has done. Where that fails, so does the call, with its outcome unknown.
fn look(world: &mut dyn World, error: &Error) -> Result<bool, Error> {
    world.look(error.attempts()).map_err(|reason| match reason.status() {
        Status::Cancelled => reason.outcome_is(Outcome::Unknown).attempts_are(error.attempts()),
        _ => error.clone().and_looking_failed(&reason),
    })
}

/// How far a call has come.
#[derive(Default)]
struct Progress {
    max_attempts: u32,
    /// Attempts in a row that failed otherwise than because the service was busy: that it is busy shows that it is there.
    failures: u32,
    /// Attempts that failed because it was.
    busy: u32,
    /// How long the call has waited because of that, until the service was no longer busy.
    busy_for: Duration,
    /// Once in an operation is enough. A look is an operation of its own: it shall not fail because the clock was
    /// corrected before it, by a date that was wrong.
    mended: bool,
    /// Whether an attempt's outcome was unknown.
    in_doubt: bool,
}

impl Progress {
    /// Tells that the service, which was busy, has taken or refused the request after all.
    fn note_end_of_busy(&mut self, world: &mut dyn World, attempt: &Result<(), Error>) {
        let is_definite = |error: &Error| error.outcome() == Outcome::Refused && !error.retryable();
        if !self.busy_for.is_zero() && attempt.as_ref().map_or_else(is_definite, |()| true) {
            let waited = std::mem::take(&mut self.busy_for);
            world.note(&|| format!("the service is no longer busy, after {} ms of waiting for it", waited.as_millis()));
        }
    }

    /// Finds out what the attempts did, where that isn't clear; true where one of them was carried out.
    fn resolve(&mut self, world: &mut dyn World, error: &Error) -> Result<bool, Error> {
        if world.is_safe() {
            return Ok(false);
        }
        if error.outcome() == Outcome::Unknown {
            self.in_doubt = true;
            if error.status() == Status::Cancelled {
                return Err(error.clone());
            }
            world.note(&|| format!("looking whether it was carried out, because {error}"));
            return look(world, error);
        }
        if !self.in_doubt || !world.confirms(error) {
            return Ok(false);
        }
        for looks in 1..=MOST_LOOKS {
            world.note(&|| format!("looking for what an earlier attempt did, because {error}"));
            if look(world, error)? {
                return Ok(true);
            }
            if looks < MOST_LOOKS {
                let wait = jitter(LONG.range(looks), world.random());
                if world.left().is_some_and(|left| left <= wait) {
                    break;
                }
                self.pause(world, wait, error.clone())?;
            }
        }
        Ok(false)
    }

    /// How long to wait before the next attempt; `None` where there shall be none.
    fn next_wait(&mut self, world: &mut dyn World, error: &Error, budget: &Budget) -> Option<Duration> {
        if !self.mended && world.mend(error) {
            self.mended = true;
            world.note(&|| format!("trying again at once, because {error}"));
            return Some(Duration::ZERO);
        }
        if !error.retryable() {
            return None;
        }
        match self.plan(world, error, budget) {
            Ok(wait) => {
                world.note(&|| format!("trying again in {} ms, because {error}", wait.as_millis()));
                Some(wait)
            }
            Err(reason) => {
                world.note(&|| format!("no further attempt, because {reason}; the last one failed: {error}"));
                None
            }
        }
    }

    /// How long to wait after `error`, of which trying again may be the cure; else the reason not to.
    fn plan(&mut self, world: &mut dyn World, error: &Error, budget: &Budget) -> Result<Duration, &'static str> {
        const NO_TIME: &str = "too little time is left";
        let failures = if is_busy(error) {
            self.failures = 0;
            &mut self.busy
        } else {
            &mut self.failures
        };
        *failures += 1;
        let failures = *failures;
        if self.failures >= self.max_attempts {
            return Err("as many have failed as may");
        }
        let left = world.left().unwrap_or(Duration::MAX).saturating_sub(LAST_ATTEMPT);
        let backoff = Backoff::after(error);
        let wait = match error.retry_after() {
            Some(hint) => hinted(hint, world.random()),
            // That a connection wasn't kept is no sign of trouble.
            None if error.is_stale() => Duration::ZERO,
            // Up to the deadline, though not ever faster towards it.
            None if left < backoff.base / 4 => return Err(NO_TIME),
            None => jitter(backoff.range(failures).min(left), world.random()),
        };
        if wait >= left {
            return Err(NO_TIME);
        }
        if !is_busy(error) && !error.is_stale() && !budget.pay(error) {
            return Err("too much has failed lately");
        }
        Ok(wait)
    }

    /// The call's error, where its last attempt failed with `error`.
    ///
    /// An earlier attempt may be carried out still, however the last one ended; unless that was refused for good, which
    /// says that nothing of the kind can be.
    fn last(&self, error: Error) -> Error {
        let may_be_late = error.outcome() == Outcome::NotSent || error.retryable();
        if self.in_doubt && may_be_late { error.outcome_is(Outcome::Unknown) } else { error }
    }

    /// Waits after `error`; where that is cut short, the call ends with what it did so far.
    fn pause(&mut self, world: &mut dyn World, wait: Duration, error: Error) -> Result<(), Error> {
        if is_busy(&error) {
            self.busy_for += wait;
        }
        let paused = world.pause(wait, &error);
        let error = self.last(error);
        paused.map_err(|stop| match stop {
            Stop::Cancelled => {
                let message = format!("cancelled while waiting to try again after: {error}");
                Error::new(Status::Cancelled, message).outcome_is(error.outcome()).attempts_are(error.attempts())
            }
            Stop::TimedOut | Stop::Failed(_) => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::service_code::ServiceCode;

    /// A world in which time passes only while the engine waits.
    struct Scripted {
        is_safe: bool,
        attempts: VecDeque<Result<&'static str, Error>>,
        looks: VecDeque<Result<Option<&'static str>, Error>>,
        left: Duration,
        random: u64,
        can_mend: bool,
        cancelled_in_pause: bool,
        made: u32,
        looked: u32,
        slept: Vec<u128>,
        notes: Vec<String>,
        result: &'static str,
    }

    fn world(attempts: impl IntoIterator<Item = Result<&'static str, Error>>) -> Scripted {
        Scripted {
            is_safe: false,
            attempts: attempts.into_iter().collect(),
            looks: VecDeque::new(),
            left: Duration::from_secs(30),
            // Half of the range.
            random: 1 << 63,
            can_mend: false,
            cancelled_in_pause: false,
            made: 0,
            looked: 0,
            slept: Vec::new(),
            notes: Vec::new(),
            result: "",
        }
    }

    impl Scripted {
        fn with_looks(mut self, looks: impl IntoIterator<Item = Result<Option<&'static str>, Error>>) -> Scripted {
            self.looks = looks.into_iter().collect();
            self
        }

        fn run(&mut self) -> Result<&'static str, Error> {
            self.run_with(&Budget::new())
        }

        fn run_with(&mut self, budget: &Budget) -> Result<&'static str, Error> {
            carry_out(self, 3, budget).map(|()| self.result)
        }

        /// Attempts, looks, and the milliseconds slept.
        fn did(&self) -> (u32, u32, &[u128]) {
            (self.made, self.looked, &self.slept)
        }
    }

    impl World for Scripted {
        fn attempt(&mut self, number: u32) -> Result<(), Error> {
            self.made += 1;
            assert_eq!(number, self.made);
            let attempt = self.attempts.pop_front().expect("the script has this attempt");
            self.result = attempt.map_err(|error| error.attempts_are(number))?;
            Ok(())
        }

        fn look(&mut self, attempts: u32) -> Result<bool, Error> {
            self.looked += 1;
            assert_eq!(attempts, self.made);
            let found = self.looks.pop_front().expect("the script has this look")?;
            self.result = found.unwrap_or(self.result);
            Ok(found.is_some())
        }

        fn is_safe(&self) -> bool {
            self.is_safe
        }

        fn confirms(&self, error: &Error) -> bool {
            error.service_code() == ServiceCode::ParameterAlreadyExist
        }

        fn mend(&mut self, error: &Error) -> bool {
            self.can_mend && error.service_code() == ServiceCode::InvalidTimeStampExpired
        }

        fn pause(&mut self, duration: Duration, _: &Error) -> Result<(), Stop> {
            if self.cancelled_in_pause {
                return Err(Stop::Cancelled);
            }
            self.slept.push(duration.as_millis());
            self.left = self.left.saturating_sub(duration);
            Ok(())
        }

        fn left(&self) -> Option<Duration> {
            Some(self.left)
        }

        fn random(&mut self) -> u64 {
            self.random
        }

        fn note(&mut self, decision: &dyn Fn() -> String) {
            self.notes.push(decision());
        }
    }

    fn refused(word: &str) -> Result<&'static str, Error> {
        Err(Error::of_code(word))
    }

    fn not_sent() -> Result<&'static str, Error> {
        Err(Error::new(Status::Connect, "refused").retryable_is(true))
    }

    fn lost() -> Result<&'static str, Error> {
        Err(Error::new(Status::Io, "lost").outcome_is(Outcome::Unknown).retryable_is(true))
    }

    fn status_of(result: Result<&'static str, Error>) -> (Status, Outcome, u32) {
        let error = result.unwrap_err();
        (error.status(), error.outcome(), error.attempts())
    }

    #[test]
    fn a_success_needs_nothing_else() {
        let mut world = world([Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (1, 0, &[][..]));
    }

    #[test]
    fn what_was_not_sent_is_tried_again_soon() {
        let mut world = world([not_sent(), not_sent(), Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (3, 0, &[25, 50][..]));
    }

    #[test]
    fn a_connection_that_was_not_kept_costs_no_time_and_nothing_of_the_budget() {
        let budget = Budget::new();
        let stale = || lost().map_err(|error| error.stale_is(true));

        for _ in 0..100 {
            let mut world = world([stale(), Ok("made")]).with_looks([Ok(None)]);

            assert_eq!(world.run_with(&budget), Ok("made"));
            assert_eq!(world.did(), (2, 1, &[0][..]));
        }
    }

    #[test]
    fn only_so_many_attempts_may_fail() {
        let mut world = world([not_sent(), not_sent(), not_sent()]);

        assert_eq!(status_of(world.run()), (Status::Connect, Outcome::NotSent, 3));
        assert_eq!(world.did(), (3, 0, &[25, 50][..]));
    }

    #[test]
    fn a_definite_refusal_is_final() {
        for code in ["RoutineNotExist", "ParameterAlreadyExist", "NoPermission", "Brand.New"] {
            let mut world = world([refused(code)]);

            assert_eq!(world.run().unwrap_err().code(), code);
            assert_eq!(world.did(), (1, 0, &[][..]));
        }
    }

    #[test]
    fn busy_is_waited_out_without_counting() {
        let busy = || refused("UserOperationStatusIsLocked");
        let mut world = world([busy(), busy(), busy(), busy(), Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (5, 0, &[500, 1000, 2000, 4000][..]));
    }

    #[test]
    fn that_the_service_is_busy_ends_a_row_of_failures() {
        let busy = || refused("UserOperationStatusIsLocked");
        let mut long = world([not_sent(), not_sent(), busy(), not_sent(), not_sent(), busy(), Ok("made")]);
        assert_eq!(long.run(), Ok("made"));

        let mut lost = world([busy(), not_sent(), not_sent(), not_sent()]);
        assert_eq!(status_of(lost.run()), (Status::Connect, Outcome::NotSent, 4));
    }

    #[test]
    fn every_decision_is_told() {
        let busy = || refused("LockFailed");
        let notes = |mut world: Scripted| {
            let _ = world.run();
            world.notes
        };

        assert_eq!(notes(world([Ok("made")])), [""; 0]);
        assert_eq!(notes(world([refused("RoutineNotExist")])), [""; 0]);
        assert_eq!(
            notes(
                world([busy(), lost(), busy(), refused("ParameterAlreadyExist")]).with_looks([Ok(None), Ok(Some(""))])
            ),
            [
                "trying again in 500 ms, because LockFailed:  (HTTP 400)",
                "looking whether it was carried out, because lost",
                "trying again in 25 ms, because lost",
                "trying again in 1000 ms, because LockFailed:  (HTTP 400)",
                "the service is no longer busy, after 1500 ms of waiting for it",
                "looking for what an earlier attempt did, because ParameterAlreadyExist:  (HTTP 400)",
            ]
        );
        assert_eq!(
            notes(world([not_sent(), not_sent(), not_sent()])),
            [
                "trying again in 25 ms, because refused",
                "trying again in 50 ms, because refused",
                "no further attempt, because as many have failed as may; the last one failed: refused",
            ]
        );
        let hinted = not_sent().map_err(|error| error.retry_after_is(Some(Duration::from_secs(60))));
        assert_eq!(
            notes(world([hinted])),
            ["no further attempt, because too little time is left; the last one failed: refused"]
        );
        let mut mended = world([refused("InvalidTimeStamp.Expired"), Ok("made")]);
        mended.can_mend = true;
        assert_eq!(notes(mended), ["trying again at once, because InvalidTimeStamp.Expired:  (HTTP 400)"]);
        let (mut poor, budget) = (world([not_sent()]), Budget::new());
        while budget.pay(&Error::new(Status::Connect, "")) {}
        assert!(poor.run_with(&budget).is_err());
        assert_eq!(
            poor.notes,
            ["no further attempt, because too much has failed lately; the last one failed: refused"]
        );
    }

    #[test]
    fn busy_for_ever_ends_with_the_deadline() {
        let mut world = world((0..40).map(|_| refused("UserOperationStatusIsLocked")));
        world.random = u64::MAX;

        let (status, outcome, attempts) = status_of(world.run());

        assert_eq!((status, outcome), (Status::Busy, Outcome::Refused));
        assert_eq!(attempts, world.made);
        // 1 + 2 + 4 + 8 + 8 seconds, and then what is left but for the last attempt's time.
        assert_eq!(world.slept.len(), 6);
        assert!(world.left <= LAST_ATTEMPT + Duration::from_millis(1), "{:?}", world.slept);
    }

    #[test]
    fn what_was_lost_is_looked_for_and_found() {
        let mut world = world([lost()]).with_looks([Ok(Some("found"))]);

        assert_eq!(world.run(), Ok("found"));
        assert_eq!(world.did(), (1, 1, &[][..]));
    }

    #[test]
    fn what_was_lost_and_is_not_there_is_made_again() {
        let mut world = world([lost(), Ok("made")]).with_looks([Ok(None)]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (2, 1, &[25][..]));
    }

    #[test]
    fn what_was_carried_out_late_is_found_by_the_refusal_of_the_next_attempt() {
        let mut world = world([lost(), refused("ParameterAlreadyExist")]).with_looks([
            Ok(None),
            Ok(None),
            Ok(None),
            Ok(Some("found")),
        ]);

        assert_eq!(world.run(), Ok("found"));
        assert_eq!(world.did(), (2, 4, &[25, 500, 1000][..]));
    }

    #[test]
    fn what_does_no_harm_is_made_again_without_a_look() {
        let mut world = world([lost(), Ok("read")]);
        world.is_safe = true;

        assert_eq!(world.run(), Ok("read"));
        assert_eq!(world.did(), (2, 0, &[25][..]));
    }

    #[test]
    fn an_attempt_in_doubt_leaves_the_outcome_unknown_unless_the_last_was_refused_for_good() {
        for (last, status, outcome) in [
            (not_sent(), Status::Connect, Outcome::Unknown),
            (refused("UserOperationStatusIsLocked"), Status::Busy, Outcome::Unknown),
            (refused("RoutineNotExist"), Status::NotFound, Outcome::Refused),
        ] {
            let mut world = world([lost(), last]).with_looks([Ok(None)]);
            // Too little for a third attempt.
            world.left = Duration::from_millis(120);

            assert_eq!(status_of(world.run()), (status, outcome, 2));
        }
    }

    #[test]
    fn a_refusal_that_no_look_explains_stands() {
        let mut world =
            world([lost(), refused("ParameterAlreadyExist")]).with_looks([Ok(None), Ok(None), Ok(None), Ok(None)]);

        assert_eq!(status_of(world.run()), (Status::Conflict, Outcome::Refused, 2));
        assert_eq!(world.did(), (2, 4, &[25, 500, 1000][..]));
    }

    #[test]
    fn a_failure_of_the_service_is_looked_into_each_time() {
        let fails = || refused("InternalOperationError");
        let mut world = world([fails(), fails(), fails()]).with_looks([Ok(None), Ok(None), Ok(None)]);

        assert_eq!(status_of(world.run()), (Status::Server, Outcome::Unknown, 3));
        assert_eq!(world.did(), (3, 3, &[500, 1000][..]));
    }

    #[test]
    fn a_look_that_fails_leaves_the_outcome_unknown_and_says_why() {
        let mut world = world([lost()]).with_looks([Err(Error::of_code("NoPermission"))]);

        let error = world.run().unwrap_err();

        assert_eq!((error.status(), error.outcome(), error.attempts()), (Status::Io, Outcome::Unknown, 1));
        assert!(error.message().contains("looking for the record failed: NoPermission"), "{error}");
        assert!(error.advice().contains("esa:ListRoutineRelatedRecords"), "{}", error.advice());
    }

    #[test]
    fn a_cancelled_attempt_or_look_ends_the_call() {
        let cancelled = |outcome| Error::new(Status::Cancelled, "cancelled").outcome_is(outcome);
        let mut during_attempt = world([Err(cancelled(Outcome::Unknown))]);
        assert_eq!(status_of(during_attempt.run()), (Status::Cancelled, Outcome::Unknown, 1));
        assert_eq!(during_attempt.did(), (1, 0, &[][..]));

        let mut during_look = world([lost()]).with_looks([Err(cancelled(Outcome::NotSent))]);
        assert_eq!(status_of(during_look.run()), (Status::Cancelled, Outcome::Unknown, 1));
    }

    #[test]
    fn a_wait_that_is_cancelled_has_the_outcome_of_the_attempt_before() {
        for (attempt, outcome) in
            [(not_sent(), Outcome::NotSent), (refused("LockFailed"), Outcome::Refused), (lost(), Outcome::Unknown)]
        {
            let mut world = world([attempt]).with_looks([Ok(None)]);
            world.cancelled_in_pause = true;

            assert_eq!(status_of(world.run()), (Status::Cancelled, outcome, 1));
        }
    }

    #[test]
    fn a_hint_is_waited_for() {
        let throttled = Error::of_code("Throttling.User").retry_after_is(Some(Duration::from_secs(2)));
        let mut world = world([Err(throttled), Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (2, 0, &[2100][..]));
    }

    #[test]
    fn a_hint_beyond_the_deadline_is_handed_on_at_once() {
        let throttled = Error::of_code("Throttling.User").retry_after_is(Some(Duration::from_secs(31)));
        let mut world = world([Err(throttled)]);

        let error = world.run().unwrap_err();

        assert_eq!((error.status(), error.retry_after()), (Status::Throttled, Some(Duration::from_secs(31))));
        assert_eq!(world.did(), (1, 0, &[][..]));
    }

    #[test]
    fn what_can_be_mended_is_tried_again_at_once_and_once_only() {
        let expired = || refused("InvalidTimeStamp.Expired");

        let mut mended = world([expired(), Ok("made")]);
        mended.can_mend = true;
        assert_eq!(mended.run(), Ok("made"));
        assert_eq!(mended.did(), (2, 0, &[0][..]));

        let mut twice = world([expired(), expired()]);
        twice.can_mend = true;
        assert_eq!(status_of(twice.run()), (Status::Auth, Outcome::Refused, 2));

        let mut beyond_help = world([expired()]);
        assert_eq!(status_of(beyond_help.run()), (Status::Auth, Outcome::Refused, 1));
    }

    #[test]
    fn an_empty_budget_makes_the_first_failure_final_but_not_for_busy() {
        let budget = Budget::new();
        while budget.pay(&Error::new(Status::Connect, "")) {}

        let mut down = world([not_sent()]);
        assert_eq!(status_of(down.run_with(&budget)), (Status::Connect, Outcome::NotSent, 1));

        let mut busy = world([refused("LockFailed"), Ok("made")]);
        assert_eq!(busy.run_with(&budget), Ok("made"));
    }

    #[test]
    fn exactly_enough_time_for_a_quarter_of_the_base_is_enough() {
        let quarter = LAST_ATTEMPT + Backoff::after(&Error::new(Status::Connect, "")).base / 4;

        for (left, attempts) in [(quarter, 2), (quarter - Duration::from_nanos(1), 1)] {
            let mut world = world([not_sent(), Ok("made")]);
            world.left = left;
            let _ = world.run();
            assert_eq!(world.made, attempts, "{left:?}");
        }
    }
}
