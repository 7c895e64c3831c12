//! Many processes create records of one account at once. Each create locks the account, and one reply in ten is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::emulator::Emulator;
use crate::worker::{self, PROCESSES, distinct_name, shared_name};

/// How long a write locks the emulator's account.
const HOLD: Duration = Duration::from_millis(5);

#[test]
fn every_record_is_made_once() {
    run(200, 20, Duration::from_secs(60));
}

#[test]
#[ignore = "takes a minute or two: make load"]
fn every_one_of_many_records_is_made_once() {
    run(2000, 200, Duration::from_secs(180));
}

fn run(distinct: usize, shared: usize, most: Duration) {
    let emulator = Emulator::start(&["--seed", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/load/load.json")]);
    let started = Instant::now();
    let workers: Vec<_> =
        (0..PROCESSES).map(|number| worker::start(number, emulator.url(), distinct, shared)).collect();
    let lines: Vec<_> = workers.into_iter().flat_map(lines).collect();
    let took = started.elapsed();
    print_figures(&emulator, distinct + shared, took);

    let failed: Vec<_> = lines.iter().filter(|line| line.contains(" Failed ")).collect();
    assert!(failed.is_empty(), "{} calls failed, the first: {}", failed.len(), failed[0]);
    assert_eq!(lines.len(), distinct + PROCESSES * shared, "a process ended before its work");
    let makers = makers(&lines);
    for name in (0..distinct).map(distinct_name).chain((0..shared).map(shared_name)) {
        assert!(makers.contains(name.as_str()), "nobody says that it made {name}");
    }
    let stored = stored(&emulator);
    assert_eq!(stored.len(), distinct + shared, "names in the emulator's state");
    assert!(stored.values().all(|&count| count == 1), "a record was doubled");
    assert!(took < most, "{took:?}");
}

/// A worker's final report.
fn lines(worker: Child) -> Vec<String> {
    let output = worker.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("load ")).map(str::to_owned).collect()
}

/// The names that a process reports as created by itself.
fn makers(lines: &[String]) -> BTreeSet<&str> {
    let made = lines.iter().filter(|line| !line.contains(" Existing "));
    made.map(|line| line.split(' ').next().unwrap()).collect()
}

/// Returns how often each name is in the emulator's state.
fn stored(emulator: &Emulator) -> BTreeMap<String, usize> {
    let state = admin(emulator, "state");
    let mut stored = BTreeMap::new();
    for record in state["accounts"][0]["routines"][0]["related_records"].as_array().unwrap() {
        *stored.entry(record["record_name"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    stored
}

fn print_figures(emulator: &Emulator, records: usize, took: Duration) {
    let log = admin(emulator, "requests");
    let requests = log["requests"].as_array().unwrap();
    let count = |matches: &dyn Fn(&Value) -> bool| requests.iter().filter(|request| matches(request)).count();
    let busy = count(&|request| request["verdict"] == "UserOperationStatusIsLocked");
    let looks = count(&|request| request["action"] == "ListRoutineRelatedRecords");
    let lost = count(&|request| request["fault"] == true);
    let ideal = HOLD * u32::try_from(records).unwrap();
    let per_record = |number: usize| number as f64 / records as f64;
    println!(
        "{records} records in {:.1} s (the lock alone takes {:.1} s), {} requests; per record: {:.2} busy refusals, \
         {:.2} looks, {:.2} lost replies",
        took.as_secs_f64(),
        ideal.as_secs_f64(),
        requests.len(),
        per_record(busy),
        per_record(looks),
        per_record(lost),
    );
}

pub(crate) fn admin(emulator: &Emulator, resource: &str) -> Value {
    let address = emulator.url().strip_prefix("http://").unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET /_emulator/{resource} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    socket.read_to_string(&mut reply).unwrap();
    serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
}
