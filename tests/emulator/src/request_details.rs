//! What a request had and what the server computed from it. It shows where signatures differ. Tokens are never stored.

use hyper::HeaderMap;
use hyper::http::request::Parts;
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer_details::AnswerDetails;
use crate::authenticate::Claim;
use crate::encoding::{decode, encode};
use crate::fault::Rule;
use crate::reply::Reply;
use crate::request;

/// The longest text. Longer ones are cut, so that the details stay small.
const LONGEST: usize = 8 * 1024;
pub(crate) const HIDDEN: &str = "(hidden)";

#[derive(Debug, Serialize)]
pub(crate) struct Details {
    sent: Sent,
    /// Null if no complete signature was found, like `computed`.
    signed: Option<Signed>,
    computed: Option<Computed>,
    /// The message of the refusal that the client got.
    message: Option<String>,
    /// The fault rule that applied.
    fault: Option<Value>,
    /// Null where no HTTP reply was sent.
    answered: Option<AnswerDetails>,
    /// The request's tokens, in each form in which a text can have them.
    #[serde(skip)]
    secrets: Vec<String>,
}

/// As it was received.
#[derive(Debug, Serialize)]
struct Sent {
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// What the client says about its signature. Only the client knows what it signed.
#[derive(Debug, Serialize)]
struct Signed {
    headers: Vec<String>,
    signature: String,
}

#[derive(Debug, Serialize)]
struct Computed {
    canonical_request: Option<String>,
    string_to_sign: String,
    /// Null if the request was refused before, for example because its key is unknown.
    signature: Option<String>,
}

impl Details {
    /// The body is empty where it could not be read.
    pub(crate) fn of(parts: &Parts, body: &[u8]) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let is_form =
            request::single_header(&parts.headers, "content-type").is_some_and(|name| name.starts_with("multipart/"));
        // Secrets in a form with files can't be found, so the form isn't stored.
        let body =
            if is_form { format!("a form of {} bytes", body.len()).into() } else { String::from_utf8_lossy(body) };
        let headers = texts(&parts.headers);
        let secrets = secrets(&headers, query, &body);
        let kept = |text: &str| kept(text, &secrets);
        let sent = Sent {
            path: kept(request::path(&parts.uri)),
            query: kept(query),
            headers: headers.iter().map(|(name, value)| (name.clone(), kept(value))).collect(),
            body: kept(&body),
        };
        Self { sent, signed: None, computed: None, message: None, fault: None, answered: None, secrets }
    }

    pub(crate) fn note_claim(&mut self, claim: &Claim) {
        self.signed = Some(Signed { headers: claim.signed_headers.clone(), signature: self.kept(&claim.signature) });
        self.computed = Some(Computed {
            canonical_request: claim.canonical_request.as_deref().map(|text| self.kept(text)),
            string_to_sign: self.kept(&claim.string_to_sign),
            signature: claim.expected_signature.clone(),
        });
    }

    pub(crate) fn note_refusal(&mut self, message: &str) {
        self.message = Some(self.kept(message));
    }

    pub(crate) fn note_fault(&mut self, rule: &Rule) {
        self.fault = Some(json!(rule));
    }

    pub(crate) fn note_answer(&mut self, reply: &Reply) {
        let mut answer = AnswerDetails::of(reply);
        answer.body = self.kept(&answer.body);
        self.answered = Some(answer);
    }

    fn kept(&self, text: &str) -> String {
        kept(text, &self.secrets)
    }
}

pub(crate) fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

fn kept(text: &str, secrets: &[String]) -> String {
    let mut shown = text.to_owned();
    for secret in secrets {
        shown = shown.replace(secret, HIDDEN);
    }
    if shown.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or_default();
        let rest = shown.split_off(end).len();
        shown.push_str(&format!("… and {rest} bytes more"));
    }
    shown
}

/// Returns a token as it was sent, and as each kind of string to sign has it. Longer forms come first, because one can
/// be a part of another.
fn secrets(headers: &[(String, String)], query: &str, body: &str) -> Vec<String> {
    let mut secrets: Vec<String> =
        headers.iter().filter(|(name, value)| is_secret(name, value)).map(|(_, value)| value.trim().into()).collect();
    for (name, value) in query.split('&').chain(body.split('&')).filter_map(|pair| pair.split_once('=')) {
        if !decode(name).is_ok_and(|name| is_secret(&name, value)) {
            continue;
        }
        secrets.push(value.into());
        if let Ok(plain) = decode(value) {
            let once = encode(&plain);
            secrets.extend([encode(&once), once, plain]);
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    secrets.dedup();
    secrets
}

pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_signature = value.starts_with("ACS3-HMAC-SHA256 ");
    ["token", "secret", "cookie"].iter().any(|word| name.contains(word))
        || name.contains("authorization") && !is_signature
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn details(query: &str, headers: &[(&str, &str)], body: &str) -> Details {
        let request = headers
            .iter()
            .fold(Request::post(format!("/?{query}")), |request, (name, value)| request.header(*name, *value));
        Details::of(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    #[test]
    fn tokens_are_hidden_however_they_are_spelt() {
        let query = "a=1&Security%54oken=A%2bb/c%3D&AccessKeyId=k";
        let headers = [("x-acs-security-token", "other+token"), ("authorization", "Bearer mine")];
        let mut details = details(query, &headers, "OIDCToken=third&b=2");
        assert_eq!(details.sent.query, "a=1&Security%54oken=(hidden)&AccessKeyId=k");
        assert_eq!(details.sent.headers[0].1, HIDDEN);
        assert_eq!(details.sent.headers[1].1, HIDDEN);
        assert_eq!(details.sent.body, "OIDCToken=(hidden)&b=2");
        for text in ["SecurityToken%3DA%252Bb%252Fc%253D%26", "SecurityToken=A%2Bb%2Fc%3D", "A+b/c=", "x:other+token\n"]
        {
            details.note_refusal(text);
            let shown = details.message.clone().unwrap();
            assert!(shown.contains(HIDDEN), "{shown}");
            assert!(!["A+b", "A%2Bb", "A%252Bb", "other"].iter().any(|token| shown.contains(token)), "{shown}");
        }
    }

    #[test]
    fn a_signature_is_no_secret() {
        let value = "ACS3-HMAC-SHA256 Credential=k,SignedHeaders=host,Signature=ab";
        assert_eq!(details("", &[("authorization", value)], "").sent.headers[0].1, value);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let shown = details("", &[], &format!("a{}", "é".repeat(LONGEST))).sent.body;
        assert!(shown.ends_with(&format!("é… and {} bytes more", LONGEST + 2)), "{}", &shown[LONGEST - 8..]);
    }
}
