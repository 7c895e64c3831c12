//! A signature that the service doesn't accept: whether the secret is wrong, or the request was changed on its way.
//!
//! The service repeats the text that it has signed. Where that is the client's own, they have signed it with different
//! secrets; else something between them has changed what was sent. The text itself is told to nobody.

use super::redaction::ECHO;
use crate::error::Error;
use crate::service_code::ServiceCode;
use crate::signature::Signed;

/// What comes before the canonical request, where the service repeats that too.
const CANONICAL_REQUEST: &str = "canonical request is:";

/// What a refusal of a signature says about the request of which `signed` is the text.
pub(super) fn explain(error: &Error, signed: impl FnOnce() -> Signed) -> Option<Explanation> {
    if error.service_code() != ServiceCode::SignatureDoesNotMatch {
        return None;
    }
    let text = after(error.message(), ECHO)?;
    let Signed { string_to_sign, canonical_request } = signed();
    if without_blanks(text).starts_with(&without_blanks(&string_to_sign)) {
        return Some(Explanation {
            message: "the request arrived as it was sent, so the access key secret is wrong".to_owned(),
            advice: "Check the access key secret: it is not that of the access key id.",
        });
    }
    let echo = after(text, CANONICAL_REQUEST);
    let part = canonical_request.and_then(|own| first_difference(&own, echo?)).map(|part| format!(": {part} differs"));
    Some(Explanation {
        message: format!("the request was changed on its way{}", part.unwrap_or_default()),
        advice: "Look for what changes requests on their way to the service: a proxy, a gateway, or a program in between.",
    })
}

/// What to add to the refusal.
pub(super) struct Explanation {
    pub(super) message: String,
    pub(super) advice: &'static str,
}

fn after<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    let start = text.to_ascii_lowercase().find(marker)?;
    text.get(start + marker.len()..)
}

/// A gateway may break the text into lines in another way.
fn without_blanks(text: &str) -> String {
    text.split_ascii_whitespace().collect()
}

/// The name of the first part that differs: method, path, query, then a header each, the names of those, the body's hash.
fn first_difference(own: &str, echo: &str) -> Option<String> {
    let mut lines = own.lines().zip(echo.trim_start().lines()).enumerate();
    let (number, (own, _)) = lines.find(|(_, (own, echo))| own.trim_end() != echo.trim_end())?;
    Some(match (number, own.split_once(':')) {
        (0, _) => "the method".to_owned(),
        (1, _) => "the path".to_owned(),
        (2, _) => "the query".to_owned(),
        (_, Some((header, _))) => format!("the header {header}"),
        (_, None) => "the body or the list of headers".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ServiceWords;

    const CANONICAL: &str = "POST\n/\n\nhost:esa.example.com\nx-acs-date:2025\n\nhost;x-acs-date\nhash";

    fn explained(message: &str) -> Option<String> {
        let code = "SignatureDoesNotMatch".to_owned();
        let words = ServiceWords { code, message: message.to_owned(), ..ServiceWords::default() };
        let error = Error::refused_by_service(ServiceCode::SignatureDoesNotMatch, 400, words);
        let signed = || Signed {
            string_to_sign: "ACS3-HMAC-SHA256\nabc".to_owned(),
            canonical_request: Some(CANONICAL.to_owned()),
        };
        explain(&error, signed).map(|explanation| explanation.message)
    }

    #[test]
    fn the_same_text_means_another_secret() {
        for message in [
            "Specified signature is not matched with our calculation. server string to sign is:ACS3-HMAC-SHA256\nabc",
            "Signature is not matched. Server String To Sign is: ACS3-HMAC-SHA256 abc server canonical request is:x",
        ] {
            assert_eq!(
                explained(message).unwrap(),
                "the request arrived as it was sent, so the access key secret is wrong"
            );
        }
    }

    #[test]
    fn another_text_means_a_change_which_is_named_where_that_can_be_told() {
        let changed = |echo: &str| explained(&format!("server string to sign is:ACS3-HMAC-SHA256\nxyz{echo}")).unwrap();
        let echo = |from: &str, to: &str| format!(" server canonical request is:{}", CANONICAL.replace(from, to));

        assert_eq!(changed(""), "the request was changed on its way");
        assert_eq!(changed(&echo("", "")), "the request was changed on its way");
        for (from, to, part) in [
            ("POST", "GET", "the method"),
            ("\n/\n", "\n/x\n", "the path"),
            ("/\n\n", "/\na=b\n", "the query"),
            ("esa.example.com", "other", "the header host"),
            ("hash", "other", "the body or the list of headers"),
        ] {
            assert_eq!(changed(&echo(from, to)), format!("the request was changed on its way: {part} differs"));
        }
    }

    #[test]
    fn without_the_service_s_text_nothing_is_claimed() {
        assert_eq!(explained("Specified signature is not matched with our calculation."), None);
        assert!(explain(&Error::of_code("Forbidden.RAM"), || unreachable!("not signed again")).is_none());
    }
}
