//! When each call of a multi must be polled at the latest.

use std::collections::VecDeque;
use std::time::Instant;

use super::Number;

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// At most one time for each call, the earliest first. Most new times are the latest.
    times: VecDeque<(Instant, Number)>,
    /// The time that the descriptor's timer is set to.
    armed: Option<Instant>,
}

impl Timers {
    /// Schedules a poll of the call by `until`, unless its `timer` is earlier. An early poll does no harm, and to keep
    /// the earlier time costs less.
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

    /// Returns the calls whose time has come.
    pub(super) fn take_due(&mut self) -> Vec<Number> {
        let Some(&(first, _)) = self.times.front() else { return Vec::new() };
        let now = Instant::now();
        if now < first {
            return Vec::new();
        }
        let due = self.times.partition_point(|&(time, _)| time <= now);
        self.times.drain(..due).map(|(_, number)| number).collect()
    }

    /// Notes that the descriptor's timer has fired.
    pub(super) fn has_gone_off(&mut self) {
        self.armed = None;
    }

    /// Returns the time to set the descriptor's timer to, unless it is set to it already.
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
