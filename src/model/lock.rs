//! A simulated lock that the client shares with others. They hold it at times, and at times it fails.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::call::{Lock, TryLock};
use crate::random::Random;

/// The lock's simulation.
pub(super) struct Engine(Mutex<State>);

struct State {
    random: Random,
    /// The last answer.
    answer: TryLock,
    is_held: bool,
    violations: Vec<String>,
}

impl Engine {
    pub(super) fn new(random: Random) -> Engine {
        let answer = TryLock::Failed(String::new());
        Engine(Mutex::new(State { random, answer, is_held: false, violations: Vec::new() }))
    }

    /// Records that the client sends a write.
    pub(super) fn is_written_under(&self) {
        let mut state = self.state();
        if !state.is_held && state.answer != TryLock::Without {
            let violation = format!("a write was sent without the lock, after {:?}", state.answer);
            state.violations.push(violation);
        }
    }

    /// Returns the violations. No call may be running.
    pub(super) fn violations(&self) -> Vec<String> {
        let mut state = self.state();
        if state.is_held {
            state.violations.push("the lock was not let go".to_owned());
        }
        state.violations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Lock for Engine {
    fn try_acquire(&self, _: Duration) -> TryLock {
        let mut state = self.state();
        if state.is_held {
            state.violations.push("the lock was acquired twice".to_owned());
        }
        state.answer = match state.random.below(100) {
            0..60 => TryLock::Acquired,
            60..90 => TryLock::NotYet { retry_after: state.random.milliseconds(0, 500) },
            90..97 => TryLock::Without,
            _ => TryLock::Failed("no such table".to_owned()),
        };
        state.is_held = state.answer == TryLock::Acquired;
        state.answer.clone()
    }

    fn release(&self) {
        let mut state = self.state();
        if !state.is_held {
            state.violations.push("the lock was let go twice".to_owned());
        }
        state.is_held = false;
    }
}
