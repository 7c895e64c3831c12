//! When the calls of a multi want to be polled at the latest.

use std::collections::VecDeque;
use std::time::Instant;

use super::Number;

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// One for each call at the most, the earliest first. Most are set last and go off last.
    times: VecDeque<(Instant, Number)>,
    /// What the multi's descriptor was told.
    armed: Option<Instant>,
}

impl Timers {
    /// Has the call polled by `until`, where its `timer` isn't earlier. One that comes too early does no harm, and to leave it
    /// is cheaper.
    pub(super) fn set(&mut self, number: Number, timer: &mut Option<Instant>, until: Instant) {
        if timer.is_none_or(|earlier| until < earlier) {
            self.remove(number, timer);
            let time = (until, number);
            self.times.insert(self.times.partition_point(|&other| other < time), time);
            *timer = Some(until);
        }
    }

    pub(super) fn remove(&mut self, number: Number, timer: &mut Option<Instant>) {
        if let Some(place) = timer.take().and_then(|timer| self.times.binary_search(&(timer, number)).ok()) {
            self.times.remove(place);
        }
    }

    /// The calls whose time has come.
    pub(super) fn take_due(&mut self) -> Vec<Number> {
        let Some(&(first, _)) = self.times.front() else { return Vec::new() };
        let now = Instant::now();
        if now < first {
            return Vec::new();
        }
        let due = self.times.partition_point(|&(time, _)| time <= now);
        self.times.drain(..due).map(|(_, number)| number).collect()
    }

    /// The descriptor's timer has told that its time has come.
    pub(super) fn has_gone_off(&mut self) {
        self.armed = None;
    }

    /// What the descriptor is to be told, unless it was told already.
    pub(super) fn next_to_arm(&mut self) -> Option<Instant> {
        let &(first, _) = self.times.front()?;
        let is_news = self.armed.is_none_or(|armed| first < armed);
        is_news.then(|| *self.armed.insert(first))
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}
