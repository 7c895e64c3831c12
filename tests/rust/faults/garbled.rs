//! The service answers, and the answer can't be understood: rows 39 to 54. The record is read back.

use std::time::Duration;

use esa::{ErrorKind, Origin, Outcome, ServiceCode};

use super::row::{READ_BACKS, given, together};
use super::step::{Step, normal, refuses, repeats, replies, reply, says};

fn success(body: &str) -> Step {
    replies(200, "", body)
}

/// An answer that says nothing, with its row.
fn garbled() -> Vec<(&'static str, Step)> {
    let deep = format!("{{\"Status\":\"OK\",\"Later\":{}", "[".repeat(10_000));
    let gzip = replies(200, "Content-Encoding: gzip\r\n", b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    let line = format!("X-Filler: {}\r\n", "a".repeat(1000));
    let body = r#"{"Status":"OK","RequestId":"R","RecordId":7}"#;
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 44";
    vec![
        ("39: empty", success("")),
        ("39: HTML", success("<html><body>Welcome</body></html>")),
        ("39: null", success("null")),
        ("39: an array", success("[]")),
        ("42: a negative id", success(r#"{"Status":"OK","RecordId":-7}"#)),
        ("42: an exponent", success(r#"{"Status":"OK","RecordId":1e3}"#)),
        ("42: a fraction", success(r#"{"Status":"OK","RecordId":7.5}"#)),
        ("42: beyond 2^63", success(r#"{"Status":"OK","RecordId":9223372036854775808}"#)),
        ("43: a key twice", success(r#"{"Status":"OK","RecordId":1,"RecordId":2}"#)),
        ("43: deeply nested", success(&deep)),
        ("43: not UTF-8", replies(200, "", b"{\"Status\":\"\xff\"}")),
        ("43: half a character", success(r#"{"Status":"\ud800"}"#)),
        ("45: 2,000 headers", says(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(2000)))),
        ("45: headers without end", repeats("HTTP/1.1 200 OK\r\n", line.as_bytes(), Duration::ZERO)),
        ("46: two lengths", says(format!("HTTP/1.1 200 OK\r\nContent-Length: 44\r\nContent-Length: 5\r\n\r\n{body}"))),
        ("46: lengths and chunks", says(format!("HTTP/1.1 200 OK\r\n{both}\r\n\r\n{body}"))),
        ("47: binary", says(b"\x00\x01\xff\xfe\r\n\r\n")),
        ("47: HTTP/0.9", says(format!("{body}\r\n\r\n"))),
        ("54: gzip", gzip),
        ("112: 101", replies(101, "", "")),
        ("112: 304", replies(304, "", "")),
        ("112: 408", replies(408, "", "")),
        ("112: 409", replies(409, "", "<html>409</html>")),
        ("112: 429", replies(429, "", "")),
        ("112: 499", replies(499, "", "<html>499</html>")),
        ("112: 600", replies(600, "", "")),
        ("112: 999", replies(999, "", "")),
        ("111: GBK after what is cut", replies(400, "", b"{\"Message\":\"\xc2\xb7\xd3\xc9")),
        ("111: empty", replies(400, "", "")),
        ("111: cut", replies(400, "", r#"{"Message":"m","Code":"RoutineNot"#)),
        ("111: half a character in the code", replies(400, "", r#"{"Code":"RoutineNotExist\ud800"}"#)),
        ("111: only in the message", replies(400, "", r#"{"Message":"{\"Code\":\"RoutineNotExist\"}"}"#)),
        ("111: not at the top level", replies(400, "", r#"{"Error":{"Code":"RoutineNotExist"}}"#)),
        ("49: 500", replies(500, "", "<html>500</html>")),
        ("49: 502", replies(502, "", "<html>502</html>")),
        ("49: 503", replies(503, "", "")),
        ("49: 504", replies(504, "", "<html>504</html>")),
        ("51: a failure with a code", refuses("InternalException")),
        ("51: another", refuses("InternalOperationError")),
        ("51: the gateway's", replies(500, "", r#"{"Code":"InternalError","Message":"m"}"#)),
        ("79: an unknown code", replies(503, "", r#"{"Code":"Brand.New","Message":"m"}"#)),
    ]
}

#[test]
fn what_was_carried_out_is_found() {
    together(&garbled(), |(_, answer)| {
        let row = given().creates([answer.clone().applied()]);

        row.played().succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);
    });
}

#[test]
fn what_was_not_carried_out_is_made_again() {
    together(&garbled(), |(_, answer)| {
        let row = given().creates([answer.clone()]);

        row.played().succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);
    });
}

#[test]
fn row_111_a_code_counts_wherever_it_can_be_read() {
    let bodies: [&[u8]; 8] = [
        b"{\"Code\":\"RoutineNotExist\",\"Message\":\"\xc2\xb7\xd3\xc9\"}",
        "\u{feff}{\"Code\":\"RoutineNotExist\"}".as_bytes(),
        br#"{"Code":"RoutineNotExist","Mess"#,
        br#"{"Message":5,"Code":"RoutineNotExist"}"#,
        br#"{"RequestId":{},"Code":"RoutineNotExist"}"#,
        br#"{"Message":"\ud800","Code":"RoutineNotExist"}"#,
        b"{\"Message\":\"a\tb\",\"Code\":\"RoutineNotExist\"}",
        br#"{"Code":"RoutineNotExist "}"#,
    ];
    together(&bodies, |body| {
        let played = given().every_create(replies(400, "", body)).played();
        played.fails(ErrorKind::NotFound, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
    });
}

#[test]
fn row_112_a_time_out_of_the_server_is_followed_at_once_over_a_new_connection() {
    let played = given().creates([replies(408, "", "")]).played().succeeds(Origin::Created).sent(2, 1).leaves(1);

    assert!(played.service.state().connects >= 2);
}

#[test]
fn row_40_a_success_without_the_record_s_id() {
    for body in [r#"{"RequestId":"R","Status":"OK"}"#, r#"{"RequestId":"R","Status":"OK","RecordId":null}"#] {
        let played = given().creates([success(body).applied()]).played();

        assert!(played.result.as_ref().is_ok_and(|record| record.record_id.is_some()), "{:?}", played.result);
        played.succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);
    }
}

#[test]
fn row_41_a_success_that_says_that_it_is_none() {
    let fail = || success(r#"{"RequestId":"R","Status":"Fail"}"#);

    let played = given().creates([fail()]).played();
    played.succeeds(Origin::Created).sent(2, 1).attempts(2).leaves(1);

    let played = given().every_create(fail()).played();
    played.fails(ErrorKind::Server, Outcome::Unknown).sent(3, 2 + READ_BACKS).attempts(3).leaves(0);

    let played = given().creates([fail().applied()]).played();
    played.succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);
}

#[test]
fn row_42_an_id_is_read_exactly_or_not_at_all() {
    let cases = [
        (r#""3227405728754048""#, 3_227_405_728_754_048),
        ("9007199254740993", 9_007_199_254_740_993),
        ("9223372036854775807", i64::MAX),
    ];
    for (digits, id) in cases {
        let row = given().creates([success(&format!(r#"{{"Status":"OK","RecordId":{digits}}}"#)).applied()]);
        // The server's id becomes the reply's.
        let played = row.first_id(id).played();

        assert_eq!(played.result.as_ref().unwrap().record_id, Some(id));
        played.succeeds(Origin::Created).sent(1, 0).attempts(1).leaves(1);
    }
}

#[test]
fn row_44_a_body_of_a_gigabyte() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n";
    let row = given().creates([repeats(head, &[b' '; 64 * 1024], Duration::ZERO).applied()]);

    let played = row.played().succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);

    // The bytes that the client takes, and those that fit into the sockets in between.
    let written = played.service.state().written;
    assert!(written < 64 << 20, "{written}");
}

#[test]
fn row_48_interim_replies_are_passed_over() {
    let body = br#"{"RequestId":"R","Status":"OK","RecordId":3227405728754048}"#;
    for interim in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"] {
        let bytes = [interim.repeat(2000).into_bytes(), reply(200, "", body)].concat();

        given().creates([says(bytes).applied()]).played().succeeds(Origin::Created).sent(1, 0).attempts(1).leaves(1);
    }
}

#[test]
fn row_118_interim_replies_without_end_end_with_the_attempt() {
    let endless = repeats("", &b"HTTP/1.1 102 Processing\r\n\r\n".repeat(100), Duration::ZERO);
    let mut row = given().creates([endless.applied()]);
    row.config.attempt_timeout(Duration::from_millis(300));

    row.played().succeeds(Origin::Recovered).sent(1, 1).attempts(1).leaves(1);
}

#[test]
fn row_131_replies_as_some_gateways_write_them() {
    let body = r#"{"RequestId":"R","Status":"OK","RecordId":3227405728754048}"#;
    let length = body.len();
    let long: String = (0..150).map(|number| format!("X-{number}: a\r\n")).collect();
    for headers in [
        format!("X: a\r\n b\r\nContent-Length: {length}\r\n"),
        format!("Content-Length : {length}\r\n"),
        format!("{long}Content-Length: {length}\r\n"),
        format!("Content-Length: {length}, {length}\r\n"),
    ] {
        let row = given().creates([says(format!("HTTP/1.1 200 OK\r\n{headers}\r\n{body}")).applied()]);

        row.played().succeeds(Origin::Created).sent(1, 0).attempts(1).leaves(1);
    }
    let row = given().creates([success(&format!("\u{feff}{body}")).applied()]);
    row.played().succeeds(Origin::Created).sent(1, 0).attempts(1).leaves(1);
}

#[test]
fn row_52_a_service_that_fails_for_ever() {
    let played = given().every_create(refuses("InternalOperationError")).played();

    let failed = played.fails(ErrorKind::Server, Outcome::Unknown).sent(3, 2 + READ_BACKS).attempts(3).leaves(0);

    assert_eq!(failed.error().service_code(), ServiceCode::InternalOperationError);
    assert_eq!(failed.error().request_id(), "R-error");
}

#[test]
fn row_52_what_depends_on_the_name_is_in_the_way() {
    let played = given().every_create(refuses("DependedByOthers")).played();

    played.fails(ErrorKind::Conflict, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);
}

#[test]
fn row_53_a_nonce_that_was_used_before() {
    // The client doesn't send the first attempt twice, but a proxy may.
    let row = given().creates([refuses("InternalException"), refuses("SignatureNonceUsed").applied(), normal()]);

    row.played().succeeds(Origin::Recovered).sent(2, 2).attempts(2).leaves(1);
}

#[test]
fn row_79_an_unknown_failure_for_ever() {
    let played = given().every_create(replies(503, "", r#"{"Code":"Brand.New","Message":"m"}"#)).played();

    let played = played.fails(ErrorKind::Server, Outcome::Unknown).sent(3, 2 + READ_BACKS).attempts(3).leaves(0);

    assert_eq!(played.error().code(), "Brand.New");
}
