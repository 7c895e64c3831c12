//! The log of requests that tests read.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::identifier::request_id;
use crate::request_details::Details;
use crate::service_error::{Effect, ServiceError};

/// The most entries. Older ones are dropped, so that a long benchmark doesn't exhaust the memory.
const CAPACITY: usize = 50_000;
/// How many of the last entries have details.
const DETAILED: u64 = 500;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Entry {
    /// Counts from 1, in the order of arrival.
    pub(crate) number: u64,
    pub(crate) connection: u64,
    pub(crate) time: String,
    pub(crate) method: String,
    pub(crate) action: Option<String>,
    /// If ESA has no action of that name, the one that was probably meant.
    pub(crate) nearest_action: Option<&'static str>,
    pub(crate) parameters: Map<String, Value>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) signature_version: Option<&'static str>,
    pub(crate) nonce: Option<String>,
    /// The service's own verdict, even if a rule has answered: an error's code, or `OK`. Null until it is judged. A
    /// write that commits late is judged late.
    pub(crate) verdict: Option<String>,
    /// Whether the operation took effect.
    pub(crate) executed: bool,
    /// Whether a fault rule applied.
    pub(crate) fault: bool,
    /// Whether a canned reply was the answer. The operation wasn't carried out then.
    pub(crate) canned: bool,
    /// The HTTP status of the answer. Null if there was no HTTP reply.
    pub(crate) status: Option<u16>,
    /// The error's code in the answer. A fault rule or a canned reply can make it differ from the verdict.
    pub(crate) code: Option<String>,
    /// The time from the request's head to its answer, or to the end of the connection. Null until then. By the
    /// machine's clock, not the emulator's.
    pub(crate) duration_ms: Option<f64>,
    /// The log's mark at the last change of this entry.
    #[serde(skip)]
    changed: u64,
    #[serde(skip)]
    details: Option<Details>,
}

impl Entry {
    /// Records the result of the request.
    pub(crate) fn judge<T>(&mut self, result: &Result<T, ServiceError>) {
        (self.verdict, self.executed) = match result {
            Ok(_) => (Some("OK".to_owned()), true),
            Err(problem) if problem.effect == Effect::Pending => return,
            Err(problem) => (Some(problem.code.clone()), problem.effect == Effect::Taken),
        };
    }
}

#[derive(Debug)]
pub(crate) struct RequestLog {
    /// Differs after each start, reset or clearing of the log.
    id: String,
    entries: VecDeque<Entry>,
    last_number: u64,
    /// Counts the changes.
    mark: u64,
}

impl RequestLog {
    pub(crate) fn new() -> Self {
        Self { id: request_id(), entries: VecDeque::new(), last_number: 0, mark: 0 }
    }

    /// Starts an entry and returns its number.
    pub(crate) fn begin(&mut self, connection: u64, time: String, method: String) -> u64 {
        self.last_number += 1;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.mark += 1;
        let (number, changed) = (self.last_number, self.mark);
        self.entries.push_back(Entry { number, connection, time, method, changed, ..Entry::default() });
        if let Some(old) = number.checked_sub(DETAILED).and_then(|old| self.find(old)) {
            old.details = None;
        }
        number
    }

    /// Changes an entry, if it is still there.
    pub(crate) fn update(&mut self, number: u64, change: impl FnOnce(&mut Entry)) {
        let mark = self.mark + 1;
        if let Some(entry) = self.find(number) {
            change(entry);
            entry.changed = mark;
            self.mark = mark;
        }
    }

    pub(crate) fn set_details(&mut self, number: u64, details: Details) {
        if self.last_number.saturating_sub(number) < DETAILED {
            self.update(number, |entry| entry.details = Some(details));
        }
    }

    /// Adds to the details of an entry, if they are still there.
    pub(crate) fn update_details(&mut self, number: u64, change: impl FnOnce(&mut Details)) {
        self.update(number, |entry| {
            entry.details.as_mut().map(change);
        });
    }

    fn find(&mut self, number: u64) -> Option<&mut Entry> {
        let position = number.checked_sub(self.entries.front()?.number)?;
        self.entries.get_mut(usize::try_from(position).ok()?)
    }

    /// Drops all entries. The numbers go on, so that a running request can't write into another one's entry.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.id = request_id();
    }

    /// The newest `limit` of the entries that began or changed after the mark, in order of arrival.
    pub(crate) fn to_json(&self, after: u64, limit: usize) -> Value {
        let mut entries: Vec<_> = self.entries.iter().rev().filter(|entry| entry.changed > after).take(limit).collect();
        entries.reverse();
        json!({"requests": entries, "log": self.id, "mark": self.mark})
    }

    /// Returns an entry with its details. They are null if they were dropped.
    pub(crate) fn entry_json(&self, number: u64) -> Option<Value> {
        let entry = self.entries.iter().rev().find(|entry| entry.number == number)?;
        let mut shown = json!(entry);
        shown["details"] = json!(entry.details);
        Some(shown)
    }
}
