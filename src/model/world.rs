//! The world of a call: exchanges with the service, faults, and simulated time.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::faults::{Fault, codeless, garbled, proves, refusal};
use super::lock::Engine;
use super::service::{SITE, Write};
use super::state::{Event, Listed, Sent, State};
use crate::call::{Deleted, LockKind, WriteLock};
use crate::call::{Failure, Outgoing, Recovery, World};
use crate::error::{Error, ErrorKind, Outcome};
use crate::http::Reply;
use crate::log::{Log, Scope};
use crate::operation::Receipt;
use crate::random::Random;
use crate::signature::Signature;
use crate::stats::Counters;
use crate::wait::WaitError;

/// The time limit of one attempt.
const ATTEMPT: Duration = Duration::from_secs(3);

/// One call's view of a world.
pub(super) struct Within<'a> {
    pub(super) state: &'a RefCell<State>,
    pub(super) memory: &'a Memory,
    pub(super) deadline: Duration,
    /// When somebody cancels the call.
    pub(super) cancelled: Option<Duration>,
}

/// The client's state between calls.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) deleted: Deleted,
    /// Whether its clock has been corrected.
    clock_is_right: Cell<bool>,
    pub(super) faults: Cell<u64>,
    counters: Counters,
    log: Log,
    /// The lock that the client shares with others, in some worlds.
    pub(super) lock: Option<(Arc<Engine>, WriteLock)>,
}

impl Memory {
    /// Lets the client share a lock.
    pub(super) fn share_lock(&mut self, random: Random) {
        let engine = Arc::new(Engine::new(random));
        let lock = WriteLock::new(&LockKind::Shared(Arc::clone(&engine) as _), Duration::from_secs(2));
        self.lock = Some((engine, lock));
    }
}

impl Within<'_> {
    /// Advances the time until then, or until the call has to end.
    fn wait(&self, until: Duration) -> Result<(), WaitError> {
        let end = self.cancelled.map_or(self.deadline, |cancelled| cancelled.min(self.deadline));
        let mut state = self.state.borrow_mut();
        state.advance(until.min(end));
        match until <= end {
            true => Ok(()),
            false if self.cancelled == Some(end) => Err(WaitError::Cancelled),
            false => Err(WaitError::TimedOut),
        }
    }

    /// Waits as an attempt does.
    fn wait_in_attempt(&self, until: Duration, started: Duration, outcome: Outcome) -> Result<(), Error> {
        let end = started + ATTEMPT;
        let stopped = match self.wait(until.min(end)) {
            Ok(()) if until <= end => return Ok(()),
            Ok(()) => WaitError::TimedOut,
            Err(stop) => stop,
        };
        Err(stopped.while_doing("waiting for the reply", ErrorKind::Io, outcome))
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.state.borrow_mut().random)
    }

    /// Returns the service's answer at this moment.
    fn answer(&self, outgoing: &Outgoing<'_>, write: Option<(usize, Write)>, fault: &Fault) -> Reply {
        let state = &mut *self.state.borrow_mut();
        let (now, is_carried_out) = (
            state.now,
            match fault {
                Fault::Lost { carried_out }
                | Fault::Refused { carried_out, .. }
                | Fault::Codeless { carried_out, .. }
                | Fault::Garbled { carried_out } => *carried_out,
                Fault::None | Fault::Slow => true,
                Fault::NotSent | Fault::Late(_) | Fault::ClockOff => false,
            },
        );
        let normal = match write {
            Some((index, write)) if is_carried_out => {
                let result = state.service.write(&write, now);
                state.sent[index].carried_out = result.ok().map(|id| (now, id));
                state.log(|| format!("the service is asked for {write:?}: {result:?}"));
                match (result, &write) {
                    (Err(code), _) => refusal(&mut state.random, code),
                    (Ok(_), Write::Create { .. }) if state.random.percent(5) => success(json!({"Status": "OK"})),
                    (Ok(id), Write::Create { .. }) => success(json!({"Status": "OK", "RecordId": id})),
                    (Ok(_), Write::Delete { .. }) => success(json!({"Status": "OK"})),
                }
            }
            Some(_) => success(json!({"Status": "OK", "RecordId": 1})),
            None if outgoing.action.name == "GetMatchSite" => {
                success(json!({"SiteId": SITE, "SiteName": "example.com"}))
            }
            None => self.list(outgoing, state),
        };
        match fault {
            Fault::Refused { code, .. } => refusal(&mut state.random, code),
            Fault::Codeless { status, .. } => codeless(&mut state.random, *status),
            Fault::Garbled { .. } => garbled(&mut state.random, creates(outgoing)),
            Fault::ClockOff => {
                let date = httpdate::fmt_http_date(now_in(2));
                let body = json!({"Code": "InvalidTimeStamp.Expired", "RequestId": "R"}).to_string();
                Reply::new(400, &[("date", &date)], body)
            }
            _ => normal,
        }
    }

    fn list(&self, outgoing: &Outgoing<'_>, state: &mut State) -> Reply {
        let number = parameter(outgoing, "PageNumber").parse().unwrap();
        let page = state.service.list(&parameter(outgoing, "Name"), number, state.now, &mut state.random);
        let is_deleted = |id: &i64| self.memory.deleted.has(*id, state.now, HORIZON);
        let deleted = page.shown.iter().map(|&(_, id)| id).filter(is_deleted).collect();
        state.log(|| format!("page {number} shows {:?}", page.shown));
        state.on_its_way = Some(Listed { at: state.now, shown: page.shown, deleted });
        success(page.body)
    }

    /// Records whether the client's answer disproves a write, and how reads go.
    fn note(&self, index: Option<usize>, code: Option<&str>, is_readable: bool) {
        let state = &mut *self.state.borrow_mut();
        match index {
            Some(index) => {
                state.sent[index].disproved = code.is_some_and(proves);
                state.sent[index].gone = code == Some("ParameterNotExist");
            }
            None if is_readable => {
                state.failed_reads = 0;
                state.listed.extend(state.on_its_way.take());
            }
            None => state.failed_reads += 1,
        }
    }
}

/// The reconcile horizon of all clients.
pub(super) const HORIZON: Duration = Duration::from_secs(10);

fn success(body: serde_json::Value) -> Reply {
    Reply::new(200, &[("x-acs-request-id", "R")], body.to_string())
}

fn parameter(outgoing: &Outgoing<'_>, name: &str) -> String {
    let all = outgoing.form.iter().chain(&outgoing.query);
    all.filter(|(found, _)| *found == name).map(|(_, value)| value.to_string()).next().unwrap_or_default()
}

/// An action that creates a record and that the library doesn't know.
pub(super) const BRAND_NEW: &str = "BindRoutineRecord";

fn creates(outgoing: &Outgoing<'_>) -> bool {
    matches!(outgoing.action.name, "CreateRoutineRelatedRecord" | BRAND_NEW)
}

/// Whether the service carries it out as a write.
fn writes(outgoing: &Outgoing<'_>) -> bool {
    creates(outgoing) || outgoing.action.name == "DeleteRoutineRelatedRecord"
}

fn write_of(outgoing: &Outgoing<'_>) -> Write {
    let record_name = parameter(outgoing, "RecordName");
    let site_id = parameter(outgoing, "SiteId").parse().unwrap();
    match creates(outgoing) {
        true => Write::Create { routine: parameter(outgoing, "Name"), record_name, site_id },
        false => {
            let id = parameter(outgoing, "RecordId").parse().unwrap();
            Write::Delete { id, routine: parameter(outgoing, "Name"), record_name, site_id }
        }
    }
}

/// Returns a date this number of hours from now, for a clock that is off.
fn now_in(hours: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(3600 * hours)
}

impl World for Within<'_> {
    async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        read: &mut dyn FnMut(&Reply) -> Result<String, Error>,
    ) -> Result<(Receipt, Signature), Failure> {
        let mut permit = self.memory.lock.as_ref().filter(|_| writes(&outgoing)).map(|(_, lock)| lock.want());
        if let Some(permit) = &mut permit {
            let acquired = permit.acquire(self, ATTEMPT, |_| true).await;
            acquired.map_err(|error| Failure { made_request: false, ..Failure::from(error) })?;
        }
        self.state.borrow_mut().on_its_way = None;
        let percent = self.memory.faults.get();
        let fault = match self.draw(|random| Fault::drawn(random, percent)) {
            Fault::ClockOff if self.memory.clock_is_right.get() => Fault::None,
            fault => fault,
        };
        let started = self.state.borrow().now;
        let (there, back) = self.draw(|random| (random.milliseconds(0, 60), random.milliseconds(0, 60)));
        if matches!(fault, Fault::NotSent) {
            self.state.borrow_mut().failed_reads += u32::from(!writes(&outgoing));
            self.wait_in_attempt(started + there, started, Outcome::NotSent)?;
            return Err(Error::new(ErrorKind::Connect, "refused").with_retryable(true).into());
        }
        if let Some((engine, _)) = self.memory.lock.as_ref().filter(|_| permit.is_some()) {
            engine.is_written_under();
        }
        let write = writes(&outgoing).then(|| {
            let (write, state) = (write_of(&outgoing), &mut *self.state.borrow_mut());
            let (record_name, is_deletion) =
                (parameter(&outgoing, "RecordName"), matches!(write, Write::Delete { .. }));
            state.sent.push(Sent {
                at: started,
                record_name,
                is_deletion,
                carried_out: None,
                disproved: false,
                gone: false,
            });
            state.log(|| format!("sends {write:?}: {fault:?}"));
            (state.sent.len() - 1, write)
        });
        let index = write.as_ref().map(|&(index, _)| index);
        if let (Fault::Late(delay), Some((index, write))) = (&fault, write.clone()) {
            self.state.borrow_mut().later(started + there + *delay, Event::Arrives(index, write));
        }
        if let Err(error) = self.wait_in_attempt(started + there, started, Outcome::Unknown) {
            // What was sent still arrives.
            if let (Some((index, write)), false) = (write, matches!(fault, Fault::Late(_))) {
                self.state.borrow_mut().later(started + there, Event::Arrives(index, write));
            }
            self.note(index, None, false);
            return Err(error.into());
        }
        let reply = self.answer(&outgoing, write, &fault);
        let back = if matches!(fault, Fault::Slow) { Duration::from_secs(60) } else { back };
        if let Err(error) = self.wait_in_attempt(started + there + back, started, Outcome::Unknown) {
            self.note(index, None, false);
            return Err(error.into());
        }
        if matches!(fault, Fault::Lost { .. } | Fault::Late(_)) {
            self.note(index, None, false);
            return Err(Error::new(ErrorKind::Io, "lost").with_outcome(Outcome::Unknown).with_retryable(true).into());
        }
        let answer = read(&reply);
        let code = answer.as_ref().err().map(Error::code).filter(|code| !code.is_empty());
        self.note(index, code, answer.is_ok() && !matches!(fault, Fault::Garbled { .. }));
        match answer {
            Ok(request_id) => {
                let receipt = Receipt { attempt: outgoing.number, http_status: reply.status(), request_id };
                Ok((receipt, Signature::V1(String::new())))
            }
            Err(error) => {
                let recovery = matches!(fault, Fault::ClockOff)
                    .then_some(Recovery::Clock { date: UNIX_EPOCH, signed_at: UNIX_EPOCH });
                Err(Failure { recovery, ..Failure::from(error) })
            }
        }
    }

    fn recover(&self, _: &Recovery, _: &Scope<'_>) -> bool {
        !self.memory.clock_is_right.replace(true)
    }

    async fn pause(&self, duration: Duration) -> Result<(), WaitError> {
        let now = self.state.borrow().now;
        self.wait(now + duration)
    }

    fn check(&self) -> Result<(), WaitError> {
        let now = self.state.borrow().now;
        match self.wait(now) {
            Ok(()) if now >= self.deadline => Err(WaitError::TimedOut),
            result => result,
        }
    }

    fn left(&self) -> Option<Duration> {
        Some(self.deadline.saturating_sub(self.state.borrow().now))
    }

    fn now(&self) -> Duration {
        self.state.borrow().now
    }

    fn random(&self) -> u64 {
        self.draw(Random::next)
    }

    fn counters(&self) -> &Counters {
        &self.memory.counters
    }

    fn log(&self) -> Scope<'_> {
        Scope::of_call(&self.memory.log, 0)
    }

    fn deleted(&self) -> &Deleted {
        &self.memory.deleted
    }
}
