//! Clocks that differ: rows 74 to 76. The server's clock is shifted. To the client this looks like a shift of its own
//! clock.

use std::time::{Duration, SystemTime};

use esa::{Client, ErrorKind, Origin, Outcome};

use super::row::{Row, given};
use super::service::Service;
use super::step::{closes, refuses_with};

pub(super) const CODE: &str = "InvalidTimeStamp.Expired";

/// Returns the date of a reply, this number of seconds from now.
pub(super) fn date(seconds: u64) -> String {
    format!("Date: {}\r\n", httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds)))
}

pub(super) fn two_hours_apart() -> Row {
    let mut row = given();
    row.state.clock_ahead = 7200;
    row
}

#[test]
fn row_74_the_clock_is_corrected_once() {
    two_hours_apart().played().succeeds(Origin::Created).sent(2, 0).attempts(2).leaves(1);
}

#[test]
fn row_74_the_correction_is_kept_for_the_next_call() {
    let mut row = two_hours_apart();
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));
    let client = Client::new(&row.config).unwrap();

    assert_eq!(row.call(&client).unwrap().attempts, 2);
    service.state().records.clear();
    assert_eq!(row.call(&client).unwrap().attempts, 1);

    assert_eq!(service.seen(), (3, 0));
    assert!(service.state().problems.is_empty());
}

#[test]
fn row_75_a_date_that_is_not_to_be_believed_corrects_nothing() {
    let epoch = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n".to_owned();
    let no_date = "this machine's clock can't be checked: the reply has no date of the service";
    for (headers, reason) in [
        (String::new(), no_date),
        (epoch, no_date),
        (format!("{}Age: 7200\r\n", date(7200)), no_date),
        (date(0), "this machine's clock agrees with the service's"),
        ("Date: now\r\n".to_owned(), no_date),
    ] {
        let played = given().every_create(refuses_with(400, &headers, CODE)).played();

        let played = played.fails(ErrorKind::Auth, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
        assert_eq!(played.error().code(), CODE, "{headers:?}");
        assert_eq!(played.error().message(), format!("Words of the service; {reason}"));
    }
}

#[test]
fn row_76_a_correction_that_does_not_help_is_not_made_again() {
    let row = given().creates([refuses_with(400, &date(7200), CODE), refuses_with(400, &date(14_400), CODE)]);

    let played = row.played().fails(ErrorKind::Auth, Outcome::Refused).sent(2, 0).attempts(2).leaves(0);
    let off = "Words of the service; this machine's clock is 4 h 0 min behind the service's";
    assert_eq!(played.error().message(), off);
}

#[test]
fn a_look_corrects_the_clock_for_itself_so_that_it_doesn_t_fail() {
    let row = given().creates([refuses_with(400, &date(7200), CODE), closes().applied()]).lists([refuses_with(
        400,
        &date(0),
        CODE,
    )]);

    row.played().succeeds(Origin::Recovered).sent(2, 2).attempts(2).leaves(1);
}
