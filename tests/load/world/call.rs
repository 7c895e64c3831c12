//! A worker's report of a call: when it began and ended, and its result.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Nanoseconds since 1970, by a clock that all processes of this machine share, the emulator too.
pub(crate) type Time = u64;

pub(crate) fn now() -> Time {
    nanoseconds(SystemTime::now())
}

pub(crate) fn nanoseconds(time: SystemTime) -> Time {
    Time::try_from(time.duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) enum Operation {
    Create,
    Ensure,
    /// One record of several that are ensured together.
    Bulk,
    DeleteByName,
    DeleteById(i64),
    List,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Origin {
    Created,
    Recovered,
    Existing,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Failure {
    NotSent,
    Refused,
    Unknown,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Said {
    Record {
        origin: Origin,
        record_id: Option<i64>,
    },
    /// Gone, through this call or earlier.
    Gone,
    /// The names and ids of a page.
    Listed(Vec<(String, i64)>),
    Failed(Failure, String),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Call {
    pub(crate) number: u32,
    /// The client that made it.
    pub(crate) client: usize,
    pub(crate) operation: Operation,
    /// The index of the record's name.
    pub(crate) name: usize,
    /// The earliest time at which it may have read its list: for a bulk, the start of the whole bulk, but at most 30 s
    /// before.
    pub(crate) since: Time,
    pub(crate) begin: Time,
    pub(crate) end: Time,
    pub(crate) said: Said,
}
