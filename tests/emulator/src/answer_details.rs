//! The answer in the details of a request. Keys in it are hidden.

use serde::Serialize;
use serde_json::Value;

use crate::reply::Reply;
use crate::request_details::{HIDDEN, is_secret, texts};

#[derive(Debug, Serialize)]
pub(crate) struct AnswerDetails {
    headers: Vec<(String, String)>,
    /// If the body is repeated, it is shown once.
    pub(crate) body: String,
}

impl AnswerDetails {
    pub(crate) fn of(reply: &Reply) -> Self {
        let headers = texts(reply.headers());
        let body = shown_body(&String::from_utf8_lossy(reply.body()), &headers);
        Self { headers, body }
    }
}

fn shown_body(body: &str, headers: &[(String, String)]) -> String {
    if let Ok(mut json) = serde_json::from_str::<Value>(body) {
        return if hide_secrets(&mut json) > 0 { json.to_string() } else { body.into() };
    }
    // The token of instance metadata is a plain text.
    let is_plain = headers.iter().any(|(name, value)| name == "content-type" && value == "text/plain");
    if is_plain { HIDDEN.into() } else { body.into() }
}

/// Returns how many were hidden.
fn hide_secrets(json: &mut Value) -> usize {
    let hide = |(name, value): (&String, &mut Value)| match value {
        Value::String(text) if is_secret(name, text) => {
            *text = HIDDEN.into();
            1
        }
        value => hide_secrets(value),
    };
    match json {
        Value::Object(members) => members.iter_mut().map(hide).sum(),
        Value::Array(values) => values.iter_mut().map(hide_secrets).sum(),
        _ => 0,
    }
}
