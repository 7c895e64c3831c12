//! The log of requests that tests read.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Map, Value};

/// Older entries go: a long benchmark must not eat the memory.
const CAPACITY: usize = 50_000;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Entry {
    /// Counts from 1 in order of arrival.
    pub(crate) number: u64,
    pub(crate) connection: u64,
    pub(crate) time: String,
    pub(crate) method: String,
    pub(crate) action: Option<String>,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) signature_version: Option<&'static str>,
    pub(crate) nonce: Option<String>,
    /// The service's own judgement, whatever a rule has answered: an error's code, or `OK` where nothing was refused.
    /// Null while it isn't judged.
    pub(crate) verdict: Option<String>,
    /// Whether the operation took effect.
    pub(crate) executed: bool,
    /// Whether a fault rule applied.
    pub(crate) fault: bool,
    /// What was answered; null where no HTTP reply was.
    pub(crate) status: Option<u16>,
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<Entry>,
    last_number: u64,
}

impl RequestLog {
    /// Starts an entry and returns its number.
    pub(crate) fn begin(&mut self, connection: u64, time: String, method: String) -> u64 {
        self.last_number += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { number: self.last_number, connection, time, method, ..Entry::default() });
        self.last_number
    }

    /// Changes an entry, if it is still there.
    pub(crate) fn update(&mut self, number: u64, change: impl FnOnce(&mut Entry)) {
        let first = self.entries.front().map_or(0, |entry| entry.number);
        let position = number.checked_sub(first).and_then(|position| usize::try_from(position).ok());
        if let Some(entry) = position.and_then(|position| self.entries.get_mut(position)) {
            change(entry);
        }
    }

    /// Forgets the entries; the numbers go on, so that a request under way can't write into another's entry.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }
}
