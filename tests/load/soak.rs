//! Uses one client without a pause while much fails. Neither memory nor descriptors may grow.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use esa::{
    CallOptions, Client, CreateRoutineRelatedRecordRequest, DeleteRoutineRelatedRecordRequest, Error, ErrorKind,
    ListRoutineRelatedRecordsRequest, Outcome,
};

use crate::emulator::Emulator;
use crate::load::admin;
use crate::process::{descriptors, resident_kib};
use crate::{ROUTINE, SITE_ID, client};

const THREADS: usize = 8;

/// How much memory and descriptors may grow after a quarter of the time. Connections come and go.
const MOST_KIB: u64 = 8 * 1024;
const MOST_DESCRIPTORS: usize = 3 * THREADS;

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    failures: AtomicU64,
}

#[test]
#[ignore = "takes ten minutes, or SOAK_SECONDS: make soak"]
fn nothing_grows() {
    let seconds = env::var("SOAK_SECONDS").map_or(600, |seconds| seconds.parse().unwrap());
    let emulator = Emulator::start(&["--seed", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/load/soak.json")]);
    let before = descriptors();
    let (client, counts) = (client(emulator.url()), Counts::default());
    let end = Instant::now() + Duration::from_secs(seconds);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (client, counts) = (&client, &counts);
            scope.spawn(move || work(client, counts, thread, end));
        }
        watch(&counts, seconds, end);
    });

    let rules = admin(&emulator, "faults")["faults"].take();
    assert!(rules.as_array().unwrap().iter().all(|rule| rule["applied"].as_u64() > Some(0)), "{rules}");
    assert!(counts.calls.load(Ordering::Relaxed) > 20 * seconds, "too little was done");
    assert!(descriptors() <= before + THREADS, "{} descriptors, {before} before", descriptors());
    drop(client);
    assert!(descriptors() <= before, "{} descriptors, {before} before", descriptors());
}

/// Measures every ten seconds, or six times. The first quarter's need is the measure for the rest.
fn watch(counts: &Counts, seconds: u64, end: Instant) {
    let every = Duration::from_secs((seconds / 6).clamp(1, 10));
    let warm = Instant::now() + Duration::from_secs(seconds / 4);
    let (mut most_kib, mut most_descriptors) = (0, 0);
    while Instant::now() + every <= end {
        thread::sleep(every);
        let (kib, open) = (resident_kib(), descriptors());
        let done = counts.calls.load(Ordering::Relaxed);
        let failed = counts.failures.load(Ordering::Relaxed);
        println!("{done} calls, {failed} failed; {kib} KiB, {open} descriptors");
        if Instant::now() < warm + every {
            (most_kib, most_descriptors) = (kib.max(most_kib), open.max(most_descriptors));
        }
        assert!(kib <= most_kib + MOST_KIB, "{kib} KiB, {most_kib} at first");
        assert!(open <= most_descriptors + MOST_DESCRIPTORS, "{open} descriptors, {most_descriptors} at first");
    }
}

fn work(client: &Client, counts: &Counts, thread: usize, end: Instant) {
    let options = CallOptions::new();
    for round in 0.. {
        if Instant::now() >= end {
            return;
        }
        let record_name = &format!("soak-{thread}-{}.example.com", round % 10);
        let create = CreateRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, record_name);
        count(counts, client.ensure_routine_related_record(&create, &options));
        let list = ListRoutineRelatedRecordsRequest::new(ROUTINE).with_search_key_word("soak");
        count(counts, client.list_routine_related_records(&list, &options));
        let delete = DeleteRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, record_name);
        count(counts, client.delete_routine_related_record(&delete, &options));
    }
}

fn count<T>(counts: &Counts, result: Result<T, Error>) {
    counts.calls.fetch_add(1, Ordering::Relaxed);
    let Err(error) = result else { return };
    counts.failures.fetch_add(1, Ordering::Relaxed);
    let expected = [ErrorKind::Io, ErrorKind::Response, ErrorKind::Server, ErrorKind::Throttled, ErrorKind::Connect];
    assert!(expected.contains(&error.kind()), "{error:?}");
    assert!(error.retryable() || error.outcome() == Outcome::Unknown, "{error:?}");
}
