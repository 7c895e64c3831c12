//! Many threads on one client: rows 103 to 105.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use esa::{
    CallOptions, Cancel, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, ErrorKind, Origin,
    Outcome, Record,
};

use super::not_sent::refusing;
use super::row::given;
use super::service::{Service, State};
use crate::emulator::Emulator;

/// Writes lock the account, and a fifth of them is refused at random.
const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rust/faults/locked.json");

fn config(emulator: &Emulator) -> Config {
    let mut config = Config::new();
    config.endpoint(emulator.url()).credentials(Credentials::new("crowd-id", "crowd-secret").unwrap());
    config.timeout(Duration::from_secs(25));
    config
}

fn request(record_name: &str) -> CreateRoutineRelatedRecordRequest<'_> {
    CreateRoutineRelatedRecordRequest::new(1, "r", record_name)
}

fn create(client: &Client, ensures: bool, record_name: &str) -> Result<Record, Error> {
    let request = request(record_name);
    match ensures {
        true => client.ensure_routine_related_record(&request, &CallOptions::new()),
        false => client.create_routine_related_record(&request, &CallOptions::new()),
    }
}

/// Returns the results of calls on this number of threads at once.
fn at_once<T: Send>(threads: u32, call: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let call = &call;
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || call(number))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// How many creates the emulator carried out.
fn carried_out(emulator: &Emulator) -> usize {
    let requests = emulator.requests();
    let creates = requests.iter().filter(|request| request["action"] == "CreateRoutineRelatedRecord");
    creates.filter(|request| request["executed"] == true).count()
}

#[test]
fn row_103_many_names_at_once() {
    for most_writes in [1, 4] {
        let emulator = Emulator::start(&["--seed", SEED]);
        let client = Client::new(config(&emulator).max_concurrent_writes(most_writes)).unwrap();

        let results = at_once(32, |number| create(&client, false, &format!("r{number}.example.com")));

        let mut ids: Vec<_> = results.iter().map(|result| result.as_ref().unwrap().record_id.unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), carried_out(&emulator)), (32, 32));
    }
}

#[test]
fn one_client_is_not_refused_for_its_own_writes_even_where_answers_are_lost() {
    let emulator = Emulator::start(&["--seed", SEED]);
    emulator.delete("faults");
    let lost = r#""times": 0, "probability": 0.2, "when": "after", "wire": {"kind": "drop"}"#;
    emulator.post("faults", &format!(r#"{{"action": "CreateRoutineRelatedRecord", {lost}}}"#));
    let client = Client::new(&config(&emulator)).unwrap();

    let results = at_once(8, |thread| {
        let names = (0..8).map(|number| format!("t{thread}-r{number}.example.com"));
        names.map(|name| create(&client, false, &name).unwrap().origin).collect::<Vec<_>>()
    });

    let recovered = results.iter().flatten().filter(|origin| **origin == Origin::Recovered).count();
    assert!((1..64).contains(&recovered), "{recovered}");
    // Each create was sent once, and none was refused.
    let creates = emulator.requests().into_iter().filter(|entry| entry["action"] == "CreateRoutineRelatedRecord");
    assert_eq!((creates.count(), carried_out(&emulator)), (64, 64));
}

#[test]
fn others_write_while_a_call_reads_back() {
    let emulator = Emulator::start(&["--seed", SEED]);
    emulator.delete("faults");
    for fault in [
        r#"{"action": "CreateRoutineRelatedRecord", "when": "after", "wire": {"kind": "drop"}}"#,
        r#"{"action": "ListRoutineRelatedRecords", "wire": {"kind": "hang"}}"#,
    ] {
        emulator.post("faults", fault);
    }
    let client = Client::new(&config(&emulator)).unwrap();
    let cancel = Cancel::new().unwrap();

    thread::scope(|scope| {
        let options = CallOptions::new().cancel(&cancel).clone();
        let client = &client;
        let lost = scope.spawn(move || client.create_routine_related_record(&request("lost.example.com"), &options));
        while !emulator.requests().iter().any(|entry| entry["action"] == "ListRoutineRelatedRecords") {
            thread::yield_now();
        }

        create(client, false, "other.example.com").unwrap();

        cancel.trigger();
        let error = lost.join().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Unknown));
    });
}

#[test]
fn row_104_one_name_at_once() {
    let emulator = Emulator::start(&["--seed", SEED]);
    let client = Client::new(&config(&emulator)).unwrap();

    let results = at_once(16, |_| create(&client, false, "same.example.com"));

    let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!((failed.len(), carried_out(&emulator)), (15, 1));
    assert!(failed.iter().all(|error| (error.kind(), error.outcome()) == (ErrorKind::Conflict, Outcome::Refused)));
}

#[test]
fn row_104_one_name_ensured_at_once() {
    let emulator = Emulator::start(&["--seed", SEED]);
    let client = Client::new(&config(&emulator)).unwrap();

    let results = at_once(16, |_| create(&client, true, "same.example.com").unwrap());

    let created = results.iter().filter(|record| record.origin == Origin::Created).count();
    assert_eq!((created, carried_out(&emulator)), (1, 1));
    assert!(results.iter().all(|record| record.record_id == results[0].record_id));
}

#[test]
fn row_114_a_clock_that_is_off_fails_nobody() {
    const THREADS: u32 = 64;
    let mut row = given();
    row.state.clock_ahead = 7200;
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address)).max_concurrent_writes(usize::MAX);
    let client = Client::new(&row.config).unwrap();

    let results = at_once(THREADS, |number| {
        let name = format!("r{number}.example.com");
        client.create_routine_related_record(&request(&name), &CallOptions::new())
    });

    assert!(results.iter().all(|result| result.as_ref().is_ok_and(|record| record.attempts <= 2)), "{results:?}");
    let creates = service.seen().0;
    assert!((THREADS + 1..=2 * THREADS).contains(&creates), "{creates} requests");
}

#[test]
fn row_105_a_server_that_is_down_is_not_stormed_and_is_used_when_it_is_back() {
    const CALLS: u32 = 1000;
    let (socket, address) = refusing();
    let mut row = given();
    row.config.endpoint(&format!("http://{address}")).max_concurrent_writes(usize::MAX);
    let client = Client::new(&row.config).unwrap();
    let attempts = AtomicU32::new(0);

    at_once(8, |_| {
        for _ in 0..CALLS / 8 {
            let error = row.call(&client).unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
            attempts.fetch_add(error.attempts(), Ordering::SeqCst);
        }
    });

    // A full budget has 500 tokens, and a retry costs 14.
    let retries = attempts.into_inner() - CALLS;
    assert!((1..=35).contains(&retries), "{retries}");

    socket.listen(16).unwrap();
    let service = Service::accept(TcpListener::from(socket), None, State::default());
    assert_eq!(row.call(&client).unwrap().attempts, 1);
    assert_eq!(service.seen(), (1, 0));
}
