//! Carries out an operation: does what the engine decides, and logs it.

use super::attempt::{Attempted, attempt};
use super::backoff::is_busy;
use super::budget::Budget;
use super::engine::{Done, Happened, Next, Progress, Then};
use super::world::World;
use crate::error::Error;
use crate::log::{Level, Scope};
use crate::operation::Action;

/// An operation that is being carried out.
pub(super) struct Carrying<'a> {
    progress: Progress,
    budget: &'a Budget,
    next: Next,
    /// The number of the last attempt.
    number: u32,
}

/// Why carrying out paused or ended.
pub(super) enum Step {
    /// The operation has to be read back, after this number of attempts.
    ReadBack(u32),
    Done(Done),
}

impl<'a> Carrying<'a> {
    pub(super) fn new(progress: Progress, budget: &'a Budget) -> Carrying<'a> {
        Carrying { progress, budget, next: Next::Attempt, number: 0 }
    }

    /// Makes attempts until the operation has to be read back, an attempt succeeds, or another one is useless.
    pub(super) async fn go_on<W: World>(
        &mut self,
        world: &W,
        operation: &mut dyn Attempted<'_>,
    ) -> Result<Step, Error> {
        let action = &operation.action();
        loop {
            let next = std::mem::replace(&mut self.next, Next::ReadBack);
            let happened = match next {
                Next::Attempt => {
                    if self.number > 0 {
                        world.counters().retries.count();
                    }
                    self.number = self.number.saturating_add(1);
                    // The next attempt must not use another pooled connection that may be closed.
                    let over_new_connection = self.progress.last().is_some_and(Error::is_stale);
                    Happened::Attempted(attempt(world, operation, self.number, over_new_connection).await)
                }
                Next::ReadBack => {
                    self.log(world, action, self.progress.last(), || {
                        format!("reading back whether it was carried out, because {}", self.because())
                    });
                    return Ok(Step::ReadBack(self.number));
                }
                Next::Wait(wait, then) => {
                    let (milliseconds, busy) = (wait.as_millis(), self.progress.last().is_some_and(is_busy));
                    self.log(world, action, self.progress.last(), || match then {
                        Then::Attempt => format!("trying again in {milliseconds} ms, because {}", self.because()),
                        Then::ReadBack => format!("reading back in {milliseconds} ms, because {}", self.because()),
                    });
                    if then == Then::Attempt && busy {
                        world.counters().busy_waits.count();
                    }
                    match world.pause(wait).await {
                        Ok(()) => Happened::Waited,
                        Err(stop) => Happened::Interrupted(stop),
                    }
                }
                Next::Recover(recovery) => {
                    let recovered = world.recover(&recovery, &self.scope(world, action, None));
                    if recovered {
                        let line = || format!("trying again at once, because {}", self.because());
                        self.log(world, action, self.progress.last(), line);
                    }
                    Happened::Recovered(recovered)
                }
                Next::Done(done) => return Ok(Step::Done(done)),
                Next::Fail(error) => return Err(error),
            };
            self.has_happened(world, action, happened);
        }
    }

    /// Processes the result of a read-back: whether the operation was carried out.
    pub(super) fn was_read_back<W: World>(&mut self, world: &W, action: &Action<'_>, found: Result<bool, Error>) {
        self.has_happened(world, action, Happened::ReadBack(found));
    }

    fn has_happened<W: World>(&mut self, world: &W, action: &Action<'_>, happened: Happened) {
        if let Some(waited) = self.progress.end_of_busy(&happened) {
            let waited = waited.as_millis();
            let line = || format!("the service is no longer busy, after {waited} ms of waiting for it");
            self.log(world, action, None, line);
        }
        // A random number costs time, and a success needs none.
        let random = if matches!(happened, Happened::Attempted(Ok(()))) { 0 } else { world.random() };
        self.next = self.progress.after(happened, world.left(), random, self.budget);
        if let Some(reason) = self.progress.take_reason_to_give_up() {
            let failure = if let Next::Fail(error) = &self.next { Some(error) } else { self.progress.last() };
            self.log(world, action, failure, || {
                let failure = failure.map(ToString::to_string).unwrap_or_default();
                format!("no further attempt, because {reason}; the last one failed: {failure}")
            });
        }
    }

    /// Returns the failure that led to the last decision.
    fn because(&self) -> String {
        self.progress.last().map(ToString::to_string).unwrap_or_default()
    }

    /// Writes a line about the last attempt, which had this `failure`.
    fn log<W: World>(&self, world: &W, action: &Action<'_>, failure: Option<&Error>, line: impl FnOnce() -> String) {
        self.scope(world, action, failure).write(Level::Info, line);
    }

    fn scope<'s, W: World>(&self, world: &'s W, action: &Action<'s>, failure: Option<&'s Error>) -> Scope<'s> {
        let scope = world.log().action(action.name, action.record_name).attempt(self.number);
        failure.map_or(scope, |error| scope.reply(error.http_status().unwrap_or(0), error.request_id()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::super::backoff::Backoff;
    use super::super::reconcile::{LAST_REQUEST, Reconcile};
    use super::super::world::{Failure, Outgoing, Recovery};
    use super::*;
    use crate::call::Deleted;
    use crate::error::{ErrorKind, Outcome};
    use crate::http::{LargestBody, Reply};
    use crate::log::Log;
    use crate::operation::{self, READ_BACK, Receipt};
    use crate::service_code::ServiceCode;
    use crate::signature::Signature;
    use crate::stats::Counters;
    use crate::wait::{WaitError, at_once};

    /// A world in which time passes only while the call waits. Attempts and read-backs follow a script.
    struct Scripted {
        reconcile: Reconcile,
        attempts: RefCell<VecDeque<Result<&'static str, Error>>>,
        read_backs: RefCell<VecDeque<Result<Option<&'static str>, Error>>>,
        left: Cell<Duration>,
        random: u64,
        can_recover: bool,
        cancelled_in_pause: bool,
        made: Cell<u32>,
        was_read_back: Cell<u32>,
        slept: RefCell<Vec<u128>>,
        notes: Arc<Mutex<Vec<String>>>,
        log: Log,
        counters: Counters,
        deleted: Deleted,
        result: Cell<&'static str>,
    }

    /// An operation. Only its name is used.
    struct Action;

    impl Attempted<'static> for Action {
        fn action(&self) -> operation::Action<'static> {
            operation::Action {
                name: "Action",
                method: "POST",
                version: "",
                writes: true,
                serial: true,
                largest_reply: LargestBody::default(),
                record_name: "",
            }
        }

        fn outgoing(&self, number: u32, over_new_connection: bool) -> Outgoing<'static> {
            let (query, form) = (Vec::new(), Vec::new());
            Outgoing { action: self.action(), number, over_new_connection, query, form }
        }

        fn read(&mut self, _: &Reply) -> Result<String, Error> {
            unreachable!("attempts are scripted")
        }

        fn finish(&mut self, _: Receipt, _: &dyn Fn(&mut String)) -> Result<(), Error> {
            Ok(())
        }
    }

    const CREATE: Reconcile = Reconcile::ReadBack { exists: ServiceCode::ParameterAlreadyExist, anybodys: false };
    const ENSURE: Reconcile = Reconcile::ReadBack { exists: ServiceCode::ParameterAlreadyExist, anybodys: true };
    const DELETE: Reconcile = Reconcile::Repeat { gone: ServiceCode::ParameterNotExist };
    const HORIZON: Duration = Duration::from_secs(10);

    fn world(attempts: impl IntoIterator<Item = Result<&'static str, Error>>) -> Scripted {
        let notes: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&notes);
        Scripted {
            reconcile: CREATE,
            attempts: RefCell::new(attempts.into_iter().collect()),
            read_backs: RefCell::default(),
            left: Cell::new(Duration::from_secs(30)),
            // Half of the range.
            random: 1 << 63,
            can_recover: false,
            cancelled_in_pause: false,
            made: Cell::default(),
            was_read_back: Cell::default(),
            slept: RefCell::default(),
            notes,
            log: Log::new(Level::Info, move |record| {
                let beginning = format!("Action: attempt {}: ", record.attempt);
                sink.lock().unwrap().push(record.message.strip_prefix(&beginning).unwrap().to_owned());
            }),
            counters: Counters::default(),
            deleted: Deleted::default(),
            result: Cell::default(),
        }
    }

    impl Scripted {
        fn with_read_backs(
            self,
            read_backs: impl IntoIterator<Item = Result<Option<&'static str>, Error>>,
        ) -> Scripted {
            self.read_backs.borrow_mut().extend(read_backs);
            self
        }

        fn run(&self) -> Result<&'static str, Error> {
            self.run_with(&Budget::new())
        }

        fn run_with(&self, budget: &Budget) -> Result<&'static str, Error> {
            at_once(self.carry_out(budget))
        }

        async fn carry_out(&self, budget: &Budget) -> Result<&'static str, Error> {
            let mut carrying = Carrying::new(Progress::new(self.reconcile, 3, HORIZON), budget);
            loop {
                match carrying.go_on(self, &mut Action).await? {
                    Step::ReadBack(attempts) => {
                        self.was_read_back.set(self.was_read_back.get() + 1);
                        assert_eq!(attempts, self.made.get());
                        let found = self.read_backs.borrow_mut().pop_front().expect("the script has this read-back");
                        let found = found.map(|found| {
                            self.result.set(found.unwrap_or_default());
                            found.is_some()
                        });
                        carrying.was_read_back(self, &Action.action(), found);
                    }
                    Step::Done(Done::Answered | Done::ReadBack { in_doubt: true }) => return Ok(self.result.get()),
                    Step::Done(Done::ReadBack { in_doubt: false }) => return Ok("somebody's"),
                    Step::Done(Done::Gone(_)) => return Ok("gone"),
                }
            }
        }

        /// Returns the attempts, the read-backs, and the milliseconds slept.
        fn did(&self) -> (u32, u32, Vec<u128>) {
            (self.made.get(), self.was_read_back.get(), self.slept.borrow().clone())
        }
    }

    impl World for Scripted {
        async fn exchange(
            &self,
            outgoing: Outgoing<'_>,
            _: &mut dyn FnMut(&Reply) -> Result<String, Error>,
        ) -> Result<(Receipt, Signature), Failure> {
            self.made.set(self.made.get() + 1);
            assert_eq!(outgoing.number, self.made.get());
            let attempt = self.attempts.borrow_mut().pop_front().expect("the script has this attempt");
            self.result.set(attempt.map_err(|error| {
                let expired = error.service_code() == ServiceCode::InvalidTimeStampExpired;
                let (date, signed_at) = (std::time::UNIX_EPOCH, std::time::UNIX_EPOCH);
                let recovery = expired.then_some(Recovery::Clock { date, signed_at });
                Failure { recovery, ..Failure::from(error) }
            })?);
            let receipt = Receipt { attempt: outgoing.number, http_status: 200, request_id: String::new() };
            Ok((receipt, Signature::V1(String::new())))
        }

        fn recover(&self, _: &Recovery, _: &Scope<'_>) -> bool {
            self.can_recover
        }

        async fn pause(&self, duration: Duration) -> Result<(), WaitError> {
            if self.cancelled_in_pause {
                return Err(WaitError::Cancelled);
            }
            self.slept.borrow_mut().push(duration.as_millis());
            self.left.set(self.left.get().saturating_sub(duration));
            Ok(())
        }

        fn check(&self) -> Result<(), WaitError> {
            Ok(())
        }

        fn left(&self) -> Option<Duration> {
            Some(self.left.get())
        }

        fn now(&self) -> Duration {
            Duration::ZERO
        }

        fn random(&self) -> u64 {
            self.random
        }

        fn counters(&self) -> &Counters {
            &self.counters
        }

        fn log(&self) -> Scope<'_> {
            Scope::of_call(&self.log, 0)
        }

        fn deleted(&self) -> &Deleted {
            &self.deleted
        }
    }

    fn refused(word: &str) -> Result<&'static str, Error> {
        Err(Error::of_code(word))
    }

    fn not_sent() -> Result<&'static str, Error> {
        Err(Error::new(ErrorKind::Connect, "refused").with_retryable(true))
    }

    fn lost() -> Result<&'static str, Error> {
        Err(Error::new(ErrorKind::Io, "lost").with_outcome(Outcome::Unknown).with_retryable(true))
    }

    fn status_of(result: Result<&'static str, Error>) -> (ErrorKind, Outcome, u32) {
        let error = result.unwrap_err();
        (error.kind(), error.outcome(), error.attempts())
    }

    #[test]
    fn a_success_needs_nothing_else() {
        let world = world([Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (1, 0, vec![]));
    }

    #[test]
    fn what_was_not_sent_is_tried_again_soon() {
        let world = world([not_sent(), not_sent(), Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (3, 0, vec![25, 50]));
    }

    #[test]
    fn a_connection_that_was_not_kept_costs_no_time_and_nothing_of_the_budget() {
        let budget = Budget::new();
        let stale = || lost().map_err(|error| error.with_stale(true));

        for _ in 0..100 {
            let world = world([stale(), Ok("made")]).with_read_backs([Ok(None)]);

            assert_eq!(world.run_with(&budget), Ok("made"));
            assert_eq!(world.did(), (2, 1, vec![0]));
        }
    }

    #[test]
    fn only_so_many_attempts_may_fail() {
        let world = world([not_sent(), not_sent(), not_sent()]);

        assert_eq!(status_of(world.run()), (ErrorKind::Connect, Outcome::NotSent, 3));
        assert_eq!(world.did(), (3, 0, vec![25, 50]));
    }

    #[test]
    fn a_definite_refusal_is_final() {
        for code in ["RoutineNotExist", "ParameterAlreadyExist", "NoPermission", "DependedByOthers"] {
            let world = world([refused(code)]);

            assert_eq!(world.run().unwrap_err().code(), code);
            assert_eq!(world.did(), (1, 0, vec![]));
        }
    }

    #[test]
    fn busy_is_waited_out_without_counting() {
        let busy = || refused("UserOperationStatusIsLocked");
        let world = world([busy(), busy(), busy(), busy(), Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (5, 0, vec![500, 1000, 2000, 4000]));
    }

    #[test]
    fn that_the_service_is_busy_ends_a_row_of_failures() {
        let busy = || refused("UserOperationStatusIsLocked");
        let long = world([not_sent(), not_sent(), busy(), not_sent(), not_sent(), busy(), Ok("made")]);
        assert_eq!(long.run(), Ok("made"));

        let lost = world([busy(), not_sent(), not_sent(), not_sent()]);
        assert_eq!(status_of(lost.run()), (ErrorKind::Connect, Outcome::Refused, 4));
    }

    #[test]
    fn every_decision_is_logged() {
        let busy = || refused("LockFailed");
        let notes = |world: Scripted| {
            let _ = world.run();
            world.notes.lock().unwrap().clone()
        };

        assert_eq!(notes(world([Ok("made")])), [""; 0]);
        assert_eq!(notes(world([refused("RoutineNotExist")])), [""; 0]);
        assert_eq!(
            notes(
                world([busy(), lost(), busy(), refused("ParameterAlreadyExist")])
                    .with_read_backs([Ok(None), Ok(Some(""))])
            ),
            [
                "trying again in 500 ms, because LockFailed:  (HTTP 400)",
                "reading back whether it was carried out, because lost",
                "trying again in 25 ms, because lost",
                "trying again in 1000 ms, because LockFailed:  (HTTP 400)",
                "the service is no longer busy, after 1500 ms of waiting for it",
                "reading back whether it was carried out, because ParameterAlreadyExist:  (HTTP 400)",
            ]
        );
        assert_eq!(
            notes(world([not_sent(), not_sent(), not_sent()])),
            [
                "trying again in 25 ms, because refused",
                "trying again in 50 ms, because refused",
                "no further attempt, because the limit of failed attempts is reached; the last one failed: refused",
            ]
        );
        let hinted = not_sent().map_err(|error| error.with_retry_after(Some(Duration::from_secs(60))));
        assert_eq!(
            notes(world([hinted])),
            ["no further attempt, because too little time is left; the last one failed: refused"]
        );
        let mut recovered = world([refused("InvalidTimeStamp.Expired"), Ok("made")]);
        recovered.can_recover = true;
        assert_eq!(notes(recovered), ["trying again at once, because InvalidTimeStamp.Expired:  (HTTP 400)"]);
        let (poor, budget) = (world([not_sent()]), Budget::new());
        while budget.pay(&Error::new(ErrorKind::Connect, "")) {}
        assert!(poor.run_with(&budget).is_err());
        assert_eq!(
            *poor.notes.lock().unwrap(),
            ["no further attempt, because the retry budget is used up; the last one failed: refused"]
        );
    }

    #[test]
    fn busy_for_ever_ends_with_the_deadline() {
        let mut world = world((0..40).map(|_| refused("UserOperationStatusIsLocked")));
        world.random = u64::MAX;

        let (status, outcome, attempts) = status_of(world.run());

        assert_eq!((status, outcome), (ErrorKind::Busy, Outcome::Refused));
        assert_eq!(attempts, world.made.get());
        // 1 + 2 + 4 + 8 + 8 seconds, and then the rest, except for the last attempt's time.
        assert_eq!(world.slept.borrow().len(), 6);
        assert!(world.left.get() <= LAST_REQUEST + Duration::from_millis(1), "{:?}", world.slept.borrow());
    }

    #[test]
    fn what_was_lost_is_read_back_and_found() {
        let world = world([lost()]).with_read_backs([Ok(Some("found"))]);

        assert_eq!(world.run(), Ok("found"));
        assert_eq!(world.did(), (1, 1, vec![]));
    }

    #[test]
    fn what_was_lost_and_is_not_there_is_made_again() {
        let world = world([lost(), Ok("made")]).with_read_backs([Ok(None)]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (2, 1, vec![25]));
    }

    #[test]
    fn what_was_carried_out_late_is_found_by_the_refusal_of_the_next_attempt() {
        let world = world([lost(), refused("ParameterAlreadyExist")]).with_read_backs([
            Ok(None),
            Ok(None),
            Ok(None),
            Ok(Some("found")),
        ]);

        assert_eq!(world.run(), Ok("found"));
        assert_eq!(world.did(), (2, 4, vec![25, 250, 500]));
    }

    #[test]
    fn what_does_no_harm_is_made_again_without_a_read_back() {
        let mut world = world([lost(), Ok("read")]);
        world.reconcile = Reconcile::Idempotent;

        assert_eq!(world.run(), Ok("read"));
        assert_eq!(world.did(), (2, 0, vec![25]));
    }

    #[test]
    fn doubt_about_one_attempt_never_goes_away_by_what_another_is_answered() {
        for (last, status) in [
            (not_sent(), ErrorKind::Connect),
            (refused("UserOperationStatusIsLocked"), ErrorKind::Busy),
            (refused("RoutineNotExist"), ErrorKind::NotFound),
            (refused("RelatedRecordNumberExceedQuotaLimit"), ErrorKind::Quota),
            (refused("ParameterAlreadyExist"), ErrorKind::Conflict),
        ] {
            let world = world([lost(), last]).with_read_backs([Ok(None), Ok(None), Ok(None)]);
            // Too little for a third attempt.
            world.left.set(Duration::from_millis(120));
            assert_eq!(status_of(world.run()), (status, Outcome::Unknown, 2));
        }
    }

    #[test]
    fn the_outcome_is_the_most_that_any_attempt_did() {
        let world = world([refused("LockFailed"), not_sent(), not_sent(), not_sent()]);

        assert_eq!(status_of(world.run()), (ErrorKind::Connect, Outcome::Refused, 4));
    }

    #[test]
    fn a_refusal_that_a_lost_attempt_may_explain_is_read_back_until_the_horizon() {
        let nothing = || std::iter::repeat_n(Ok(None), 8);
        for code in ["ParameterAlreadyExist", "RelatedRecordNumberExceedQuotaLimit", "Forbidden.RAM"] {
            let world = world([lost(), refused(code)]).with_read_backs(nothing());

            let error = world.run().unwrap_err();

            assert_eq!((error.code(), error.outcome()), (code, Outcome::Unknown));
            let lost = "an earlier request of this call was lost and may have been carried out or may still be";
            assert!(error.message().contains(lost), "{error}");
            assert!(!error.advice().contains("delete it first"), "{}", error.advice());
            assert_eq!(world.did(), (2, 8, vec![25, 250, 500, 1000, 2000, 4000, 2250]));
        }
    }

    #[test]
    fn a_code_that_proves_nothing_is_read_back_until_the_horizon_and_not_made_again() {
        let world = world([refused("Brand.New")]).with_read_backs(std::iter::repeat_n(Ok(None), 7));

        assert_eq!(status_of(world.run()), (ErrorKind::Rejected, Outcome::Unknown, 1));
        assert_eq!(world.did(), (1, 7, vec![250, 500, 1000, 2000, 4000, 2250]));
    }

    #[test]
    fn a_record_that_is_anybodys_is_read_back_until_the_horizon() {
        let mut found = world([refused("ParameterAlreadyExist")]).with_read_backs([Ok(None), Ok(Some("theirs"))]);
        found.reconcile = ENSURE;
        assert_eq!(found.run(), Ok("somebody's"));
        assert_eq!(found.did(), (1, 2, vec![250]));

        let mut unlisted = world([refused("ParameterAlreadyExist")]).with_read_backs(std::iter::repeat_n(Ok(None), 7));
        unlisted.reconcile = ENSURE;
        let error = unlisted.run().unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Refused));
        assert!(error.advice().contains("doesn't show it"), "{}", error.advice());
    }

    #[test]
    fn a_lost_delete_is_made_again_until_there_is_nothing_left_to_delete() {
        let mut done = world([lost(), lost(), refused("ParameterNotExist")]);
        done.reconcile = DELETE;
        assert_eq!(done.run(), Ok("gone"));
        assert_eq!(done.did(), (3, 0, vec![25, 50]));

        let mut first = world([refused("ParameterNotExist")]);
        first.reconcile = DELETE;
        assert_eq!(status_of(first.run()), (ErrorKind::NotFound, Outcome::Refused, 1));

        let mut lost_for_good = world([lost(), lost(), lost()]).with_read_backs(
            [Ok(Some("too early")), Ok(None)].into_iter().chain((0..5).map(|_| Ok(Some("gone by the list")))),
        );
        lost_for_good.reconcile = DELETE;
        assert_eq!(lost_for_good.run(), Ok("gone by the list"));
        assert_eq!(lost_for_good.did(), (3, 7, vec![25, 50, 250, 500, 1000, 2000, 4000, 2250]));
    }

    #[test]
    fn what_is_answered_without_a_code_is_made_again_whatever_its_status() {
        let codeless = || {
            let error = Error::new(ErrorKind::Response, "HTTP status 409").in_reply(409, "");
            Err(error.with_outcome(Outcome::Unknown))
        };
        let made = world([codeless(), Ok("made")]).with_read_backs([Ok(None)]);
        assert_eq!(made.run(), Ok("made"));

        let mut read = world([codeless()]);
        read.reconcile = Reconcile::Idempotent;
        assert_eq!(status_of(read.run()), (ErrorKind::Response, Outcome::NotSent, 1));
    }

    #[test]
    fn a_read_back_with_the_same_answer_of_nobody_s_ends_the_call() {
        let portal = |status| Error::new(ErrorKind::Response, "a portal").in_reply(status, "").with_retryable(true);
        let of_both = Err(portal(200).with_outcome(Outcome::Unknown));
        let world = world([of_both]).with_read_backs([Err(portal(200))]);

        let error = world.run().unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Response, Outcome::Unknown));
        assert!(error.advice().contains("A proxy or a portal answered instead of the service:"), "{}", error.advice());
        assert_eq!(world.did(), (1, 1, vec![]));
    }

    #[test]
    fn a_read_back_that_fails_for_now_is_made_again_and_then_the_attempt() {
        let for_now = || Err(Error::new(ErrorKind::Io, "down").with_retryable(true));
        let world = world([lost(), Ok("made")]).with_read_backs([for_now(), for_now(), Ok(None)]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (2, 3, vec![250, 500, 25]));
    }

    #[test]
    fn a_read_that_is_lost_has_written_nothing() {
        let mut world = world([lost(), lost(), lost()]);
        world.reconcile = Reconcile::Idempotent;

        assert_eq!(status_of(world.run()), (ErrorKind::Io, Outcome::NotSent, 3));
    }

    #[test]
    fn a_lost_write_that_nobody_can_read_back_ends_the_call() {
        for lost in [lost(), refused("InternalException"), refused("SystemBusy"), refused("Brand.New")] {
            let mut world = world([refused("LockFailed"), not_sent(), lost]);
            world.reconcile = Reconcile::Unknown;

            let error = world.run().unwrap_err();

            assert_eq!((error.outcome(), error.advice()), (Outcome::Unknown, READ_BACK));
            assert_eq!(world.did(), (3, 0, vec![500, 25]));
            let told = world.notes.lock().unwrap().last().cloned().unwrap();
            assert!(told.starts_with("no further attempt, because it may have been carried out; "), "{told}");
        }
    }

    #[test]
    fn a_write_that_nobody_can_read_back_is_made_again_where_nothing_has_changed() {
        for (failure, waited) in
            [(not_sent(), 25), (refused("UserOperationStatusIsLocked"), 500), (refused("Throttling.User"), 500)]
        {
            let mut world = world([failure, Ok("made")]);
            world.reconcile = Reconcile::Unknown;

            assert_eq!(world.run(), Ok("made"));
            assert_eq!(world.did(), (2, 0, vec![waited]));
        }
    }

    #[test]
    fn a_failure_of_the_service_is_read_back_each_time() {
        let fails = || refused("InternalOperationError");
        let world = world([fails(), fails(), fails()]).with_read_backs(std::iter::repeat_n(Ok(None), 9));

        assert_eq!(status_of(world.run()), (ErrorKind::Server, Outcome::Unknown, 3));
        assert_eq!(world.did(), (3, 9, vec![500, 1000, 250, 500, 1000, 2000, 4000, 2250]));
    }

    #[test]
    fn a_read_back_that_fails_leaves_the_outcome_unknown_and_says_why() {
        let world = world([lost()]).with_read_backs([Err(Error::of_code("NoPermission"))]);

        let error = world.run().unwrap_err();

        assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Io, Outcome::Unknown, 1));
        assert!(error.message().contains("reading back failed: NoPermission"), "{error}");
        assert!(error.advice().contains("esa:ListRoutineRelatedRecords"), "{}", error.advice());
    }

    #[test]
    fn a_cancelled_attempt_or_read_back_ends_the_call() {
        let cancelled = |outcome| Error::new(ErrorKind::Cancelled, "cancelled").with_outcome(outcome);
        let during_attempt = world([Err(cancelled(Outcome::Unknown))]);
        assert_eq!(status_of(during_attempt.run()), (ErrorKind::Cancelled, Outcome::Unknown, 1));
        assert_eq!(during_attempt.did(), (1, 0, vec![]));

        let during_read_back = world([lost()]).with_read_backs([Err(cancelled(Outcome::NotSent))]);
        assert_eq!(status_of(during_read_back.run()), (ErrorKind::Cancelled, Outcome::Unknown, 1));
    }

    #[test]
    fn a_wait_that_is_cancelled_has_the_outcome_of_the_attempt_before() {
        for (attempt, outcome) in
            [(not_sent(), Outcome::NotSent), (refused("LockFailed"), Outcome::Refused), (lost(), Outcome::Unknown)]
        {
            let mut world = world([attempt]).with_read_backs([Ok(None)]);
            world.cancelled_in_pause = true;

            assert_eq!(status_of(world.run()), (ErrorKind::Cancelled, outcome, 1));
        }
    }

    #[test]
    fn a_hint_is_waited_for() {
        let throttled = Error::of_code("Throttling.User").with_retry_after(Some(Duration::from_secs(2)));
        let world = world([Err(throttled), Ok("made")]);

        assert_eq!(world.run(), Ok("made"));
        assert_eq!(world.did(), (2, 0, vec![2100]));
    }

    #[test]
    fn a_hint_beyond_the_deadline_is_handed_on_at_once() {
        let throttled = Error::of_code("Throttling.User").with_retry_after(Some(Duration::from_secs(31)));
        let world = world([Err(throttled)]);

        let error = world.run().unwrap_err();

        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(Duration::from_secs(31))));
        assert_eq!(world.did(), (1, 0, vec![]));
    }

    #[test]
    fn what_can_be_put_right_is_tried_again_at_once_and_once_only() {
        let expired = || refused("InvalidTimeStamp.Expired");

        let mut recovered = world([expired(), Ok("made")]);
        recovered.can_recover = true;
        assert_eq!(recovered.run(), Ok("made"));
        assert_eq!(recovered.did(), (2, 0, vec![]));

        let mut twice = world([expired(), expired()]);
        twice.can_recover = true;
        assert_eq!(status_of(twice.run()), (ErrorKind::Auth, Outcome::Refused, 2));

        let beyond_help = world([expired()]);
        assert_eq!(status_of(beyond_help.run()), (ErrorKind::Auth, Outcome::Refused, 1));
    }

    #[test]
    fn an_empty_budget_makes_the_first_failure_final_but_not_for_busy() {
        let budget = Budget::new();
        while budget.pay(&Error::new(ErrorKind::Connect, "")) {}

        let down = world([not_sent()]);
        assert_eq!(status_of(down.run_with(&budget)), (ErrorKind::Connect, Outcome::NotSent, 1));

        let busy = world([refused("LockFailed"), Ok("made")]);
        assert_eq!(busy.run_with(&budget), Ok("made"));
    }

    #[test]
    fn exactly_enough_time_for_a_quarter_of_the_base_is_enough() {
        let quarter = LAST_REQUEST + Backoff::after(&Error::new(ErrorKind::Connect, "")).base / 4;

        for (left, attempts) in [(quarter, 2), (quarter - Duration::from_nanos(1), 1)] {
            let world = world([not_sent(), Ok("made")]);
            world.left.set(left);
            let _ = world.run();
            assert_eq!(world.made.get(), attempts, "{left:?}");
        }
    }
}
