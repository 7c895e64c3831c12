//! Writes that are answered first and carried out later.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::operation::Operation;
use crate::request::Parameters;

#[derive(Debug)]
pub(crate) struct LateCommit {
    /// By the emulator's clock.
    pub(crate) due: Timestamp,
    /// The request's number in the log.
    pub(crate) request: u64,
    pub(crate) origin: String,
    pub(crate) account: String,
    pub(crate) operation: &'static Operation,
    pub(crate) parameters: Parameters,
}

/// In the order of their times. At equal times, the earlier request comes first.
#[derive(Debug, Default)]
pub(crate) struct LateCommits(VecDeque<LateCommit>);

impl LateCommits {
    pub(crate) fn add(&mut self, commit: LateCommit) {
        let position = self.0.partition_point(|other| other.due <= commit.due);
        self.0.insert(position, commit);
    }

    /// Removes the first one, if it is due.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<LateCommit> {
        if self.0.front()?.due <= now { self.0.pop_front() } else { None }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
