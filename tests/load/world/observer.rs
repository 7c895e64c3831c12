//! Reads the emulator's log and journal while a world runs, before entries are dropped. Also changes how much the
//! service lags.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::history::is_write;
use super::random::Random;
use crate::emulator::Emulator;
use crate::load::admin;

const EVERY: Duration = Duration::from_millis(250);

/// The longest time that the last late write may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest lag of the list, in milliseconds.
pub(crate) const LAG: std::ops::Range<u64> = 500..3000;
const LATE_COMMIT: std::ops::Range<u64> = 200..2000;

#[derive(Default)]
pub(crate) struct Observed {
    /// The journal, oldest first.
    pub(crate) changes: Vec<Value>,
    /// The log, by the entries' numbers.
    pub(crate) requests: BTreeMap<u64, Value>,
    mark: u64,
}

/// Watches until `done` closes, and then until each write is judged. With `delays`, the lag of the service changes.
pub(crate) fn watch(emulator: &Emulator, done: &Receiver<()>, mut delays: Option<Random>) -> Observed {
    let mut observed = Observed::default();
    while let Err(RecvTimeoutError::Timeout) = done.recv_timeout(EVERY) {
        if let Some(random) = &mut delays {
            let lag = random.within(LAG);
            // At times, every write is late.
            let late = if random.within(0..10) == 0 { random.within(LATE_COMMIT) } else { 0 };
            delay(emulator, lag, late);
        }
        observed.read(emulator);
    }
    delay(emulator, 0, 0);
    let end = Instant::now() + PATIENCE;
    loop {
        // A request that a client has given up may still arrive.
        thread::sleep(EVERY);
        observed.read(emulator);
        if observed.requests.values().all(|request| !is_write(request) || request["verdict"].is_string()) {
            return observed;
        }
        assert!(Instant::now() < end, "a write isn't carried out");
    }
}

fn delay(emulator: &Emulator, lag_ms: u64, late_ms: u64) {
    let seconds = |milliseconds: u64| milliseconds as f64 / 1000.0;
    let wanted = json!({"list_lag_seconds": seconds(lag_ms), "late_commit_seconds": seconds(late_ms)});
    emulator.post("delays", &wanted.to_string());
}

impl Observed {
    fn read(&mut self, emulator: &Emulator) {
        let log = admin(emulator, &format!("requests?after={}", self.mark));
        self.mark = log["mark"].as_u64().unwrap();
        for request in log["requests"].as_array().unwrap() {
            self.requests.insert(request["number"].as_u64().unwrap(), request.clone());
        }
        // Read after the log, which says who made a change. What comes between the two is read again.
        let known = self.changes.len();
        let journal = admin(emulator, &format!("journal?after={known}"));
        let changes = journal["changes"].as_array().unwrap();
        self.changes.extend(changes.iter().cloned());
        let last = self.changes.last().map_or(0, |change| change["number"].as_u64().unwrap());
        assert_eq!(last, self.changes.len() as u64, "the journal has lost changes");
    }
}
