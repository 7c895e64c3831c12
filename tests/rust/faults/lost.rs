//! The answer is lost after the request was sent: rows 22 to 38. The outcome is unknown until the record is read back.

use std::time::Duration;

use esa::{ErrorKind, Origin, Outcome};

use super::row::{READ_BACKS, RECORD, ROUTINE, SITE, given, together};
use super::step::{Step, closes, hangs, refuses_with, repeats, replies, resets, resets_in_the_body, says};

const LATER: Duration = Duration::from_millis(100);

/// Short enough to wait for, and long enough for a list on a busy machine.
pub(super) const ATTEMPT: u64 = 600;

const EMPTY_LIST: &str = r#"{"RequestId":"R","PageNumber":1,"PageSize":20,"TotalCount":0,"RelatedRecords":[]}"#;

/// Ways of breaking off after the request: a name, and what the server does.
pub(super) fn broken_off() -> Vec<(&'static str, Step)> {
    vec![
        ("22, 23: closed", closes()),
        ("24: reset", resets()),
        ("33: in the status line", says("HTTP/1.1 20")),
        ("34: in a header", says("HTTP/1.1 200 OK\r\nContent-Le")),
        ("35: in the body", says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"St")),
        ("36: in a chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"Sta")),
        ("36: bad chunk", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n")),
    ]
}

pub(super) fn slow() -> Vec<(&'static str, Step)> {
    vec![
        ("26: no answer", hangs()),
        ("37: a body that drips", repeats("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ", LATER)),
        ("38: a header that drips", repeats("HTTP/1.1 200 OK\r\nX-Filler: ", b"a", LATER)),
    ]
}

#[test]
fn what_was_carried_out_is_found() {
    together(&[broken_off(), slow()].concat(), |(_, fault)| {
        let row = given().creates([fault.clone().applied()]).limits(ATTEMPT, 12_000);

        row.played().succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);
    });
}

#[test]
fn what_was_not_carried_out_is_made_again() {
    together(&[broken_off(), slow()].concat(), |(_, fault)| {
        let row = given().creates([fault.clone()]).limits(ATTEMPT, 12_000);

        row.played().succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
    });
}

#[test]
fn row_25_a_reset_in_the_middle_of_the_request() {
    let played = given().creates([resets_in_the_body()]).played();

    assert_eq!(played.service.state().incomplete, 1);
    played.succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
}

#[test]
fn row_27_carried_out_only_after_the_look() {
    let row = given().creates([hangs().applied_late()]).limits(ATTEMPT, 12_000);

    row.played().succeeds(Origin::Recovered).sent(2, 2).attempts(2).leaves(1);
}

#[test]
fn row_28_a_list_that_lags_behind() {
    let row = given().creates([closes().applied()]).lists([replies(200, "", EMPTY_LIST)]);

    row.played().succeeds(Origin::Recovered).sent(2, 2).attempts(2).leaves(1);
}

#[test]
fn row_28_a_list_that_lags_behind_for_long() {
    let lag = || replies(200, "", EMPTY_LIST);

    let row = given().creates([closes().applied()]).lists([lag(), lag(), lag()]);
    row.played().succeeds(Origin::Recovered).sent(2, 4).attempts(2).leaves(1);

    let row = given().creates([closes().applied()]).every_list(lag());
    let played =
        row.played().fails(ErrorKind::Conflict, Outcome::Unknown).sent(2, 1 + READ_BACKS).attempts(2).leaves(1);
    assert!(played.error().advice().contains("Don't delete it"), "{:?}", played.result);
}

#[test]
fn row_121_a_list_that_lacks_what_lists_have_is_read_all_the_same() {
    let odd = format!(
        r#"{{"TotalCount":"1","RelatedRecords":[null,{{"SiteName":null}},{{"RecordId":7,"RecordName":"{RECORD}","SiteId":{SITE},"SiteName":null}}]}}"#
    );
    let played = given().creates([closes()]).lists([replies(200, "", odd)]);
    played.found(7);

    let nothing = [
        r#"{"RequestId":"R","RelatedRecords":null}"#,
        r#"{"TotalCount":0}"#,
        r#"{"RelatedRecords":[],"TotalCount":null}"#,
    ];
    together(&nothing, |body| {
        let row = given().creates([closes()]).lists([replies(200, "", body)]);
        row.played().succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
    });
}

#[test]
fn row_29_nor_does_the_list_answer() {
    for (fault, records) in [(hangs(), 0), (hangs().applied(), 1)] {
        let played = given().creates([fault]).every_list(hangs()).limits(400, 1500).played();

        let lists = played.service.seen().1;
        assert!((1..=3).contains(&lists), "{lists}");
        assert!(played.error().message().contains("reading back failed"), "{:?}", played.result);
        played.fails(ErrorKind::Timeout, Outcome::Unknown).sent(1, lists).attempts(1).leaves(records);
    }
}

#[test]
fn row_30_the_list_is_not_allowed() {
    let row = given().creates([closes().applied()]).every_list(refuses_with(403, "", "NoPermission"));

    let played = row.played().fails(ErrorKind::Io, Outcome::Unknown).sent(1, 1).attempts(1).leaves(1);

    assert!(played.error().advice().contains("esa:ListRoutineRelatedRecords"), "{:?}", played.result);
    assert!(played.error().message().contains("NoPermission"), "{:?}", played.result);
}

#[test]
fn row_31_the_record_is_on_the_third_page() {
    let row = (0..45).fold(given(), |row, n| row.stored(ROUTINE, &format!("r{n}.example.com"), SITE));

    row.creates([closes().applied()]).played().succeeds(Origin::Recovered).sent(1, 3).attempts(1).leaves(1);
}

#[test]
fn row_32_what_is_merely_like_it_is_not_taken_for_it() {
    let near = [("record.example.com.cn", SITE), ("a.record.example.com", SITE), ("ecord.example.com", SITE)];
    let row = near.iter().fold(given(), |row, (name, site)| row.stored(ROUTINE, name, *site));
    let row = row.stored(ROUTINE, RECORD, SITE + 1).stored("another", "x.example.com", SITE);

    row.creates([closes()]).played().succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
}
