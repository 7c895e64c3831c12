//! Bulks of records that the service reports as existing while no list shows them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use esa::{Bulk, CallOptions, Client, CreateRoutineRelatedRecordRequest, ErrorKind, Origin, Outcome};

use super::row::{ROUTINE, Row, SITE, given};
use super::service::Service;
use super::step::{Step, refuses, replies};

/// A bulk of these names, and its server.
fn bulk(mut row: Row, names: &[&str], options: &CallOptions) -> (Bulk, Service) {
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));
    let requests = names.iter().map(|record_name| CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, record_name));
    (Client::new(&row.config).unwrap().ensure_routine_related_records(requests, options), service)
}

/// Returns a complete list of these names.
fn list(names: &[&str]) -> Step {
    let entry =
        |(id, name): (usize, &&str)| format!(r#"{{"RecordId":{},"RecordName":"{name}","SiteId":{SITE}}}"#, id + 1);
    let entries: Vec<_> = names.iter().enumerate().map(entry).collect();
    replies(200, "", format!(r#"{{"TotalCount":{},"RelatedRecords":[{}]}}"#, names.len(), entries.join(",")))
}

fn exists() -> Step {
    refuses("ParameterAlreadyExist")
}

#[test]
fn a_record_that_is_found_after_a_refusal_has_cost_an_attempt() {
    let row = given().lists([list(&[]), list(&["a.example.com", "b.example.com"])]).creates([exists(), exists()]);

    let (bulk, service) = bulk(row, &["a.example.com", "b.example.com"], &CallOptions::new());

    let records: Vec<_> = bulk.map(Result::unwrap).collect();
    assert!(records.iter().all(|record| (record.origin, record.attempts) == (Origin::Existing, 1)), "{records:?}");
    assert_eq!(service.seen(), (2, 2));
}

#[test]
fn a_cancelled_bulk_waits_for_nothing() {
    let row = given().lists([list(&[]), list(&["a.example.com"])]).creates([exists(), exists()]);
    let asked = Arc::new(AtomicU32::new(0));
    let (mut options, counter) = (CallOptions::new(), Arc::clone(&asked));
    // The function is called every 50 ms while a call waits.
    options.interrupt(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    });
    let (mut bulk, service) = bulk(row, &["a.example.com", "b.example.com"], &options);
    assert_eq!(bulk.next().unwrap().unwrap().origin, Origin::Existing);
    let (before, seen) = (asked.load(Ordering::Relaxed), service.seen());

    bulk.cancel();

    let error = bulk.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Refused), "{error}");
    assert_eq!((asked.load(Ordering::Relaxed), service.seen()), (before, seen));
}

#[test]
fn a_horizon_without_an_end_ends_with_the_time_limit() {
    let mut row = given().every_create(exists()).limits(500, 600);
    row.config.reconcile_horizon(Duration::MAX);

    let (mut bulk, _) = bulk(row, &["a.example.com"], &CallOptions::new());

    let error = bulk.next().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Refused), "{error}");
}
