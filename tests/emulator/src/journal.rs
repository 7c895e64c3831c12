//! The journal of records: when each one was created and deleted, and by which request.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::state::{RelatedRecord, Routine};

/// The most changes. Older ones are dropped, so that a long benchmark doesn't exhaust the memory.
const CAPACITY: usize = 100_000;

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Created,
    Deleted,
}

/// What a request did to a record.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    /// By the emulator's clock.
    pub(crate) time: Timestamp,
    /// The request's number in the log.
    pub(crate) request: u64,
    pub(crate) account: String,
    pub(crate) routine: String,
    pub(crate) record: RelatedRecord,
    /// The record's position among those of its routine.
    pub(crate) position: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    changes: VecDeque<Change>,
    /// How many changes were dropped. The first one's number is greater by one.
    gone: u64,
}

impl Journal {
    pub(crate) fn add(&mut self, change: Change) {
        if self.changes.len() == CAPACITY {
            self.changes.pop_front();
            self.gone += 1;
        }
        self.changes.push_back(change);
    }

    /// Drops all changes. The numbers go on.
    pub(crate) fn clear(&mut self) {
        self.gone += self.changes.len() as u64;
        self.changes.clear();
    }

    /// Returns the records of a routine at that time, in their order.
    pub(crate) fn records_at<'a>(
        &'a self,
        time: Timestamp,
        account: &str,
        routine: &'a Routine,
    ) -> Vec<&'a RelatedRecord> {
        let mut records: Vec<_> = routine.related_records.iter().collect();
        let later = self.changes.iter().rev().take_while(|change| change.time > time);
        for change in later.filter(|change| change.account == account && change.routine == routine.name) {
            match change.kind {
                Kind::Created => records.retain(|record| record.record_id != change.record.record_id),
                Kind::Deleted => records.insert(change.position.min(records.len()), &change.record),
            }
        }
        records
    }

    /// The changes after that number, oldest first.
    pub(crate) fn to_json(&self, after: u64) -> Value {
        let known = usize::try_from(after.saturating_sub(self.gone)).unwrap_or(usize::MAX);
        let shown = (self.gone + 1..).zip(&self.changes).skip(known).map(|(number, change)| {
            json!({
                "number": number,
                "time": change.time,
                "change": change.kind,
                "request": change.request,
                "account": change.account,
                "routine": change.routine,
                "site_id": change.record.site_id,
                "record_name": change.record.record_name,
                "record_id": change.record.record_id,
            })
        });
        json!({"changes": shown.collect::<Vec<_>>()})
    }
}
