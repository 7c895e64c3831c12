//! The server repeats secrets, or sends characters that control a terminal: rows 120 and 135.

use esa::{ErrorKind, Origin, Outcome};
use serde_json::json;

use super::giver::Giver;
use super::row::{given, given_without_credentials, together};
use super::service::{SECRET, TOKEN};
use super::step::{echoes, replies, reply};
use super::texts::forms;

/// Returns a JSON string that has `text` inside unescaped.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

// Every row also checks that nothing of it is in an error or a log.

#[test]
fn row_120_secrets_in_every_form_in_every_text_of_an_error() {
    let cases: Vec<_> = [SECRET, TOKEN].into_iter().flat_map(forms).collect();
    // As a text with escapes, and as JSON that decodes to the secret.
    for is_json in [false, true] {
        together(&cases, |form| {
            let text = if is_json { quoted(form) } else { json!(form).to_string() };
            let fields = ["Code", "Message", "RequestId", "Recommend"].map(|field| format!("\"{field}\":{text}"));
            let body = format!("{{{},\"AccessDeniedDetail\":{{\"a\":{text}}}}}", fields.join(","));

            let played = given().every_create(replies(403, "", body)).played();

            assert!(played.error().access_denied_detail().contains("[redacted]"), "{:?}", played.result);
        });
    }
}

#[test]
fn row_120_secrets_in_a_status_that_is_not_ok() {
    let cases: Vec<_> = [SECRET, TOKEN].into_iter().flat_map(forms).step_by(5).collect();
    together(&cases, |form| {
        let body = json!({ "RequestId": "R", "Status": format!("no {form} no") }).to_string();

        let played = given().every_create(replies(200, "", body)).played();

        assert!(played.error().message().contains("no [redacted]"), "{:?}", played.result);
    });
}

#[test]
fn row_120_secrets_in_a_success() {
    let body = json!({ "RequestId": TOKEN, "Status": "OK", "RecordId": 7 }).to_string();

    let played = given().first_id(7).creates([replies(200, "", body).applied()]).played().succeeds(Origin::Created);

    assert_eq!(played.result.unwrap().request_id, "[redacted]");
}

#[test]
fn row_120_the_signature() {
    let every_form = |signature: &str| {
        let forms: String = forms(signature).iter().map(|form| format!("{form} ")).collect();
        let body = json!({ "Code": "NoPermission", "Message": forms, "RequestId": signature });
        reply(400, "", body.to_string().as_bytes())
    };

    let played = given().every_create(echoes(every_form)).played();

    assert_eq!(played.error().request_id(), "[redacted]");
    assert!(!played.service.state().signatures.is_empty());
}

#[test]
fn row_120_what_a_giver_of_credentials_was_told() {
    let giver = Giver::start(|request, _| {
        let seen = request.header("x-aliyun-ecs-metadata-token").to_owned();
        let body = if request.asks().contains("/token") {
            "metadata-t0ken/a+b=".to_owned()
        } else {
            json!({ "Code": "No", "Message": format!("not for {seen}"), "RequestId": seen }).to_string()
        };
        Some(reply(if request.asks().contains("/token") { 200 } else { 403 }, "", body.as_bytes()))
    });
    let mut row = given_without_credentials();
    let metadata = format!("http://{}", giver.address);
    row.config.environment([("ESA_METADATA_ENDPOINT", metadata), ("HOME", "/nonexistent".to_owned())]);

    let played = row.played().fails(ErrorKind::Credentials, Outcome::NotSent);

    let message = played.error().message();
    assert!(message.contains("not for [redacted]") && !message.contains("t0ken/a"), "{message}");
}

#[test]
fn row_135_a_message_of_several_lines_is_one() {
    let message = "a\r\nb\nWARN: c\u{85}d\u{2028}e\u{2029}f\u{1b}[2J\u{0}g\tz";
    let body = json!({ "Code": "Brand\nNew", "Message": message, "RequestId": "R\n1", "Recommend": "u\nv" });
    let detail = "{\n  \"AuthAction\": \"x\"\n}";
    let body = body.to_string().replace('}', &format!(",\"AccessDeniedDetail\":{detail}}}"));

    let played = given().every_create(replies(403, "", body)).played();

    let error = played.error();
    assert_eq!(error.message(), r"a b WARN: c\u0085d\u2028e\u2029f\u001b[2J\u0000g z");
    assert_eq!((error.code(), error.request_id(), error.recommend()), ("Brand New", "R 1", "u v"));
    let detail: serde_json::Value = serde_json::from_str(error.access_denied_detail()).unwrap();
    assert_eq!(detail["AuthAction"], "x");
}
