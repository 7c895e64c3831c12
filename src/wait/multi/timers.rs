//! When the calls of a multi want to be polled at the latest.

use std::collections::BTreeSet;
use std::time::Instant;

use super::Number;

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// One for each call at the most.
    times: BTreeSet<(Instant, Number)>,
    /// What the multi's descriptor was told.
    armed: Option<Instant>,
}

impl Timers {
    /// Has the call polled by `until`, where its `timer` isn't earlier. One that comes too early does no harm, and to leave it
    /// is cheaper.
    pub(super) fn set(&mut self, number: Number, timer: &mut Option<Instant>, until: Instant) {
        if timer.is_none_or(|earlier| until < earlier) {
            self.remove(number, timer);
            self.times.insert((until, number));
            *timer = Some(until);
        }
    }

    pub(super) fn remove(&mut self, number: Number, timer: &mut Option<Instant>) {
        if let Some(timer) = timer.take() {
            self.times.remove(&(timer, number));
        }
    }

    /// The calls whose time has come.
    pub(super) fn take_due(&mut self) -> Vec<Number> {
        let Some(&(first, _)) = self.times.first() else { return Vec::new() };
        let now = Instant::now();
        if now < first {
            return Vec::new();
        }
        let later = self.times.split_off(&(now, Number::MAX));
        std::mem::replace(&mut self.times, later).into_iter().map(|(_, number)| number).collect()
    }

    /// The descriptor's timer has told that its time has come.
    pub(super) fn has_gone_off(&mut self) {
        self.armed = None;
    }

    /// What the descriptor is to be told, unless it was told already.
    pub(super) fn next_to_arm(&mut self) -> Option<Instant> {
        let &(first, _) = self.times.first()?;
        let is_news = self.armed.is_none_or(|armed| first < armed);
        is_news.then(|| *self.armed.insert(first))
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}
