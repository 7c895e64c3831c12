//! Judges whether outcomes are true, by everything that happened.

use std::cell::RefCell;
use std::time::Duration;

use super::calls::Played;
use super::service::{Life, ROUTINE, SITE};
use super::state::{Listed, Sent, State};
use super::world::HORIZON;
use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::ActionReply;
use crate::record::{Deletion, Origin, Record};

/// What a call was asked for, and the state of the world when it began.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    kind: &'static str,
    record_name: String,
    start: Duration,
    /// When the call's own work began, if that is later.
    own_start: Duration,
    sent: usize,
    listed: usize,
    is_cancellable: bool,
    time: Duration,
}

impl Asked {
    pub(super) fn begin(
        state: &RefCell<State>,
        kind: &'static str,
        record_name: &str,
        is_cancellable: bool,
        seconds: u64,
    ) -> Asked {
        let state = &mut *state.borrow_mut();
        state.log(|| format!("{kind} {record_name}, within {seconds} s"));
        Asked {
            kind,
            record_name: record_name.to_owned(),
            start: state.now,
            own_start: state.now,
            sent: state.sent.len(),
            listed: state.listed.len(),
            is_cancellable,
            time: Duration::from_secs(seconds),
        }
    }
}

impl Asked {
    /// Sets the start to that of another call.
    pub(super) fn since(&mut self, other: &Asked) {
        (self.start, self.sent, self.listed) = (other.start, other.sent, other.listed);
    }
}

/// What a call reported.
#[derive(Debug)]
enum Said {
    /// The record exists, with this id.
    Is(Option<i64>),
    /// No record of the name exists, or none with this id.
    IsNot(Option<i64>),
    Failed(Box<Error>),
    /// The service's answer, which the call doesn't judge.
    Answered,
}

/// A call, how it ended, and what it had done by then.
struct Ended {
    asked: Asked,
    said: Said,
    end: Duration,
    sent: usize,
    listed: usize,
    failed_reads: u32,
}

#[derive(Default)]
pub(super) struct Judge {
    calls: Vec<Ended>,
    outcomes: Vec<String>,
}

impl Judge {
    pub(super) fn made(&mut self, state: &RefCell<State>, asked: Asked, result: Result<Record, Error>) {
        let kind = match &result {
            Ok(Record { origin: Origin::Created, .. }) => "CREATED".to_owned(),
            Ok(Record { origin: Origin::Recovered, .. }) => "RECOVERED".to_owned(),
            Ok(Record { origin: Origin::Existing, .. }) => "EXISTING".to_owned(),
            Err(error) => format!("{:?}", error.outcome()),
        };
        let said = result.map_or_else(|error| Said::Failed(Box::new(error)), |record| Said::Is(record.record_id));
        self.end(state, asked, kind, said);
    }

    pub(super) fn deleted(
        &mut self,
        state: &RefCell<State>,
        asked: Asked,
        id: Option<i64>,
        result: Result<Deletion, Error>,
    ) {
        let kind = match &result {
            Ok(Deletion { deleted, .. }) => format!("deleted: {deleted}"),
            Err(error) => format!("{:?}", error.outcome()),
        };
        let said = result.map_or_else(|error| Said::Failed(Box::new(error)), |_| Said::IsNot(id));
        self.end(state, asked, kind, said);
    }

    /// Judges an action that was called by its name. Only an id proves that it did something.
    pub(super) fn called(&mut self, state: &RefCell<State>, asked: Asked, result: Result<ActionReply, Error>) {
        let kind = match &result {
            Ok(_) => "answered".to_owned(),
            Err(error) => format!("{:?}", error.outcome()),
        };
        let said = match result {
            Err(error) => Said::Failed(Box::new(error)),
            Ok(reply) => {
                let reply: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
                reply["RecordId"].as_i64().map_or(Said::Answered, |id| Said::Is(Some(id)))
            }
        };
        self.end(state, asked, kind, said);
    }

    fn end(&mut self, state: &RefCell<State>, asked: Asked, kind: String, said: Said) {
        let state = &mut *state.borrow_mut();
        state.log(|| format!("{} {}: {said:?}", asked.kind, asked.record_name));
        self.outcomes.push(format!("{}: {kind}", asked.kind));
        self.calls.push(Ended {
            said,
            end: state.now,
            sent: state.sent.len(),
            listed: state.listed.len(),
            failed_reads: state.failed_reads,
            asked,
        });
    }

    /// Compares what each call reported with what happened.
    pub(super) fn judge(self, state: State) -> Played {
        let violations = self.calls.iter().filter_map(|call| {
            Some(format!("{} {}: {}", call.asked.kind, call.asked.record_name, violation(call, &state)?))
        });
        Played { violations: violations.collect(), outcomes: self.outcomes, trace: state.trace }
    }
}

fn violation(call: &Ended, state: &State) -> Option<String> {
    let Ended { asked, said, end, .. } = call;
    // If the list lags, it shows records that others have deleted, and misses those that others have created.
    let of_name =
        || state.service.lives.iter().filter(|life| life.record_name == asked.record_name && life.site_id == SITE);
    if asked.kind == "call" && state.sent[asked.sent..call.sent].iter().rev().skip(1).any(|sent| !sent.disproved) {
        return Some("it was made again, though it may have been carried out".to_owned());
    }
    match said {
        Said::Answered => None,
        Said::Is(id) => {
            let sent = &state.sent[asked.sent..call.sent];
            let was_early = sent.iter().any(|sent| sent.record_name == asked.record_name && sent.at < asked.own_start);
            let start = match asked.kind {
                // A bulk reads its list again when it is 30 s old.
                "bulk" if !was_early => asked.own_start.saturating_sub(BULK_LIST + state.service.lag),
                _ => asked.start.saturating_sub(state.service.lag),
            };
            // The client knows which records it has deleted itself, even if the list lags.
            let own_deletion = |life: &Life| {
                let of_it = |sent: &&Sent| sent.is_deletion && sent.carried_out.is_some_and(|(_, id)| id == life.id);
                state.sent[..asked.sent].iter().any(|sent| of_it(&sent))
            };
            let is_it = |id: &Option<i64>| {
                of_name().filter(|life| life.routine == ROUTINE && id.is_none_or(|id| life.id == id)).any(|life| {
                    let start = if own_deletion(life) { asked.start } else { start };
                    life.meets(start, *end)
                })
            };
            (!is_it(id)).then(|| format!("the record {id:?} wasn't there from {start:?} to {end:?}"))
        }
        Said::IsNot(id) => {
            // An id can't be gone before it was assigned, even if the list lags.
            let lag = if id.is_some() { Duration::ZERO } else { state.service.lag };
            let start = asked.start.saturating_sub(lag);
            let is_it = |life: &&Life| life.routine == ROUTINE && id.is_none_or(|id| life.id == id);
            let lives: Vec<_> = of_name().filter(is_it).collect();
            let is_always = always(&lives.iter().map(|life| (life.from, life.until)).collect::<Vec<_>>(), start, *end);
            is_always.then(|| format!("a record was there all the time from {start:?} to {end:?}"))
        }
        Said::Failed(error) => failure(call, error, state),
    }
}

const BULK_LIST: Duration = Duration::from_secs(30);

/// Whether the lives leave no gap between these times.
fn always(lives: &[(Duration, Option<Duration>)], start: Duration, end: Duration) -> bool {
    let mut at = start;
    loop {
        let until = lives.iter().filter(|life| life.0 <= at).map(|life| life.1.unwrap_or(Duration::MAX)).max();
        match until {
            Some(until) if until > end => return true,
            Some(until) if until > at => at = until,
            _ => return false,
        }
    }
}

fn failure(call: &Ended, error: &Error, state: &State) -> Option<String> {
    let Ended { asked, end, .. } = call;
    let sent: Vec<_> =
        state.sent[asked.sent..call.sent].iter().filter(|sent| sent.record_name == asked.record_name).collect();
    let carried_out = sent.iter().find_map(|sent| sent.carried_out);
    let say = |what: &str| Some(format!("{:?}, {what}: {error:?}", error.outcome()));
    if *end > asked.own_start + asked.time + Duration::from_millis(1) && asked.kind != "bulk" {
        return say("after its deadline");
    }
    match error.outcome() {
        Outcome::NotSent if !sent.is_empty() => say("though a write left"),
        Outcome::NotSent => None,
        Outcome::Refused if carried_out.is_some() => say("though a write was carried out"),
        Outcome::Refused => None,
        Outcome::Unknown if sent.is_empty() => say("though no write left"),
        Outcome::Unknown if sent.iter().all(|sent| sent.disproved) => say("though each write was refused"),
        // The call ran while the one before it was asked for. Nobody knows when that ended.
        Outcome::Unknown if sent.iter().any(|sent| sent.at < asked.own_start) => None,
        Outcome::Unknown => {
            let listed = &state.listed[asked.listed..call.listed];
            let written = sent.iter().map(|sent| sent.at).max();
            let is_shown = |listed: &Listed| {
                let is_it = |(name, id): &(String, i64)| *name == asked.record_name && !listed.deleted.contains(id);
                Some(listed.at) > written && listed.shown.iter().any(is_it)
            };
            let creates = !asked.kind.starts_with("delete");
            if creates && call.failed_reads == 0 && listed.iter().any(is_shown) {
                return say("though a read showed the record");
            }
            let last = listed.last()?;
            let time_left = (asked.own_start + asked.time).saturating_sub(*end);
            let horizon_left = HORIZON.saturating_sub(*end - asked.own_start);
            // The outcome is known then. Only who deleted the record isn't known.
            let is_gone = sent.iter().any(|sent| sent.gone);
            let is_unused = call.failed_reads == 0
                && !is_gone
                && !asked.is_cancellable
                && error.kind() != ErrorKind::Cancelled
                && last.at <= *end
                && horizon_left > Duration::ZERO
                && time_left > Duration::from_millis(500);
            if is_unused { say("though the horizon wasn't used") } else { None }
        }
    }
}
