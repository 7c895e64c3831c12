//! Many threads in several processes make random calls for a few names, while the service fails at random. Each call's
//! result is compared with what the emulator knows.
//!
//! A seed determines the calls of each thread and the order of the faults. Which call meets which fault depends on the
//! machine.

mod call;
mod check;
mod history;
mod names;
mod observer;
mod random;
mod report;
mod worker;

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::emulator::Emulator;
use crate::load::admin;
use call::{Call, Time};
use check::Check;
use history::History;
use random::Random;

/// The size of a run.
#[derive(Deserialize, Serialize)]
struct Size {
    processes: usize,
    /// Per process.
    threads: usize,
    /// Per thread. A bulk or a list counts as one.
    calls: usize,
    names: usize,
}

const SMALL: Size = Size { processes: 4, threads: 4, calls: 5, names: 24 };

/// How the service behaves.
struct World {
    name: &'static str,
    seed: &'static str,
    lags: bool,
}

const STRICT: World = World { name: "strict", seed: include_str!("strict.json"), lags: false };
const LAGGING: World = World { name: "lagging", seed: include_str!("lagging.json"), lags: true };

#[test]
fn outcomes_are_true_in_a_strict_world() {
    run(&STRICT, &SMALL);
}

#[test]
fn outcomes_are_true_in_a_lagging_world() {
    run(&LAGGING, &SMALL);
}

#[test]
#[ignore = "takes minutes: make load"]
fn outcomes_are_true_in_a_large_strict_world() {
    run(&STRICT, &large());
}

#[test]
#[ignore = "takes minutes: make load"]
fn outcomes_are_true_in_a_large_lagging_world() {
    run(&LAGGING, &large());
}

/// `LOAD_CALLS` says how many calls each thread makes.
fn large() -> Size {
    let calls = env::var("LOAD_CALLS").map_or(40, |calls| calls.parse().expect("LOAD_CALLS is a number"));
    Size { processes: 4, threads: 16, calls, names: 40 }
}

/// Returns the seed of the calls and the faults: `LOAD_SEED`, a number or `random`.
fn seed() -> u64 {
    match env::var("LOAD_SEED").as_deref() {
        Ok("random") => call::now() % 1_000_000_000,
        Ok(seed) if !seed.is_empty() => seed.parse().expect("LOAD_SEED is a number, or random"),
        _ => 20250102,
    }
}

fn run(world: &World, size: &Size) {
    let seed = seed();
    let title = format!("the {} world, LOAD_SEED={seed}", world.name);
    println!(
        "{title}: {} processes with {} threads each, {} calls a thread, {} names",
        size.processes, size.threads, size.calls, size.names
    );
    let emulator = Emulator::start(&[]);
    let mut planted: Value = serde_json::from_str(world.seed).unwrap();
    planted["random_seed"] = seed.into();
    emulator.post("seed", &planted.to_string());

    let started = Instant::now();
    let (calls, observed) = thread::scope(|scope| {
        let (end, done) = mpsc::channel();
        let delays = world.lags.then(|| Random::new(seed));
        let emulator = &emulator;
        let observer = scope.spawn(move || observer::watch(emulator, &done, delays));
        let processes = (0..size.processes).map(|number| worker::start(number, emulator.url(), seed, size));
        let readers: Vec<_> = processes.map(|process| scope.spawn(|| calls(process))).collect();
        let calls: Vec<_> = readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect();
        drop(end);
        (calls, observer.join().unwrap())
    });
    let took = started.elapsed();

    let history = History::read(&observed.changes, &observed.requests);
    let lag = if world.lags { observer::LAG.end * 1_000_000 } else { 0 };
    let check = Check::new(&history, &calls, lag);
    let falsehoods: Vec<_> = calls.iter().filter_map(|call| Some((check.judge(call)?, call))).collect();
    report::print(&calls, &falsehoods, &history, &observed, took);

    let (applied, rules) = applied_rules(&emulator);
    // A rare one may be missing in a run.
    assert!(calls.len() < 1000 || 10 * applied > 9 * rules, "{title}: {applied} of {rules} fault rules were met");
    assert!(calls.len() >= size.processes * size.threads * size.calls, "{title}: a process ended before its work");
    let (doubled, stored, alive) = (history.doubled(), stored(&emulator), alive(&history));
    println!("{} doubled, {} lost", doubled.len(), alive.difference(&stored).count());
    assert_eq!(doubled, [], "{title}: doubled records");
    assert_eq!(stored, alive, "{title}: the records that are there at the end");
    if let Some((kind, call)) = falsehoods.first() {
        let sample = report::describe(call, &history);
        panic!("{title}: {} outcomes are false, the first: {}: {sample}", falsehoods.len(), kind.text());
    }
}

/// The reports of a process, until it ends.
fn calls(mut process: Child) -> Vec<Call> {
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.filter_map(|line| line.strip_prefix(worker::MARK).map(|call| serde_json::from_str(call).unwrap()));
    let calls = told.collect();
    assert!(process.wait().unwrap().success());
    calls
}

/// Returns how many fault rules were met by a call, and how many there are.
fn applied_rules(emulator: &Emulator) -> (usize, usize) {
    let faults = admin(emulator, "faults")["faults"].take();
    let rules = faults.as_array().unwrap();
    (rules.iter().filter(|rule| rule["applied"] != 0).count(), rules.len())
}

/// The ids of the records in the emulator's state.
fn stored(emulator: &Emulator) -> BTreeSet<i64> {
    let state = admin(emulator, "state");
    let records = state["accounts"][0]["routines"][0]["related_records"].as_array().unwrap();
    records.iter().map(|record| record["record_id"].as_i64().unwrap()).collect()
}

/// The ids of the records that were created and never deleted.
fn alive(history: &History) -> BTreeSet<i64> {
    history.lives.iter().filter(|life| life.deleted == Time::MAX).map(|life| life.record_id).collect()
}
