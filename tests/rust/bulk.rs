//! Ensures many records, against the emulator and the fault suite's server.

use std::time::Duration;

use esa::{
    Bulk, CallOptions, Cancel, Client, CreateRoutineRelatedRecordRequest, Credentials, Error, ErrorKind, Origin,
    Outcome, Record,
};
use serde_json::Value;

use crate::emulator::Emulator;
use crate::server::config;

const SITE: i64 = 54362329990032;
const ROUTINE: &str = "test-routine1";

struct Fixture {
    emulator: Emulator,
    client: Client,
}

fn fixture() -> Fixture {
    fixture_of("EsaEmulatorKeySecret")
}

fn fixture_of(secret: &str) -> Fixture {
    let emulator = Emulator::start(&[]);
    let mut config = config(emulator.url());
    config.credentials(Credentials::new("EsaEmulatorKeyId", secret).unwrap());
    Fixture { client: Client::new(&config).unwrap(), emulator }
}

fn names(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("r{number}.example.com")).collect()
}

impl Fixture {
    fn bulk(&self, site_id: i64, names: &[String], options: &CallOptions, timeout: Option<Duration>) -> Bulk {
        let requests =
            names.iter().map(|record_name| CreateRoutineRelatedRecordRequest::new(site_id, ROUTINE, record_name));
        let bulk = self.client.ensure_routine_related_records(requests, options);
        match timeout {
            Some(timeout) => bulk.with_timeout(timeout),
            None => bulk,
        }
    }

    fn ensure(&self, site_id: i64, names: &[String]) -> Vec<Result<Record, Error>> {
        self.bulk(site_id, names, &CallOptions::new(), None).collect()
    }

    /// Returns how many requests of each kind there were: creates, lists, others.
    fn seen(&self) -> (usize, usize, usize) {
        let requests = self.emulator.requests();
        let count = |action: &str| requests.iter().filter(|request: &&Value| request["action"] == action).count();
        let (creates, lists) = (count("CreateRoutineRelatedRecord"), count("ListRoutineRelatedRecords"));
        (creates, lists, requests.len() - creates - lists)
    }
}

fn origins(results: &[Result<Record, Error>]) -> Vec<Origin> {
    results.iter().map(|result| result.as_ref().unwrap().origin).collect()
}

#[test]
fn what_exists_costs_a_twentieth_of_a_call_and_the_order_is_kept() {
    let fixture = fixture();
    let existing = fixture.ensure(SITE, &names(0..90));
    let (_, before, _) = fixture.seen();

    let results = fixture.ensure(SITE, &names(0..100));

    assert_eq!(origins(&results), [vec![Origin::Existing; 90], vec![Origin::Created; 10]].concat());
    let id = |result: &Result<Record, Error>| result.as_ref().unwrap().record_id.unwrap();
    assert!(results.iter().zip(&existing).all(|(now, before)| id(now) == id(before)));
    assert_eq!((before, fixture.seen()), (1, (100, 1 + 5, 0)));
}

#[test]
fn a_name_is_found_whatever_its_case_and_only_once() {
    let fixture = fixture();
    let names = ["a.example.com", "b.example.com", "A.Example.COM", "b.example.com"].map(str::to_owned);

    let results = fixture.ensure(SITE, &names);

    assert_eq!(origins(&results), [Origin::Created, Origin::Created, Origin::Existing, Origin::Existing]);
    assert_eq!(fixture.seen(), (2, 1, 0));
}

#[test]
fn without_a_site_s_id_what_exists_needs_no_look_up() {
    let fixture = fixture();
    fixture.ensure(SITE, &names(0..3));
    let (_, _, before) = fixture.seen();

    let results = fixture.ensure(0, &names(0..4));

    assert_eq!(origins(&results), [Origin::Existing, Origin::Existing, Origin::Existing, Origin::Created]);
    assert!(results.iter().all(|result| result.as_ref().unwrap().site_id == SITE));
    assert_eq!((before, fixture.seen().2), (0, 1));
}

#[test]
fn a_single_record_and_a_list_that_is_longer_than_the_work_are_not_listed() {
    let fixture = fixture();
    assert_eq!(fixture.ensure(SITE, &names(0..1)).len(), 1);
    assert_eq!(fixture.seen(), (1, 1, 0));

    fixture.ensure(SITE, &names(1..70));
    let (_, before, _) = fixture.seen();
    fixture.ensure(SITE, &names(70..72));
    // The first page, and each name by itself.
    assert_eq!(fixture.seen().1 - before, 3);
}

#[test]
fn one_that_fails_does_not_keep_the_others_from_being_tried() {
    let fixture = fixture();
    let names = ["a.example.com", "a.elsewhere.org", "", "b.example.com"].map(str::to_owned);

    let results = fixture.ensure(SITE, &names);

    let statuses: Vec<_> = results.iter().map(|result| result.as_ref().err().map(Error::kind)).collect();
    assert_eq!(statuses, [None, Some(ErrorKind::Rejected), Some(ErrorKind::InvalidArgument), None]);
}

#[test]
fn what_fails_all_of_them_is_found_out_once() {
    let fixture = fixture_of("wrong");

    let results = fixture.ensure(SITE, &names(0..50));

    assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Auth)));
    assert_eq!(results[0].as_ref().unwrap_err().outcome(), Outcome::Refused);
    let last = results[49].as_ref().unwrap_err();
    assert_eq!((last.outcome(), last.attempts()), (Outcome::NotSent, 0));
    assert!(last.message().starts_with("not tried, because r0.example.com failed: "), "{last}");
    assert_eq!(fixture.seen(), (0, 1, 0));
}

#[test]
fn cancelled_and_run_again_it_does_what_is_left() {
    let fixture = fixture();
    let (names, cancel) = (names(0..10), Cancel::new().unwrap());
    let mut bulk = fixture.bulk(SITE, &names, CallOptions::new().cancel(&cancel), None);

    assert_eq!(bulk.by_ref().take(4).filter(Result::is_ok).count(), 4);
    assert_eq!(bulk.len(), 6);
    cancel.trigger();
    let rest: Vec<_> = bulk.map(|result| result.unwrap_err()).collect();
    assert!(rest.iter().all(|error| (error.kind(), error.outcome()) == (ErrorKind::Cancelled, Outcome::NotSent)));
    assert_eq!((rest.len(), fixture.seen().0), (6, 4));

    let again = fixture.ensure(SITE, &names);
    assert_eq!(origins(&again), [vec![Origin::Existing; 4], vec![Origin::Created; 6]].concat());
}

#[test]
fn the_time_limit_of_the_whole_ends_what_has_not_begun() {
    let fixture = fixture();
    let mut bulk = fixture.bulk(SITE, &names(0..3), &CallOptions::new(), Some(Duration::from_millis(300)));

    assert!(bulk.next().unwrap().is_ok());
    std::thread::sleep(Duration::from_millis(300));
    let rest: Vec<_> = bulk.map(|result| result.unwrap_err()).collect();

    assert!(rest.iter().all(|error| (error.kind(), error.outcome()) == (ErrorKind::Timeout, Outcome::NotSent)));
    assert_eq!((rest.len(), fixture.seen().0), (2, 1));
}
