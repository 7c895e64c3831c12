//! Everything that changes in a world: the service, what others do there, and what has happened.

use std::time::Duration;

use super::service::{ANOTHER, Life, ROUTINE, SITE, Service, Write};
use crate::random::Random;

/// A write that the client sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Duration,
    pub(super) record_name: String,
    pub(super) is_deletion: bool,
    /// When the service carried it out, and the id of the record.
    pub(super) carried_out: Option<(Duration, i64)>,
    /// Whether the client got an answer which proves that it wasn't carried out.
    pub(super) disproved: bool,
    /// Whether the answer was that there is nothing to delete.
    pub(super) gone: bool,
}

/// A read that was answered with a list.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) at: Duration,
    pub(super) shown: Vec<(String, i64)>,
    /// The ids that the client had deleted recently.
    pub(super) deleted: Vec<i64>,
}

/// Everything that changes.
pub(super) struct State {
    pub(super) random: Random,
    pub(super) now: Duration,
    pub(super) service: Service,
    /// Events to come, in no order.
    agenda: Vec<(Duration, Event)>,
    pub(super) sent: Vec<Sent>,
    pub(super) listed: Vec<Listed>,
    /// The list that the client gets if nothing goes wrong.
    pub(super) on_its_way: Option<Listed>,
    /// How many reads have failed in a row.
    pub(super) failed_reads: u32,
    pub(super) trace: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Event {
    /// A write of the client arrives late.
    Arrives(usize, Write),
    CreateByOthers {
        routine: &'static str,
        record_name: String,
    },
    DeleteByOthers {
        record_name: String,
    },
    /// Others delete the oldest records that the client doesn't use, so that rows move from page to page.
    DeleteOldest {
        count: usize,
    },
}

impl State {
    pub(super) fn new(mut random: Random) -> State {
        let now = Duration::from_secs(100);
        let mut service = Service::new(&mut random);
        let others = random.of_all(&[0, 0, 5, 18, 25, 45]);
        service.lags_evenly |= others > 10;
        for number in 0..others {
            let _ = service.create(ROUTINE, &other_name(number), SITE, now - Duration::from_secs(50));
        }
        for target in (0..3).map(name) {
            if random.percent(60) {
                continue;
            }
            let routine = if random.percent(85) { ROUTINE } else { ANOTHER };
            let age = if random.percent(50) { Duration::from_secs(50) } else { random.milliseconds(0, 3000) };
            let _ = service.create(routine, &target, SITE, now - age);
        }
        let mut state = State {
            random,
            now,
            service,
            agenda: Vec::new(),
            sent: Vec::new(),
            listed: Vec::new(),
            on_its_way: None,
            failed_reads: 0,
            trace: Vec::new(),
        };
        state.plan_others(others);
        state
    }

    /// Plans what other clients do to this client's names and to similar names.
    fn plan_others(&mut self, others: u64) {
        let events = self.random.of_all(&[0, 2, 8, 30]);
        for _ in 0..events {
            let at = self.now - Duration::from_secs(5) + self.random.milliseconds(0, 60_000);
            let routine = if self.random.percent(80) { ROUTINE } else { ANOTHER };
            let record_name = match self.random.percent(40) {
                true => name(self.random.below(3)),
                false => other_name(self.random.below(others + 3)),
            };
            let event = match self.random.percent(50) {
                true => Event::CreateByOthers { routine, record_name },
                false => Event::DeleteByOthers { record_name },
            };
            self.agenda.push((at, event));
        }
        if others > 20 && self.random.percent(50) {
            for _ in 0..30 {
                let at = self.now + self.random.milliseconds(0, 10_000);
                let count = 1 + self.random.below(4) as usize;
                self.agenda.push((at, Event::DeleteOldest { count }));
            }
        }
    }

    pub(super) fn log(&mut self, text: impl FnOnce() -> String) {
        self.trace.push(format!("{:9.3} {}", self.now.as_secs_f64(), text()));
    }

    /// Advances the time, with all events until then.
    pub(super) fn advance(&mut self, to: Duration) {
        loop {
            let due = (0..self.agenda.len()).filter(|&i| self.agenda[i].0 <= to).min_by_key(|&i| self.agenda[i].0);
            let Some(due) = due else { break };
            let (at, event) = self.agenda.swap_remove(due);
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(to);
    }

    /// Plays all events that are left.
    pub(super) fn finish(&mut self) {
        let last = self.agenda.iter().map(|&(at, _)| at).max();
        self.advance(last.unwrap_or_default().max(self.now) + self.service.lag);
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        match &event {
            Event::Arrives(index, write) => {
                let result = self.service.write(write, now);
                self.sent[*index].carried_out = result.ok().map(|id| (now, id));
                self.log(|| format!("arrives late: {write:?}: {result:?}"));
            }
            Event::CreateByOthers { routine, record_name } => {
                let result = self.service.create(routine, record_name, SITE, now);
                self.log(|| format!("others create {record_name} of {routine}: {result:?}"));
            }
            Event::DeleteOldest { count } => {
                let is_other = |life: &&Life| life.record_name.starts_with('c') && life.until.is_none();
                let ids: Vec<_> = self.service.lives.iter().filter(is_other).take(*count).map(|life| life.id).collect();
                for id in ids {
                    let _ = self.service.delete(id, now);
                }
                self.log(|| format!("others delete the {count} oldest"));
            }
            Event::DeleteByOthers { record_name } => {
                let id = self.service.named(record_name, now).map(|life| life.id);
                let result = id.map(|id| self.service.delete(id, now));
                self.log(|| format!("others delete {record_name}: {result:?}"));
            }
        }
    }

    pub(super) fn later(&mut self, at: Duration, event: Event) {
        self.agenda.push((at, event));
    }
}

/// Returns a name that the client uses.
pub(super) fn name(number: u64) -> String {
    format!("t{number}.example.com")
}

fn other_name(number: u64) -> String {
    format!("c{number}.example.com")
}
