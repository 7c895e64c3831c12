//! Reads replies: a success of the operation, or an error.

mod error_body;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod mismatch;
#[cfg(test)]
mod properties;
mod retry_hint;

use std::time::SystemTime;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

pub(crate) use self::mismatch::{Explanation, explain};
use crate::clock;
use crate::error::{Error, ErrorBody, ErrorKind, Outcome};
use crate::http::Reply;
use crate::service_code::ServiceCode;

/// Returns the body of a successful reply, and the service's id of the request.
pub(crate) fn read<T: DeserializeOwned>(reply: &Reply) -> Result<(T, String), Error> {
    match reply.status() {
        200..=299 => read_success(reply),
        _ => Err(read_error(reply)),
    }
}

fn read_success<T: DeserializeOwned>(reply: &Reply) -> Result<(T, String), Error> {
    let parsed = request_id(reply).and_then(|request_id| Ok((serde_json::from_slice(reply.body())?, request_id)));
    parsed.map_err(|error| unreadable(reply, &error))
}

/// Returns the service's id of the request. Its type in the body doesn't matter, because it doesn't affect the outcome.
fn request_id(reply: &Reply) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Identity<'a> {
        #[serde(rename = "RequestId", borrow)]
        request_id: Option<&'a RawValue>,
    }
    let identity: Identity<'_> = serde_json::from_slice(reply.body())?;
    let given = identity.request_id.map(|value| error_body::lenient_text_of_json(value.get()));
    Ok(given.unwrap_or_else(|| reply.request_id().to_owned()))
}

fn unreadable(reply: &Reply, reason: &serde_json::Error) -> Error {
    Error::unreadable(reason).in_reply(reply.status(), reply.request_id())
}

/// Returns the error of a reply that isn't a success.
pub(crate) fn read_error(reply: &Reply) -> Error {
    let error = match error_body::parse(reply.body()) {
        Some(fields) => refusal(reply, fields),
        None => without_refusal(reply),
    };
    let hint = retry_hint::read(reply, SystemTime::now());
    let is_unfamiliar = error.service_code().is_unfamiliar(error.code(), !error.request_id().is_empty());
    // A reply that asks for a wait implies that a later attempt may succeed.
    let retryable = error.retryable() || (is_unfamiliar && hint.is_some());
    let error = error.with_retryable(retryable).with_retry_after(hint).with_reply_date(date(reply));
    match error.service_code() {
        ServiceCode::InvalidTimeStampExpired => clock::explain(error),
        _ => error,
    }
}

/// Returns when the service made the reply. `None` if a cache made it.
pub(crate) fn date(reply: &Reply) -> Option<SystemTime> {
    if reply.header("age").is_some() {
        return None;
    }
    httpdate::parse_http_date(reply.header("date")?).ok()
}

fn refusal(reply: &Reply, mut fields: ErrorBody) -> Error {
    if fields.request_id.is_empty() {
        fields.request_id = reply.request_id().to_owned();
    }
    if fields.message.is_empty() {
        fields.message = "the service gives no reason".to_owned();
    }
    Error::refused_by_service(ServiceCode::of(&fields.code), reply.status(), fields)
}

/// Returns the error of a reply without the service's error: it comes from a load balancer, a proxy or a portal.
/// Whatever its status, it doesn't say what became of the request.
fn without_refusal(reply: &Reply) -> Error {
    let status = reply.status();
    let (kind, retryable) = match status {
        429 => (ErrorKind::Throttled, true),
        503 if reply.header("retry-after").is_some() => (ErrorKind::Throttled, true),
        500..=599 => (ErrorKind::Server, true),
        _ => (ErrorKind::Response, status == REQUEST_TIMEOUT),
    };
    Error::new(kind, format!("HTTP status {status} without an error of the service"))
        .with_outcome(Outcome::Unknown)
        .with_retryable(retryable)
        // The server closes the connection, because it got no complete request in time.
        .with_stale(status == REQUEST_TIMEOUT)
        .in_reply(status, reply.request_id())
}

const REQUEST_TIMEOUT: u16 = 408;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocations::counted;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Body {
        #[serde(rename = "Status")]
        status: String,
    }

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        Reply::new(status, headers, body)
    }

    fn error(status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        read::<Body>(&reply(status, headers, body)).unwrap_err()
    }

    #[test]
    fn a_success_has_its_body_and_the_id_of_the_request() {
        let ok = reply(200, &[("x-acs-request-id", "H")], r#"{"Status":"OK","RequestId":"R","Later":[1]}"#);
        assert_eq!(read(&ok).unwrap(), (Body { status: "OK".to_owned() }, "R".to_owned()));

        let ok = reply(200, &[("x-acs-request-id", "H")], "\u{feff}{\"Status\":\"OK\"}");
        assert_eq!(read::<Body>(&ok).unwrap().1, "H");
    }

    #[test]
    fn a_success_is_one_whatever_its_id_of_the_request_is() {
        for (value, id) in [("7", "7"), ("null", "H"), (r#"{"a":1}"#, r#"{"a":1}"#)] {
            let body = format!(r#"{{"Status":"OK","RequestId":{value}}}"#);
            let ok = reply(200, &[("x-acs-request-id", "H")], &body);
            assert_eq!(read::<Body>(&ok).unwrap().1, id);
        }
    }

    #[test]
    fn reading_a_success_allocates_nothing_but_what_it_says() {
        let body = r#"{"RequestId":"R","Status":"OK","RecordId":3227405728754048}"#;
        let ok = reply(200, &[("date", "Sun, 06 Nov 1994 08:49:37 GMT")], body);

        // The status and the id of the request.
        assert_eq!(counted(|| read::<Body>(&ok).is_ok()), (2, true));
    }

    #[test]
    fn a_success_that_cannot_be_read_has_an_unknown_outcome() {
        for body in ["", "null", "[]", "<html>", r#"{"Status":"OK"#, r#"{"Status":"OK","Status":"OK"}"#, "{}"] {
            let error = error(200, &[("x-acs-request-id", "H")], body);
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Response, Outcome::Unknown), "{body}");
            assert_eq!((error.http_status(), error.request_id()), (Some(200), "H"));
        }
    }

    #[test]
    fn the_service_s_error_is_passed_on_unchanged() {
        let error = error(400, &[("x-acs-request-id", "H")], r#"{"Code":"RoutineNotExist","Message":"The routine."}"#);

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::NotFound, Outcome::Refused));
        assert_eq!((error.service_code(), error.http_status()), (ServiceCode::RoutineNotExist, Some(400)));
        assert_eq!((error.code(), error.message(), error.request_id()), ("RoutineNotExist", "The routine.", "H"));
    }

    #[test]
    fn an_error_without_a_message_has_one_all_the_same() {
        // A byte order mark doesn't matter either.
        assert_eq!(error(400, &[], "\u{feff}{\"Code\":\"X\"}").message(), "the service gives no reason");
    }

    #[test]
    fn an_error_without_a_code_is_judged_by_its_status() {
        let judged = |status, headers| {
            let error = error(status, headers, "<html></html>");
            (error.kind(), error.outcome(), error.retryable())
        };

        assert_eq!(judged(502, &[]), (ErrorKind::Server, Outcome::Unknown, true));
        assert_eq!(judged(503, &[]), (ErrorKind::Server, Outcome::Unknown, true));
        assert_eq!(judged(503, &[("retry-after", "1")]), (ErrorKind::Throttled, Outcome::Unknown, true));
        assert_eq!(judged(429, &[]), (ErrorKind::Throttled, Outcome::Unknown, true));
        assert_eq!(judged(408, &[]), (ErrorKind::Response, Outcome::Unknown, true));
        for status in [101, 302, 304, 403, 409, 499, 600, 999] {
            assert_eq!(judged(status, &[]), (ErrorKind::Response, Outcome::Unknown, false), "{status}");
        }
    }

    #[test]
    fn a_wait_that_an_unknown_code_comes_with_promises_that_trying_again_helps() {
        let retryable = |code: &str, headers| error(400, headers, &format!(r#"{{"Code":"{code}"}}"#)).retryable();

        assert!(retryable("Brand.New", &[("retry-after", "1")]));
        assert!(!retryable("Brand.New", &[]));
        assert!(!retryable("RoutineNotExist", &[("retry-after", "1")]));
    }

    #[test]
    fn an_error_has_the_date_of_its_reply_unless_a_cache_made_it() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds = |headers: &[(&'static str, &str)]| {
            let date = error(400, headers, "").reply_date()?;
            Some(date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
        };

        assert_eq!(seconds(&[date]), Some(784_111_777));
        assert_eq!(seconds(&[date, ("age", "1")]), None);
        assert_eq!(seconds(&[("date", "Sun, 06 Nov 1960 08:49:37 GMT")]), None);
        assert_eq!(seconds(&[("date", "now")]), None);
    }
}
