//! Lagging lists and late writes: rows 109, 115, 116, 130, 140 and 143, against the emulator.

use std::thread;
use std::time::{Duration, Instant};

use esa::{
    CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, DeleteRoutineRelatedRecordRequest,
    Error, ErrorKind, Origin, Outcome, Record,
};

use super::row::{ROUTINE, SITE, given};
use super::step::{closes, replies};
use crate::emulator::Emulator;

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rust/faults/locked.json");
const CREATE: &str = "CreateRoutineRelatedRecord";
const LIST: &str = "ListRoutineRelatedRecords";
const DELETE: &str = "DeleteRoutineRelatedRecord";

/// How much the lists of these tests lag.
const LAG: &str = "1.2";

struct Fixture {
    emulator: Emulator,
    client: Client,
}

/// An account that is locked only during a write, and whose lists lag.
fn fixture() -> Fixture {
    let emulator = Emulator::start(&["--seed", SEED]);
    emulator.delete("faults");
    emulator.post("delays", &format!(r#"{{"list_lag_seconds": {LAG}}}"#));
    Fixture { client: client(&emulator), emulator }
}

fn client(emulator: &Emulator) -> Client {
    let mut config = Config::new();
    config.endpoint(emulator.url()).credentials(Credentials::new("crowd-id", "crowd-secret").unwrap());
    Client::new(&config).unwrap()
}

impl Fixture {
    fn fault(&self, action: &str, rest: &str) {
        self.emulator.post("faults", &format!(r#"{{"action": "{action}", {rest}}}"#));
    }

    fn create(&self, record_name: &str) -> Result<Record, Error> {
        self.client.create_routine_related_record(&request(record_name), &CallOptions::new())
    }

    fn ensure(&self, record_name: &str) -> Result<Record, Error> {
        self.client.ensure_routine_related_record(&request(record_name), &CallOptions::new())
    }

    fn delete(&self, record_name: &str, record_id: Option<i64>) -> Result<esa::Deletion, Error> {
        let mut request = DeleteRoutineRelatedRecordRequest::new(1, "r", record_name);
        request.record_id = record_id;
        self.client.delete_routine_related_record(&request, &CallOptions::new())
    }

    /// Returns how many requests of an action there were.
    fn seen(&self, action: &str) -> usize {
        self.emulator.requests().iter().filter(|request| request["action"] == action).count()
    }
}

fn request(record_name: &str) -> CreateRoutineRelatedRecordRequest<'_> {
    CreateRoutineRelatedRecordRequest::new(1, "r", record_name)
}

const LOST: &str = r#""when": "after", "wire": {"kind": "drop"}"#;

#[test]
fn row_109_a_lost_create_is_recovered_although_the_list_lags() {
    let fixture = fixture();
    fixture.fault(CREATE, LOST);

    let record = fixture.create("a.example.com").unwrap();

    assert_eq!((record.origin, record.attempts), (Origin::Recovered, 2));
    assert!(record.record_id.is_some());
    assert!(fixture.seen(LIST) > 2);
}

#[test]
fn row_109_a_create_that_is_carried_out_late_is_recovered() {
    let fixture = fixture();
    fixture.fault(CREATE, r#""late_seconds": 1.0, "wire": {"kind": "drop"}"#);
    // Answers in between are lost.
    fixture.fault(CREATE, r#""times": 2, "when": "before", "wire": {"kind": "drop"}"#);

    let record = fixture.create("a.example.com").unwrap();

    assert!(matches!(record.origin, Origin::Recovered | Origin::Created), "{record:?}");
    assert!(fixture.delete("a.example.com", record.record_id).unwrap().deleted);
}

#[test]
fn row_115_a_record_that_was_there_before_a_lost_answer_is_recovered() {
    given().stored(ROUTINE, super::row::RECORD, SITE).creates([closes()]).played().succeeds(Origin::Recovered);
}

#[test]
fn row_116_what_others_have_just_created_is_found_by_ensuring_it() {
    let fixture = fixture();
    let theirs = client(&fixture.emulator);
    let id = theirs.create_routine_related_record(&request("a.example.com"), &CallOptions::new()).unwrap().record_id;

    let record = fixture.ensure("a.example.com").unwrap();

    assert_eq!((record.origin, record.record_id), (Origin::Existing, id));
}

#[test]
fn row_116_a_bulk_goes_on_while_what_others_have_just_created_is_not_listed() {
    const THEIRS: [usize; 2] = [0, 2];
    let fixture = fixture();
    let names: Vec<_> = (0..6).map(|number| format!("r{number}.example.com")).collect();
    for theirs in THEIRS {
        fixture.create(&names[theirs]).unwrap();
    }
    let (ours, before) = (client(&fixture.emulator), fixture.seen(LIST));

    let requests = names.iter().map(|name| request(name));
    let results = ours.ensure_routine_related_records(requests, &CallOptions::new());

    let origins: Vec<_> = results.map(|result| result.unwrap().origin).collect();
    let expected = |index| if THEIRS.contains(&index) { Origin::Existing } else { Origin::Created };
    assert_eq!(origins, (0..6).map(expected).collect::<Vec<_>>());
    // Each is asked for once. One list serves the two that weren't listed.
    assert_eq!(fixture.seen(CREATE), 2 + 6);
    assert!(fixture.seen(LIST) - before <= 5, "{} lists", fixture.seen(LIST) - before);
}

#[test]
fn row_143_a_record_that_this_client_has_deleted_is_no_evidence() {
    let fixture = fixture();
    let first = fixture.create("a.example.com").unwrap();
    thread::sleep(Duration::from_millis(1500));
    fixture.delete("a.example.com", first.record_id).unwrap();

    let second = fixture.ensure("a.example.com").unwrap();

    assert_eq!(second.origin, Origin::Created);
    assert_ne!(second.record_id, first.record_id);
}

#[test]
fn row_113_a_deletion_by_name_waits_for_a_list_that_shows_what_is_deleted() {
    let fixture = fixture();
    fixture.create("a.example.com").unwrap();
    thread::sleep(Duration::from_millis(1500));
    assert!(fixture.delete("a.example.com", None).unwrap().deleted);

    // The list still shows it.
    let again = fixture.delete("a.example.com", None).unwrap();

    assert_eq!((again.deleted, again.attempts), (false, 0));
    assert_eq!(fixture.seen(DELETE), 1);
}

#[test]
fn row_113_a_lost_deletion_is_made_again() {
    let fixture = fixture();
    let id = fixture.create("a.example.com").unwrap().record_id;
    // The list doesn't show it yet, so it doesn't show what happened to the deletion.
    fixture.fault(DELETE, &format!(r#""times": 2, {LOST}"#));

    let deletion = fixture.delete("a.example.com", id).unwrap();

    assert_eq!((deletion.deleted, deletion.attempts), (true, 3));
    fixture.create("a.example.com").unwrap();
}

#[test]
fn row_130_a_name_is_found_in_unicode_and_in_ascii() {
    let row = |spelled: &str| {
        let entry = format!(r#"{{"RecordId":7,"RecordName":"{spelled}","SiteId":{SITE}}}"#);
        replies(200, "", format!(r#"{{"RequestId":"R","TotalCount":1,"RelatedRecords":[{entry}]}}"#))
    };
    for (asked, listed) in [
        ("b\u{fc}cher.example.com", "xn--bcher-kva.example.com"),
        ("XN--bcher-kva.example.com", "B\u{dc}CHER.example.com"),
    ] {
        let played = given().named(asked).creates([closes()]).lists([row(listed)]);
        played.found(7);
    }
}

#[test]
fn row_140_what_is_there_costs_a_read_and_no_write() {
    let fixture = fixture();
    fixture.emulator.post("delays", r#"{"list_lag_seconds": 0}"#);
    fixture.create("a.example.com").unwrap();
    let before = fixture.emulator.requests().len();

    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                let record = client(&fixture.emulator)
                    .ensure_routine_related_record(&request("a.example.com"), &CallOptions::new())
                    .unwrap();
                assert_eq!((record.origin, record.attempts), (Origin::Existing, 0));
            });
        }
    });

    assert_eq!((fixture.seen(CREATE), fixture.emulator.requests().len() - before), (1, 50));
}

#[test]
fn what_is_never_listed_ends_with_the_horizon_and_says_so() {
    let fixture = fixture();
    fixture.emulator.post("delays", r#"{"list_lag_seconds": 1000}"#);
    let mut config = Config::new();
    config.endpoint(fixture.emulator.url()).credentials(Credentials::new("crowd-id", "crowd-secret").unwrap());
    config.reconcile_horizon(Duration::from_millis(600));
    let client = Client::new(&config).unwrap();
    client.create_routine_related_record(&request("a.example.com"), &CallOptions::new()).unwrap();
    let started = Instant::now();

    let error = client.ensure_routine_related_record(&request("a.example.com"), &CallOptions::new()).unwrap_err();

    assert!(started.elapsed() >= Duration::from_millis(600));
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Refused));
    assert!(error.advice().contains("was created a moment ago"), "{}", error.advice());
}
