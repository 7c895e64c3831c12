//! The write gate: how many writes of a client may be under way at once.
//!
//! The service refuses a routine call of an account while another one runs. Calls of one client wait for each other here
//! instead, in the order in which they came, without a request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::wake::Wake;
use super::{Limits, Stop};
use crate::wait::wait_until_readable;

#[derive(Debug)]
pub(crate) struct Gate {
    /// 0: no limit.
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    /// The turns of the calls that wait.
    queue: VecDeque<Arc<Wake>>,
}

/// A place inside the gate; the next in the queue gets it when this is dropped. `None`: there is no limit.
#[derive(Debug)]
pub(crate) struct Place<'a>(Option<&'a Gate>);

impl Gate {
    pub(crate) fn new(most: usize) -> Gate {
        Gate { most, state: Mutex::default() }
    }

    /// A place, where one is free.
    pub(crate) fn enter_at_once(&self) -> Option<Place<'_>> {
        if self.most == 0 {
            return Some(Place(None));
        }
        let mut state = self.lock();
        state.has_room(self.most).then(|| state.enter(self))
    }

    /// Waits for a place, within `limits`.
    pub(crate) fn enter(&self, limits: &Limits) -> Result<Place<'_>, Stop> {
        let turn = {
            let mut state = self.lock();
            if self.most == 0 || state.has_room(self.most) {
                return Ok(state.enter(self));
            }
            let turn = Arc::new(Wake::new().map_err(Stop::Failed)?);
            state.queue.push_back(Arc::clone(&turn));
            turn
        };
        match wait_until_readable(&*turn, limits) {
            Ok(()) => Ok(Place(Some(self))),
            Err(stop) => {
                self.give_up(&turn);
                Err(stop)
            }
        }
    }

    /// Leaves the queue; where the turn came at the same moment, it goes to the next.
    fn give_up(&self, turn: &Arc<Wake>) {
        let mut state = self.lock();
        match state.queue.iter().position(|other| Arc::ptr_eq(other, turn)) {
            Some(position) => drop(state.queue.remove(position)),
            None => state.leave(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self, most: usize) -> bool {
        self.inside < most && self.queue.is_empty()
    }

    fn enter<'a>(&mut self, gate: &'a Gate) -> Place<'a> {
        self.inside += 1;
        Place(Some(gate))
    }

    /// Hands a place to the first in the queue, or makes it free.
    fn leave(&mut self) {
        match self.queue.pop_front() {
            Some(next) => next.wake(),
            None => self.inside -= 1,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(gate) = self.0 {
            gate.lock().leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::wait::{Cancel, Deadline};

    fn limits(milliseconds: u64) -> Limits {
        Limits { deadline: Deadline::after(Duration::from_millis(milliseconds)), cancel: None, interrupt: None }
    }

    fn inside_and_waiting(gate: &Gate) -> (usize, usize) {
        let state = gate.lock();
        (state.inside, state.queue.len())
    }

    #[test]
    fn only_so_many_are_inside_and_the_others_come_in_their_order() {
        let gate = Gate::new(1);
        let (entered, order) = mpsc::channel();
        let first = gate.enter(&limits(60_000)).unwrap();

        thread::scope(|scope| {
            for number in 0..3 {
                let (gate, entered) = (&gate, entered.clone());
                scope.spawn(move || {
                    let _place = gate.enter(&limits(60_000)).unwrap();
                    entered.send(number).unwrap();
                });
                while inside_and_waiting(gate).1 <= number {
                    thread::yield_now();
                }
            }
            assert!(order.try_recv().is_err());
            drop(first);
        });

        assert_eq!(order.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(inside_and_waiting(&gate), (0, 0));
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_by_cancelling_and_leaves_no_trace() {
        let gate = Gate::new(1);
        let cancel = Cancel::new().unwrap();
        cancel.trigger();
        let first = gate.enter(&limits(60_000)).unwrap();

        assert!(matches!(gate.enter(&limits(20)), Err(Stop::TimedOut)));
        assert!(matches!(gate.enter(&Limits { cancel: Some(cancel), ..limits(60_000) }), Err(Stop::Cancelled)));

        assert_eq!(inside_and_waiting(&gate), (1, 0));
        drop(first);
        assert!(gate.enter(&limits(0)).is_ok());
    }

    #[test]
    fn a_turn_that_comes_too_late_goes_to_the_next() {
        let gate = Gate::new(1);
        let first = gate.enter(&limits(60_000)).unwrap();
        let late = Arc::new(Wake::new().unwrap());
        gate.lock().queue.push_back(Arc::clone(&late));

        drop(first);
        gate.give_up(&late);

        assert_eq!(inside_and_waiting(&gate), (0, 0));
    }

    #[test]
    fn there_is_no_limit_where_none_is_wanted() {
        let gate = Gate::new(0);

        let places: Vec<_> = (0..100).map(|_| (gate.enter_at_once(), gate.enter(&limits(0)))).collect();

        assert!(places.iter().all(|(at_once, later)| at_once.is_some() && later.is_ok()));
    }
}
