//! A semaphore whose permits are given in the order in which they were asked for, and end: how many writes of a client may
//! be under way at once, and who asks for credentials.
//!
//! The service refuses a routine call of an account while another one runs. Calls of one client wait for each other here
//! instead, without a request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::{Deadline, Limits, Queue, WaitError};
use crate::per_process::generation;

/// What a holder may take longer than it said, before its permit goes to another.
const GRACE: Duration = Duration::from_millis(100);

/// How soon a call has to take up the permit that it gets in the queue, else it goes to the next.
const TAKE_UP: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Semaphore {
    /// `usize::MAX`: no limit.
    most: usize,
    state: Mutex<State>,
    /// Of the process that it belongs to.
    generation: u64,
}

#[derive(Debug, Default)]
struct State {
    holders: Vec<Holder>,
    /// Who waits, by the number that its permit will have. They are given in this order.
    queue: Queue<Waker>,
}

/// Who holds a permit, and until when at the latest. Whoever drives the call may have stopped to.
#[derive(Debug)]
struct Holder {
    number: u64,
    until: Option<Instant>,
}

/// The right to go on; it goes to the next in the queue when this is dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    /// `None`: there is no limit.
    semaphore: Option<&'a Semaphore>,
    number: u64,
}

impl Semaphore {
    pub(crate) fn new(most: usize) -> Semaphore {
        Semaphore { most, state: Mutex::default(), generation: generation() }
    }

    /// A permit for as long as `hold`, where one is free.
    pub(crate) fn try_acquire(&self, hold: Duration) -> Option<Permit<'_>> {
        if self.most == usize::MAX {
            return Some(Permit { semaphore: None, number: 0 });
        }
        let mut state = self.lock();
        state.take_back();
        let is_free = state.holders.len() < self.most && state.queue.is_empty();
        is_free.then(|| {
            let number = state.queue.next_number();
            state.give(number, hold.saturating_add(GRACE));
            Permit { semaphore: Some(self), number }
        })
    }

    /// Waits for a permit for as long as `hold`, within `limits`.
    pub(crate) async fn acquire(&self, limits: &Limits<'_>, hold: Duration) -> Result<Permit<'_>, WaitError> {
        if let Some(permit) = self.try_acquire(hold) {
            return Ok(permit);
        }
        let waker = limits.waker().map_err(WaitError::Failed)?;
        // To drop it is to leave the queue.
        let mut permit = Permit { semaphore: Some(self), number: 0 };
        loop {
            let next_end = {
                let mut state = self.lock();
                // Late, too, where nobody has taken it back.
                if state.hold(permit.number, hold) {
                    return Ok(permit);
                }
                state.pass_on(self.most);
                if state.hold(permit.number, hold) {
                    return Ok(permit);
                }
                // Whoever came too late to take up its permit waits once more.
                if !state.queue.contains(permit.number) {
                    permit.number = state.queue.push(waker.clone());
                    continue;
                }
                state.next_end()
            };
            limits.woken(next_end).await?;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn give(&mut self, number: u64, hold: Duration) {
        self.holders.push(Holder { number, until: Instant::now().checked_add(hold) });
    }

    /// Has the holder of the permit `number` hold it for as long as `hold` from now on; false: it has none.
    fn hold(&mut self, number: u64, hold: Duration) -> bool {
        let Some(holder) = self.holders.iter_mut().find(|holder| holder.number == number) else { return false };
        holder.until = Instant::now().checked_add(hold.saturating_add(GRACE));
        true
    }

    /// Takes back the permits that have ended.
    fn take_back(&mut self) {
        if !self.holders.is_empty() {
            let now = Instant::now();
            self.holders.retain(|holder| holder.until.is_none_or(|until| now < until));
        }
    }

    /// Gives what is free to the first in the queue.
    fn pass_on(&mut self, most: usize) {
        self.take_back();
        let holding = self.holders.len();
        while self.holders.len() < most {
            let Some((number, waker)) = self.queue.pop_first() else { return };
            self.give(number, TAKE_UP);
            waker.wake();
        }
        // Whoever is next looks at it that the permits are taken up.
        if let Some(next) = self.queue.first().filter(|_| holding < most) {
            next.wake_by_ref();
        }
    }

    /// When the next permit ends, unless its holder returns it before.
    fn next_end(&self) -> Deadline {
        Deadline::at(self.holders.iter().filter_map(|holder| holder.until).min())
    }
}

impl Permit<'_> {
    /// Holds it for as long as `hold` from now on; false: it has gone to another one.
    pub(crate) fn extend(&self, hold: Duration) -> bool {
        self.semaphore.is_none_or(|semaphore| semaphore.lock().hold(self.number, hold))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let Some(semaphore) = self.semaphore else { return };
        // In a child, another thread of the parent's may have had the lock when that was forked.
        if semaphore.generation != generation() {
            return;
        }
        let mut state = semaphore.lock();
        match state.holders.iter().position(|holder| holder.number == self.number) {
            Some(position) => drop(state.holders.swap_remove(position)),
            None => drop(state.queue.remove(self.number)),
        }
        state.pass_on(semaphore.most);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::wait::{Cancel, Task, drive};

    const HOLD: Duration = Duration::from_secs(60);

    fn acquire_for(hold: Duration, semaphore: &Semaphore, milliseconds: u64) -> Result<Permit<'_>, WaitError> {
        let task = Task::default();
        let limits = task.limits(Deadline::after(Duration::from_millis(milliseconds)));
        drive(&task, semaphore.acquire(&limits, hold))
    }

    fn acquire(semaphore: &Semaphore, milliseconds: u64) -> Result<Permit<'_>, WaitError> {
        acquire_for(HOLD, semaphore, milliseconds)
    }

    fn holding_and_waiting(semaphore: &Semaphore) -> (usize, usize) {
        let state = semaphore.lock();
        (state.holders.len(), state.queue.len())
    }

    #[test]
    fn only_so_many_hold_one_and_the_others_come_in_their_order() {
        let semaphore = Semaphore::new(1);
        let (entered, order) = mpsc::channel();
        let first = acquire(&semaphore, 60_000).unwrap();

        thread::scope(|scope| {
            for number in 0..3 {
                let (semaphore, entered) = (&semaphore, entered.clone());
                scope.spawn(move || {
                    let _permit = acquire(semaphore, 60_000).unwrap();
                    entered.send(number).unwrap();
                });
                while holding_and_waiting(semaphore).1 <= number {
                    thread::yield_now();
                }
            }
            assert!(order.try_recv().is_err());
            drop(first);
        });

        assert_eq!(order.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(holding_and_waiting(&semaphore), (0, 0));
    }

    #[test]
    fn waiting_ends_at_the_deadline_and_by_cancelling_and_leaves_no_trace() {
        let semaphore = Semaphore::new(1);
        let cancel = Cancel::new().unwrap();
        cancel.trigger();
        let first = acquire(&semaphore, 60_000).unwrap();

        assert!(matches!(acquire(&semaphore, 20), Err(WaitError::TimedOut)));
        let task = Task::new(Some(cancel), None);
        let limits = task.limits(Deadline::NEVER);
        assert!(matches!(drive(&task, semaphore.acquire(&limits, HOLD)), Err(WaitError::Cancelled)));

        assert_eq!(holding_and_waiting(&semaphore), (1, 0));
        drop(first);
        assert!(acquire(&semaphore, 0).is_ok());
    }

    #[test]
    fn a_permit_that_is_held_too_long_goes_to_the_next() {
        let semaphore = Semaphore::new(1);
        let first = acquire_for(Duration::from_millis(20), &semaphore, 60_000).unwrap();

        let second = acquire(&semaphore, 60_000).unwrap();
        drop(first);

        assert_eq!(holding_and_waiting(&semaphore), (1, 0));
        assert!(semaphore.try_acquire(HOLD).is_none());
        drop(second);
        assert!(semaphore.try_acquire(HOLD).is_some());
    }

    #[test]
    fn a_permit_can_be_held_longer() {
        let semaphore = Semaphore::new(1);
        let first = acquire_for(Duration::ZERO, &semaphore, 60_000).unwrap();
        first.extend(HOLD);

        assert!(matches!(acquire(&semaphore, 300), Err(WaitError::TimedOut)));
    }

    #[test]
    fn a_permit_that_nobody_takes_up_goes_to_the_next() {
        let semaphore = Semaphore::new(1);
        let first = acquire(&semaphore, 60_000).unwrap();
        // One whose driver has stopped.
        let stopped = semaphore.lock().queue.push(Waker::noop().clone());
        drop(first);
        assert!(semaphore.lock().hold(stopped, TAKE_UP));

        let _second = acquire(&semaphore, 60_000).unwrap();

        assert!(!semaphore.lock().hold(stopped, TAKE_UP));
    }

    #[test]
    fn who_waits_while_nobody_takes_a_permit_up_gets_it_as_well() {
        let semaphore = Semaphore::new(1);
        let first = acquire(&semaphore, 60_000).unwrap();
        // One whose driver has stopped, and that comes first.
        semaphore.lock().queue.push(Waker::noop().clone());

        thread::scope(|scope| {
            let second = scope.spawn(|| acquire(&semaphore, 20_000).is_ok());
            while holding_and_waiting(&semaphore).1 < 2 {
                thread::yield_now();
            }
            drop(first);
            assert!(second.join().unwrap());
        });
    }

    #[test]
    fn there_is_no_limit_where_none_is_wanted() {
        let semaphore = Semaphore::new(usize::MAX);

        let permits: Vec<_> = (0..100).map(|_| (semaphore.try_acquire(HOLD), acquire(&semaphore, 0))).collect();

        assert!(permits.iter().all(|(at_once, later)| at_once.is_some() && later.is_ok()));
    }
}
