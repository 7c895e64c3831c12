//! The service asks for time: rows 55 to 62. The call waits up to its own limit.

use std::time::{Duration, SystemTime};

use esa::{ErrorKind, Origin, Outcome};

use super::row::{given, together};
use super::step::{refuses, refuses_with, replies};

#[test]
fn row_55_locked_twice() {
    let locked = || refuses("UserOperationStatusIsLocked");

    given().creates([locked(), locked()]).played().succeeds(Origin::Created).sent(3, 0).attempts(3).leaves(1);
}

#[test]
fn row_56_busy_is_not_counted_as_a_failure() {
    together(&["LockFailed", "Site.ServiceBusy", "Record.ServiceBusy", "TooManyRequests"], |code| {
        let mut row = given().creates([refuses(code), refuses(code)]);
        row.config.max_attempts(1);

        row.played().succeeds(Origin::Created).sent(3, 0).attempts(3).leaves(1);
    });
}

#[test]
fn row_123_a_code_of_a_busy_or_throttling_family_is_waited_out() {
    together(&["Throttling.Resource", "Throttling.X", "Routine.ServiceBusy", "ServiceBusy"], |code| {
        given().creates([refuses(code)]).played().succeeds(Origin::Created).sent(2, 0).attempts(2).leaves(1);
    });
    // It doesn't say what is locked, so it proves nothing.
    given().creates([refuses("SystemBusy")]).played().succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
    given().creates([refuses("SystemBusy").applied()]).played().succeeds(Origin::Recovered).sent(1, 1).leaves(1);
}

#[test]
fn row_123_a_wait_that_an_unknown_code_asks_for_is_a_promise() {
    let played = given().creates([refuses_with(400, "Retry-After: 1\r\n", "Brand.New")]).played();
    played.takes(1000).succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
}

#[test]
fn row_57_locked_for_ever() {
    let played = given().every_create(refuses("UserOperationStatusIsLocked")).limits(1000, 2000).played();

    let played = played.fails(ErrorKind::Busy, Outcome::Refused).leaves(0);

    let (creates, lists) = played.service.seen();
    // Until the limit. The waits don't get shorter towards it.
    assert!((2..40).contains(&creates) && lists == 0, "{creates} creates, {lists} lists");
    played.saying(|error| error.retryable()).attempts(creates).takes(1000);
}

#[test]
fn row_58_throttled() {
    together(&["Throttling", "Throttling.User", "Throttling.Api", "Rejected.Throttling"], |code| {
        given().creates([refuses(code)]).played().succeeds(Origin::Created).sent(2, 0).attempts(2).leaves(1);
    });
}

#[test]
fn rows_59_and_61_a_hint_is_waited_for() {
    let cases = [
        (429, "Retry-After: 1\r\n", 1000),
        (503, "Retry-After: 1\r\n", 1000),
        (429, "x-acs-retry-after: 700\r\n", 700),
        (400, "x-ratelimit-user-api: Limit:1,Remain:0,TimeLeft:1200,Reset:1\r\n", 1200),
        (400, "x-ratelimit-user: Limit:1,Remain:0,TimeLeft:1200,Reset:1\r\n", 1200),
    ];
    together(&cases, |&(status, header, milliseconds)| {
        let answer = match status {
            400 => refuses_with(400, header, "Throttling.User"),
            _ => replies(status, header, ""),
        };

        let played = given().creates([answer]).played().takes(milliseconds);

        // Without a code, nobody knows whether it was carried out.
        played.succeeds(Origin::Created).sent(2, u32::from(status != 400)).attempts(2).leaves(1);
    });
}

#[test]
fn row_60_a_hint_that_makes_no_sense_is_passed_over() {
    let past = httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(3600));
    let cases = ["-5", "soon", "1.5", "99999999999999999999", past.as_str()];
    together(&cases, |value| {
        let answer = replies(429, &format!("Retry-After: {value}\r\n"), "");

        given().creates([answer]).played().succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
    });
}

#[test]
fn row_60_a_date_is_waited_for() {
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    let answer = replies(429, &format!("Retry-After: {soon}\r\n"), "");

    // Dates have whole seconds.
    given().creates([answer]).played().takes(900).succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
}

#[test]
fn row_62_a_hint_beyond_the_limit_is_handed_on_at_once() {
    for (header, seconds) in [
        ("x-ratelimit-user-api: Limit:1,Remain:0,TimeLeft:60000,Reset:1\r\n", 60),
        ("Retry-After: 1000000000000\r\n", 1_000_000_000_000),
    ] {
        let played = given().every_create(refuses_with(429, header, "Throttling.User")).played();

        assert!(played.elapsed < Duration::from_secs(5), "{:?}", played.elapsed);
        let wait = Some(Duration::from_secs(seconds));
        let played = played.saying(|error| error.retry_after() == wait && error.retryable());
        played.fails(ErrorKind::Throttled, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
    }
}

#[test]
fn throttled_for_ever_ends_with_the_attempts() {
    let played = given().every_create(refuses("Throttling.User")).played();

    played.fails(ErrorKind::Throttled, Outcome::Refused).sent(3, 0).attempts(3).leaves(0);
}
