//! What really happened, from the emulator's journal and log: when each record existed, and what each call's writes
//! did.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::call::{Time, nanoseconds};
use super::names;

/// A write that reached the server.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) call: u32,
    /// The record to delete.
    pub(crate) deletes: Option<i64>,
    pub(crate) verdict: String,
}

/// A record's life.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) name: usize,
    pub(crate) record_id: i64,
    pub(crate) created: Time,
    /// `Time::MAX` if it still exists.
    pub(crate) deleted: Time,
    pub(crate) created_by: u32,
}

#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) writes: Vec<Write>,
    /// In the order of their beginnings.
    pub(crate) lives: Vec<Life>,
    /// A description of each call's writes.
    pub(crate) effects: HashMap<u32, Vec<String>>,
}

impl History {
    /// Builds it from the journal's changes and the log's entries, by their numbers.
    pub(crate) fn read(changes: &[Value], requests: &BTreeMap<u64, Value>) -> History {
        let mut history = History::default();
        for request in requests.values().filter(|request| is_write(request)) {
            history.writes.push(Write {
                call: call_of(request),
                deletes: request["parameters"]["RecordId"].as_str().map(|id| id.parse().unwrap()),
                verdict: request["verdict"].as_str().expect("a verdict on each write").to_owned(),
            });
        }
        for change in changes {
            let call = call_of(&requests[&change["request"].as_u64().unwrap()]);
            let (record_id, kind) = (change["record_id"].as_i64().unwrap(), change["change"].as_str().unwrap());
            let time = humantime::parse_rfc3339(change["time"].as_str().unwrap()).unwrap();
            let name = names::read(change["record_name"].as_str().unwrap()).expect("a name of these tests").0;
            match kind {
                "created" => history.create(name, record_id, nanoseconds(time), call),
                _ => history.delete(record_id, nanoseconds(time), call),
            }
        }
        history
    }

    pub(crate) fn create(&mut self, name: usize, record_id: i64, time: Time, call: u32) {
        self.lives.push(Life { name, record_id, created: time, deleted: Time::MAX, created_by: call });
        self.effects.entry(call).or_default().push(format!("created {record_id}"));
    }

    pub(crate) fn delete(&mut self, record_id: i64, time: Time, call: u32) {
        let life = self.lives.iter_mut().rev().find(|life| life.record_id == record_id);
        life.expect("only what was created is deleted").deleted = time;
        self.effects.entry(call).or_default().push(format!("deleted {record_id}"));
    }

    pub(crate) fn writes_of(&self, call: u32) -> impl Iterator<Item = &Write> {
        self.writes.iter().filter(move |write| write.call == call)
    }

    /// Returns pairs of records of one name that existed at the same time.
    pub(crate) fn doubled(&self) -> Vec<(i64, i64)> {
        let mut last: HashMap<usize, &Life> = HashMap::new();
        let mut doubled = Vec::new();
        for life in &self.lives {
            if let Some(before) = last.insert(life.name, life).filter(|before| before.deleted > life.created) {
                doubled.push((before.record_id, life.record_id));
            }
        }
        doubled
    }
}

pub(crate) fn is_write(request: &Value) -> bool {
    matches!(request["action"].as_str(), Some("CreateRoutineRelatedRecord" | "DeleteRoutineRelatedRecord"))
}

/// Returns the call that sent a write. The record's name has its number.
fn call_of(request: &Value) -> u32 {
    let name = request["parameters"]["RecordName"].as_str().unwrap_or_default();
    names::read(name).unwrap_or_else(|| panic!("a write that no call has sent: {request}")).1
}
