//! A semaphore. Its permits are granted in the order of the requests, and expire. It limits the writes of a client that
//! run at once, and the calls that ask for credentials.
//!
//! The service refuses a routine call of an account while another one runs. With the semaphore, the calls of one client
//! wait for each other without a request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::{Deadline, Limits, Queue, WaitError};
use crate::per_process::generation;

/// How much longer than it said a holder may keep its permit, before another one gets it.
const GRACE: Duration = Duration::from_millis(100);

/// How soon a call has to take up the permit that the queue grants it. After that, the next one gets it.
const TAKE_UP: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Semaphore {
    /// `usize::MAX`: no limit.
    most: usize,
    state: Mutex<State>,
    /// The generation of the process that it belongs to.
    generation: u64,
}

#[derive(Debug, Default)]
struct State {
    holders: Vec<Holder>,
    /// The waiting calls, by the numbers that their permits will have. Permits are granted in this order.
    queue: Queue<Waker>,
}

/// A holder of a permit, and when the permit expires at the latest. The holder's driver may have stopped.
#[derive(Debug)]
struct Holder {
    number: u64,
    until: Option<Instant>,
}

/// The permit to go on. When it is dropped, the next in the queue gets it.
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

    /// Returns a permit for `hold`, if one is free.
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

    /// Waits for a permit for `hold`, within `limits`.
    pub(crate) async fn acquire(&self, limits: &Limits<'_>, hold: Duration) -> Result<Permit<'_>, WaitError> {
        if let Some(permit) = self.try_acquire(hold) {
            return Ok(permit);
        }
        let waker = limits.waker().map_err(WaitError::Failed)?;
        // Dropping it removes the call from the queue.
        let mut permit = Permit { semaphore: Some(self), number: 0 };
        loop {
            let next_end = {
                let mut state = self.lock();
                // A late call keeps its permit, unless another call has taken the permit back.
                if state.hold(permit.number, hold) {
                    return Ok(permit);
                }
                state.pass_on(self.most);
                if state.hold(permit.number, hold) {
                    return Ok(permit);
                }
                // A call that took up its permit too late waits again.
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

    /// Extends the permit `number` to `hold` from now. Returns false if there is no such permit.
    fn hold(&mut self, number: u64, hold: Duration) -> bool {
        let Some(holder) = self.holders.iter_mut().find(|holder| holder.number == number) else { return false };
        holder.until = Instant::now().checked_add(hold.saturating_add(GRACE));
        true
    }

    /// Takes back expired permits.
    fn take_back(&mut self) {
        if !self.holders.is_empty() {
            let now = Instant::now();
            self.holders.retain(|holder| holder.until.is_none_or(|until| now < until));
        }
    }

    /// Grants free permits to the first in the queue.
    fn pass_on(&mut self, most: usize) {
        self.take_back();
        let holding = self.holders.len();
        while self.holders.len() < most {
            let Some((number, waker)) = self.queue.pop_first() else { return };
            self.give(number, TAKE_UP);
            waker.wake();
        }
        // The next in the queue watches whether the permits are taken up.
        if let Some(next) = self.queue.first().filter(|_| holding < most) {
            next.wake_by_ref();
        }
    }

    /// Returns when the next permit expires.
    fn next_end(&self) -> Deadline {
        Deadline::at(self.holders.iter().filter_map(|holder| holder.until).min())
    }
}

impl Permit<'_> {
    /// Extends the permit to `hold` from now. Returns false if another call has got it.
    pub(crate) fn extend(&self, hold: Duration) -> bool {
        self.semaphore.is_none_or(|semaphore| semaphore.lock().hold(self.number, hold))
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let Some(semaphore) = self.semaphore else { return };
        // In a forked child, a thread of the parent may have held the lock at the fork.
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
        // A call whose driver has stopped.
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
        // A call whose driver has stopped, first in the queue.
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
    fn without_a_limit_nobody_waits() {
        let semaphore = Semaphore::new(usize::MAX);

        let permits: Vec<_> = (0..100).map(|_| (semaphore.try_acquire(HOLD), acquire(&semaphore, 0))).collect();

        assert!(permits.iter().all(|(at_once, later)| at_once.is_some() && later.is_ok()));
    }
}
