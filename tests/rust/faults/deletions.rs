//! Deletions, for row 113: nothing is reported as gone that may exist.

use esa::{CallOptions, Client, DeleteRoutineRelatedRecordRequest, Deletion, Error, ErrorKind, Outcome};

use super::row::{READ_BACKS, RECORD, ROUTINE, Row, SITE, given};
use super::service::Service;
use super::step::{Step, hangs, refuses, replies};

/// The result of a deletion by name, and its server.
fn deleted(mut row: Row) -> (Result<Deletion, Error>, Service) {
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));
    let request = DeleteRoutineRelatedRecordRequest::new(SITE, ROUTINE, RECORD);
    let client = Client::new(&row.config).unwrap();
    (client.delete_routine_related_record(&request, &CallOptions::new()), service)
}

/// A page with these names. The last one's id is 7.
fn page(names: &[String], total: usize) -> Step {
    let entry = |(index, name): (usize, &String)| {
        let id = if index + 1 == names.len() { 7 } else { 100 + index };
        format!(r#"{{"RecordId":{id},"RecordName":"{name}","SiteId":{SITE}}}"#)
    };
    let entries: Vec<_> = names.iter().enumerate().map(entry).collect();
    replies(200, "", format!(r#"{{"TotalCount":{total},"RelatedRecords":[{}]}}"#, entries.join(",")))
}

fn others(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number}.{RECORD}")).collect()
}

#[test]
fn row_113_a_count_that_is_too_small_hides_nothing() {
    let ours = [RECORD.to_owned()];
    let row =
        given().lists([page(&others(20), 20), page(&ours, 20)]).deletes_as([replies(200, "", r#"{"Status":"OK"}"#)]);

    let (result, service) = deleted(row);

    assert!(result.unwrap().deleted);
    assert_eq!((service.seen().1, service.state().deletes), (2, 1));
}

#[test]
fn row_113_absence_is_believed_of_two_passes_that_agree() {
    let full = page(&others(20), 40);
    // While others delete, rows move from page to page. The first two passes miss the record.
    let lists = [&full, &page(&others(1), 21), &full, &page(&others(2), 22), &full, &page(&[RECORD.to_owned()], 21)];
    let lists = lists.map(Step::clone);
    let row = given().lists(lists).deletes_as([replies(200, "", r#"{"Status":"OK"}"#)]);

    let (result, _) = deleted(row);

    assert!(result.unwrap().deleted);
}

#[test]
fn row_113_a_list_that_never_settles_is_an_error_that_says_that_nothing_was_sent() {
    let mut row = given();
    row.state.list_script.extend((0..400).map(|number| {
        let mut names = others(20);
        names[0] = format!("n{number}.{RECORD}");
        // The ids of a page follow from their positions, so another count gives other ids.
        page(&names[..if number % 2 == 0 { 20 } else { 1 + number / 2 % 17 }], 0)
    }));

    let (result, service) = deleted(row);

    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.retryable()),
        (ErrorKind::Timeout, Outcome::NotSent, true),
        "{error}"
    );
    assert_eq!(service.state().deletes, 0);
}

#[test]
fn a_first_look_that_fails_has_sent_nothing() {
    for (step, status, outcome) in [
        (hangs(), ErrorKind::Timeout, Outcome::NotSent),
        (refuses("InternalException"), ErrorKind::Server, Outcome::NotSent),
        (refuses("NoPermission"), ErrorKind::Forbidden, Outcome::Refused),
    ] {
        let (result, service) = deleted(given().every_list(step).limits(200, 8000));

        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (status, outcome), "{error}");
        assert_eq!(service.state().deletes, 0);
    }
}

#[test]
fn an_ensure_whose_last_look_fails_after_a_definite_refusal_is_refused() {
    let empty = replies(200, "", r#"{"TotalCount":0,"RelatedRecords":[]}"#);
    let row = given().stored("another", RECORD, SITE).ensures().lists([empty]).every_list(hangs()).limits(200, 3000);

    row.played().fails(ErrorKind::Conflict, Outcome::Refused).attempts(1);
}

#[test]
fn a_deletion_that_is_lost_for_ever_is_of_unknown_outcome() {
    let row = given().stored(ROUTINE, RECORD, SITE).deletes_as((0..3).map(|_| refuses("InternalException")));

    let (result, service) = deleted(row);

    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Server, Outcome::Unknown, 3));
    assert_eq!((service.seen().1, service.state().deletes), (1 + READ_BACKS, 3));
}

#[test]
fn of_a_list_that_may_not_be_read_nobody_says_what_it_shows() {
    let exists = refuses("ParameterAlreadyExist");
    let played = given().ensures().every_list(refuses("NoPermission")).creates([exists]).played();

    played.fails(ErrorKind::Conflict, Outcome::Refused).sent(1, 2).saying(|error| {
        let knows_the_list = error.advice().contains("doesn't show it");
        !knows_the_list
            && error.advice().contains("ListRoutineRelatedRecords")
            && error.message().contains("NoPermission")
    });
}

#[test]
fn an_entry_that_cannot_be_read_may_be_the_record() {
    let entry = format!(r#"{{"RecordId":null,"RecordName":"{RECORD}","SiteId":{SITE}}}"#);
    let odd = replies(200, "", format!(r#"{{"TotalCount":1,"RelatedRecords":[{entry}]}}"#));

    let (result, service) = deleted(given().every_list(odd));

    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{error}");
    assert_eq!(service.state().deletes, 0);
}
