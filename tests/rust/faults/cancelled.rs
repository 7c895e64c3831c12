//! Row 102: cancelling from another thread, before the request is sent and after.

use std::time::{Duration, Instant};

use esa::{CallOptions, Cancel, Client, CreateRoutineRelatedRecordRequest, Error, ErrorKind, Outcome};

use super::row::{RECORD, ROUTINE, Row, SITE, given};
use super::service::Service;
use super::step::{closes, hangs, refuses, refuses_with};
use crate::server::Server;

/// More than the promised tenth of a second, for a busy machine.
const AT_ONCE: Duration = Duration::from_millis(600);

/// Returns the error of a call that is cancelled as soon as `reached` returns true.
fn cancelled_when(row: &Row, reached: impl Fn() -> bool + Sync) -> Error {
    let (client, cancel) = (Client::new(&row.config).unwrap(), Cancel::new().unwrap());
    let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, RECORD);
    std::thread::scope(|scope| {
        let cancelling = scope.spawn(|| {
            let started = Instant::now();
            while !reached() && started.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(5));
            }
            // The client also needs time to reach its wait.
            std::thread::sleep(Duration::from_millis(50));
            cancel.trigger();
            Instant::now()
        });
        let error = client.create_routine_related_record(&request, CallOptions::new().cancel(&cancel)).unwrap_err();
        let ended = Instant::now();
        assert!(ended.saturating_duration_since(cancelling.join().unwrap()) < AT_ONCE, "{error}");
        error
    })
}

fn assert_cancelled(mut row: Row, point: (u32, u32), outcome: Outcome) {
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));

    let error = cancelled_when(&row.limits(20_000, 30_000), || service.seen() == point);

    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Cancelled, outcome, point.0), "{error}");
    assert_eq!(service.seen(), point);
    assert!(service.state().problems.is_empty());
}

#[test]
fn before_anything_is_sent() {
    let server = Server::start(|_connection, _| std::thread::sleep(Duration::from_secs(60)));
    let mut row = given().limits(20_000, 30_000);
    row.config.endpoint(&format!("https://{}", server.address()));

    let error = cancelled_when(&row, || server.connections() == 1);

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::NotSent));
}

#[test]
fn row_142_the_advice_fits_what_was_done() {
    let refused = || given().every_create(refuses("LockFailed")).limits(20_000, 30_000);
    let mut row = refused();
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));
    let error = cancelled_when(&row, || service.seen().0 >= 1);
    assert_eq!((error.outcome(), error.advice()), (Outcome::Refused, "Nothing has changed; call again when you like."));

    let before = Cancel::new().unwrap();
    before.trigger();
    let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, RECORD);
    let client = Client::new(&row.config).unwrap();
    let error = client.create_routine_related_record(&request, CallOptions::new().cancel(&before)).unwrap_err();
    assert_eq!((error.outcome(), error.advice()), (Outcome::NotSent, "Nothing has changed; call again when you like."));
}

#[test]
fn while_the_answer_is_awaited() {
    assert_cancelled(given().creates([hangs().applied()]), (1, 0), Outcome::Unknown);
}

#[test]
fn while_looking() {
    assert_cancelled(given().creates([closes().applied()]).every_list(hangs()), (1, 1), Outcome::Unknown);
}

#[test]
fn while_waiting_for_the_service() {
    let hint = "x-acs-retry-after: 15000\r\n";
    let throttled = refuses_with(400, hint, "Throttling.User");

    assert_cancelled(given().creates([throttled]), (1, 0), Outcome::Refused);
}

#[test]
fn while_waiting_after_an_attempt_in_doubt() {
    let hint = "x-acs-retry-after: 15000\r\n";
    let throttled = refuses_with(400, hint, "Throttling.User");

    assert_cancelled(given().creates([refuses("InternalException"), throttled]), (2, 1), Outcome::Unknown);
}
