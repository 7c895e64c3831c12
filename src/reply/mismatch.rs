//! Explains why the service doesn't accept a signature: the secret is wrong, or the request was changed on its way.
//!
//! The service repeats the text that it has signed, as `server string to sign is:…`, or as `server StringToSign is […]`
//! and `server CanonicalRequest is […]`. If that equals the client's own text, the secrets differ. Otherwise something
//! between them has changed the request. The text itself is never shown.
//!
//! The part that differs hints at the cause. A gateway that forwards under its own host name changes the header host.
//! One that adds a parameter changes the query.

use percent_encoding::percent_decode_str;

use crate::error::Error;
use crate::redaction::echo::{CANONICAL_REQUEST, STRING_TO_SIGN, behind};
use crate::service_code::ServiceCode;
use crate::signature::Signed;

/// Explains the refusal of a signature. `signed` is the text that the client signed.
pub(crate) fn explain(error: &Error, signed: impl FnOnce() -> Signed) -> Option<Explanation> {
    if !matches!(error.service_code(), ServiceCode::SignatureDoesNotMatch | ServiceCode::IncompleteSignature) {
        return None;
    }
    match Arrival::of(error.message(), &signed())? {
        Arrival::AsSent => Some(Explanation {
            message: "the request arrived as it was sent, so the access key secret is wrong".to_owned(),
            advice: "Check the access key secret: it is not that of the access key id.",
        }),
        Arrival::Changed(part) => Some(Explanation {
            message: match part {
                Some(part) => format!("the request was changed on its way: {part} differs"),
                None => "the request was changed on its way".to_owned(),
            },
            advice: "Find what changes requests on their way to the service: a proxy, a gateway, or a program in \
                     between.",
        }),
    }
}

/// The text to add to the refusal.
pub(crate) struct Explanation {
    pub(crate) message: String,
    pub(crate) advice: &'static str,
}

/// How a request arrived, according to the text that the service repeats.
#[derive(Debug, PartialEq, Eq)]
enum Arrival {
    AsSent,
    /// The first part that differs, by its name in the client's text, if it is known.
    Changed(Option<String>),
}

impl Arrival {
    /// Returns `None` if `message` doesn't repeat what was signed.
    fn of(message: &str, signed: &Signed) -> Option<Arrival> {
        let message = message.replace("\\n", "\n");
        let own: Vec<_> = signed.string_to_sign.split_whitespace().collect();
        let words = behind(&message, STRING_TO_SIGN)?.split(|c: char| c.is_whitespace() || c == ']');
        let words = words.map(|word| word.trim_end_matches(['.', ',', ';']));
        let echo: Vec<_> = words.filter(|word| !word.is_empty()).take(own.len()).collect();
        if echo == own {
            return Some(Arrival::AsSent);
        }
        match (&signed.canonical_request, echo.as_slice()) {
            (None, [echo]) if echo.matches('&').count() == 2 => {
                let (own, echo) = (parameters(&signed.string_to_sign), parameters(echo));
                Some(Arrival::Changed(first_difference(own, &echo)))
            }
            (Some(canonical_request), [algorithm, _]) if own.first() == Some(algorithm) => {
                let (own, echo) = (lines(canonical_request), behind(&message, CANONICAL_REQUEST).map(lines));
                // If the number of lines differs, the parts can't be matched.
                let echo = echo.filter(|echo| echo.len() == own.len());
                Some(Arrival::Changed(echo.and_then(|echo| first_difference(own, &echo))))
            }
            _ => None,
        }
    }
}

/// The name of a part, and its value.
type Part = (String, String);

fn first_difference(own: Vec<Part>, echo: &[Part]) -> Option<String> {
    own.into_iter().find(|part| !echo.contains(part)).map(|(name, _)| name)
}

/// Returns the parts of a V1 string to sign: METHOD "&" path "&" parameters. Each part is percent-encoded once more.
fn parameters(string_to_sign: &str) -> Vec<Part> {
    let mut parts = string_to_sign.split('&');
    let mut named = vec![("the method".to_owned(), parts.next().unwrap_or_default().to_owned())];
    let parameters = percent_decode_str(parts.nth(1).unwrap_or_default()).decode_utf8_lossy();
    let pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
    named.extend(pairs.map(|(name, value)| (format!("the parameter {name}"), value.to_owned())));
    named
}

/// Returns the parts of a V3 canonical request. They are lines. The line of header names is left out.
fn lines(canonical_request: &str) -> Vec<Part> {
    let mut lines = canonical_request.trim_end().trim_end_matches(']').lines().map(str::trim_end);
    let first = ["the method", "the path", "the query"].into_iter().zip(lines.by_ref());
    let mut named: Vec<_> = first.map(|(name, line)| (name.to_owned(), line.to_owned())).collect();
    let headers = lines.by_ref().map_while(|line| line.split_once(':'));
    named.extend(headers.map(|(name, value)| (format!("the header {name}"), value.trim_start().to_owned())));
    named.extend(lines.nth(1).map(|hash| ("the body".to_owned(), hash.to_owned())));
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorBody;
    use crate::signature::SignatureVersion;
    use crate::signature::percent_encoding::sort;
    use crate::signature::tests::{DATE, NONCE, create, stamp, test_credentials};
    use crate::signature::{self, Request};

    const V1: &str = "POST&%2F&AccessKeyId%3Dtestid%26Action%3DCreateRoutineRelatedRecord%26Format%3DJSON\
        %26Name%3Dtest-routine1%26RecordName%3Dtest-record-1.example.com%26SignatureMethod%3DHMAC-SHA1\
        %26SignatureNonce%3D0123456789abcdef0123456789abcdef%26SignatureVersion%3D1.0%26SiteId%3D54362329990032\
        %26Timestamp%3D2025-01-02T03%253A04%253A05Z%26Version%3D2024-09-10";
    const SAYS: &str = "Specified signature is not matched with our calculation. server string to sign is:";
    const SAYS_BOTH: &str = "Specified signature does not match our calculation. \
        server StringToSign is [%S]\nserver CanonicalRequest is [%C]";

    fn signed(version: SignatureVersion, request: &Request<'_>) -> Signed {
        let (mut query, mut form) = (request.query.clone(), request.form.clone());
        sort(&mut query);
        sort(&mut form);
        signature::signed(version, &Request { query, form, ..*request }, &test_credentials(), &stamp(DATE, NONCE))
    }

    fn v1(message: &str) -> Option<Arrival> {
        Arrival::of(message, &signed(SignatureVersion::V1, &create()))
    }

    /// Returns how the create call arrived, signed with V3. In `message`, `%S` and `%C` stand for the service's texts
    /// of `arrived`.
    fn v3(arrived: &Request<'_>, message: &str) -> Option<Arrival> {
        let theirs = signed(SignatureVersion::V3, arrived);
        let message = message.replace("%S", &theirs.string_to_sign);
        let message = message.replace("%C", &theirs.canonical_request.unwrap());
        Arrival::of(&message, &signed(SignatureVersion::V3, &create()))
    }

    fn changed(part: &str) -> Option<Arrival> {
        Some(Arrival::Changed(Some(part.to_owned()).filter(|part| !part.is_empty())))
    }

    #[test]
    fn the_same_text_means_another_secret() {
        for message in [
            format!("{SAYS}{V1}"),
            format!("{SAYS} {V1}."),
            format!("The request signature does not conform to Aliyun standards. server StringToSign is [{V1}]"),
            format!("SERVER STRING TO SIGN: {V1}, and more"),
        ] {
            assert_eq!(v1(&message), Some(Arrival::AsSent), "{message}");
        }
        let in_words = format!("{SAYS}%S server canonical request is:%C");
        for message in [SAYS_BOTH, &in_words, "server string to sign is:%S"] {
            assert_eq!(v3(&create(), message), Some(Arrival::AsSent), "{message}");
        }
        let escaped = SAYS_BOTH.replace("%S", &signed(SignatureVersion::V3, &create()).string_to_sign);
        assert_eq!(v3(&create(), &escaped.replace('\n', "\\n")), Some(Arrival::AsSent));
    }

    #[test]
    fn another_text_of_v1_names_the_parameter_that_was_changed() {
        let with = |from, to| {
            let other = V1.replace(from, to);
            assert_ne!(other, V1);
            v1(&format!("{SAYS}{other}"))
        };

        assert_eq!(with("test-routine1", "other"), changed("the parameter Name"));
        assert_eq!(with("POST", "GET"), changed("the method"));
        assert_eq!(with("%26Timestamp%3D2025-01-02T03%253A04%253A05Z", ""), changed("the parameter Timestamp"));
        // The message ends before the end of what was signed.
        assert_eq!(with("2024-09-10", "2024-09-10%26utm%3D1"), changed(""));
    }

    #[test]
    fn another_text_of_v3_names_the_part_that_was_changed() {
        let arrived = Request { host: "gateway.internal", ..create() };
        assert_eq!(v3(&arrived, SAYS_BOTH), changed("the header host"));
        assert_eq!(v3(&arrived, &format!("{SAYS}%S server canonical request is:%C")), changed("the header host"));
        assert_eq!(v3(&arrived, "server StringToSign is [%S]"), changed(""));
        assert_eq!(v3(&Request { method: "GET", ..create() }, SAYS_BOTH), changed("the method"));
        let arrived = Request { query: vec![("a", "1".into())], ..create() };
        assert_eq!(v3(&arrived, SAYS_BOTH), changed("the query"));
        // Another body under the same header.
        let body = signed(SignatureVersion::V3, &create()).canonical_request.unwrap();
        let body = format!("{}00", &body[..body.len() - 2]);
        assert_eq!(v3(&arrived, &SAYS_BOTH.replace("%C", &body)), changed("the body"));
        // Another number of lines.
        assert_eq!(v3(&Request { form: vec![], ..create() }, SAYS_BOTH), changed(""));
    }

    #[test]
    fn without_the_service_s_text_nothing_is_claimed() {
        for message in [
            "",
            "Specified signature is not matched with our calculation.",
            "server string to sign is:",
            "server string to sign is:*********",
            "server StringToSign is [ACS3-HMAC-SHA256]",
            "the string to sign isn't complete",
        ] {
            assert_eq!(v1(message), None, "{message}");
            assert_eq!(v3(&create(), message), None, "{message}");
        }
        assert_eq!(v3(&create(), &format!("{SAYS}{V1}")), None);
        assert_eq!(v1(&format!("{SAYS}ACS3-HMAC-SHA256\n00")), None);
    }

    #[test]
    fn only_refusals_of_a_signature_are_explained() {
        let explained = |code: ServiceCode| {
            let message = format!("{SAYS}{V1}");
            let words = ErrorBody { code: code.as_str().to_owned(), message, ..ErrorBody::default() };
            let error = Error::refused_by_service(code, 400, words);
            explain(&error, || signed(SignatureVersion::V1, &create())).map(|explanation| explanation.message)
        };

        let wrong = Some("the request arrived as it was sent, so the access key secret is wrong".to_owned());
        assert_eq!(explained(ServiceCode::SignatureDoesNotMatch), wrong);
        assert_eq!(explained(ServiceCode::IncompleteSignature), wrong);
        assert_eq!(explained(ServiceCode::ForbiddenRam), None);
    }
}
