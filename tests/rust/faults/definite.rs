//! Definite answers: rows 63 to 73 and 78 to 82. The service refuses, and nothing has to be read back.

use std::net::TcpListener;

use esa::{ErrorKind, Origin, Outcome, ServiceCode};

use super::row::{READ_BACKS, RECORD, ROUTINE, SITE, given, together};
use super::service::{SECRET, TOKEN};
use super::step::{Step, closes, hangs, refuses, refuses_with, replies};

fn final_refusals() -> Vec<(&'static str, u16, ErrorKind)> {
    vec![
        ("RelatedRecordNumberExceedQuotaLimit", 400, ErrorKind::Quota),
        ("RoutineUserServiceStatusHalt", 400, ErrorKind::Overdue),
        ("ServiceNotOpen", 400, ErrorKind::NotActivated),
        ("RoutineNotExist", 400, ErrorKind::NotFound),
        ("ParameterNotExist", 400, ErrorKind::NotFound),
        ("RoutineAlreadyExist", 400, ErrorKind::Conflict),
        ("RoutineNumberExceedQuotaLimit", 400, ErrorKind::Quota),
        ("SiteNotFound", 404, ErrorKind::NotFound),
        ("InvalidParameter", 400, ErrorKind::Rejected),
        ("SiteParameterNotMatch", 400, ErrorKind::Rejected),
        ("SignatureDoesNotMatch", 400, ErrorKind::Auth),
        ("IncompleteSignature", 403, ErrorKind::Auth),
        ("InvalidAccessKeyId.NotFound", 404, ErrorKind::Auth),
        ("InvalidAccessKeyId.Inactive", 400, ErrorKind::Auth),
        ("Forbidden.AccessKeyDisabled", 403, ErrorKind::Auth),
        ("Forbidden.RAM", 403, ErrorKind::Forbidden),
        ("NoPermission", 403, ErrorKind::Forbidden),
        ("DependedByOthers", 400, ErrorKind::Conflict),
        ("UnsupportedHTTPMethod", 400, ErrorKind::Rejected),
        ("InvalidSiteId.Malformed", 400, ErrorKind::Rejected),
        ("MissingRecordName", 400, ErrorKind::Rejected),
    ]
}

#[test]
fn a_refusal_ends_the_call() {
    together(&final_refusals(), |&(code, http_status, status)| {
        let played = given().every_create(refuses_with(http_status, "", code)).played();

        let played = played.fails(status, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);

        let error = played.error();
        assert_eq!((error.code(), error.http_status(), error.retryable()), (code, Some(http_status), false));
        assert_eq!((error.message(), error.request_id()), ("Words of the service.", "R-error"));
    });
}

#[test]
fn row_63_the_record_exists_already() {
    let played = given().stored(ROUTINE, RECORD, SITE).played();

    let played = played.fails(ErrorKind::Conflict, Outcome::Refused).sent(1, 0).attempts(1).leaves(1);

    assert_eq!(played.error().service_code(), ServiceCode::ParameterAlreadyExist);
}

#[test]
fn row_64_what_is_ensured_may_exist_already() {
    let played = given().stored(ROUTINE, RECORD, SITE).ensures().played();

    played.succeeds(Origin::Existing).sent(0, 1).attempts(0).leaves(1);
}

#[test]
fn row_65_what_is_ensured_may_not_belong_to_another_routine() {
    let played = given().stored("another", RECORD, SITE).ensures().played();

    let played = played.fails(ErrorKind::Conflict, Outcome::Refused).sent(1, 1 + READ_BACKS).attempts(1).leaves(1);
    assert!(played.error().advice().contains("tied to another routine"), "{:?}", played.result);

    assert_eq!(played.service.state().records[0].name, "another");
}

#[test]
fn row_71_the_echo_of_what_was_signed_is_not_told() {
    let message = format!("Specified signature is not matched. server string to sign is:POST {TOKEN} {SECRET}");
    let body =
        format!(r#"{{"Code":"SignatureDoesNotMatch","Message":"{message}","Recommend":"https://x/?t={TOKEN}"}}"#);

    let played = given().every_create(replies(400, "", body)).played();

    // Every row also checks that neither secret is in an error or a log.
    let played = played.fails(ErrorKind::Auth, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
    assert!(played.error().message().ends_with("string to sign is:[redacted]"), "{:?}", played.result);
}

#[test]
fn row_73_which_permission_is_missing_is_kept() {
    let detail = r#"{"AuthAction":"esa:CreateRoutineRelatedRecord","PolicyType":"AccountLevelIdentityBasedPolicy"}"#;
    let body = format!(r#"{{"Code":"NoPermission","Message":"m","AccessDeniedDetail":{detail}}}"#);

    let played = given().every_create(replies(403, "", body)).played();

    let played = played.fails(ErrorKind::Forbidden, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
    assert_eq!(played.error().access_denied_detail(), detail);
}

#[test]
fn row_80_an_error_in_another_form_is_read() {
    let xml =
        "<?xml version='1.0'?><Error><RequestId>R</RequestId><Code>RoutineNotExist</Code><Message>m</Message></Error>";
    let lower_case = r#"{"requestId":"R","code":"RoutineNotExist","message":"m"}"#;
    for body in [xml, lower_case] {
        let played = given().every_create(replies(400, "", body)).played();

        let played = played.fails(ErrorKind::NotFound, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
        assert_eq!((played.error().code(), played.error().request_id()), ("RoutineNotExist", "R"));
    }
}

/// A proxy or a portal answers everything, so there is nothing to wait for.
fn assert_nobody_s(answer: Step, http_status: u16) {
    let played = given().every_create(answer.clone()).every_list(answer).played();

    let played = played.fails(ErrorKind::Response, Outcome::Unknown).sent(1, 1).attempts(1).leaves(0);
    assert_eq!(played.error().http_status(), Some(http_status));
    assert!(played.error().advice().contains("answered instead of the service"), "{:?}", played.result);
}

#[test]
fn row_81_a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let location = format!("Location: http://{}/\r\n", elsewhere.local_addr().unwrap());

    for status in [301, 302, 307, 308] {
        assert_nobody_s(replies(status, &location, ""), status);
    }
    assert!(elsewhere.accept().is_err(), "the redirect was followed");
}

#[test]
fn row_82_a_portal_answers_in_the_service_s_place() {
    for status in [401, 403, 404] {
        assert_nobody_s(replies(status, "", "<html><body>Log in first</body></html>"), status);
    }
}

#[test]
fn row_78_an_unknown_code_proves_nothing() {
    let played = given().every_create(refuses("Brand.New")).played();
    let played = played.fails(ErrorKind::Rejected, Outcome::Unknown).sent(1, READ_BACKS).attempts(1).leaves(0);
    assert_eq!((played.error().code(), played.error().service_code()), ("Brand.New", ServiceCode::Other));

    let played = given().every_create(refuses("Brand.New").applied()).played();
    played.succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);
}

#[test]
fn row_110_a_refusal_after_a_lost_attempt_leaves_doubt() {
    let codes =
        ["RoutineNotExist", "RelatedRecordNumberExceedQuotaLimit", "Forbidden.RAM", "DependedByOthers", "Brand.New"];
    together(&codes, |code| {
        for lost in [refuses("InternalException"), closes()] {
            let played = given().creates([lost, refuses(code)]).played();

            let played = played.outcome_is(Outcome::Unknown).sent(2, 1 + READ_BACKS).attempts(2).leaves(0);
            assert_eq!(played.error().code(), *code);
        }
        let late = given().creates([hangs().applied_late(), refuses(code)]).limits(600, 12_000).played();
        late.outcome_is(Outcome::Unknown);
    });
}
