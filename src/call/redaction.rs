//! Taking secrets out of texts that came from outside.

use super::super::signature::percent_encoding::encode;
use super::mismatch::echo_start;
use crate::credentials::Credentials;

const REDACTED: &str = "[redacted]";

/// The secret parts of the credentials, in the forms in which a reply could repeat them.
pub(crate) struct Redaction(Vec<String>);

impl Redaction {
    pub(super) fn of(credentials: &Credentials) -> Redaction {
        let secrets = [Some(credentials.access_key_secret()), credentials.security_token()];
        Redaction::of_secrets(secrets.into_iter().flatten())
    }

    pub(crate) fn of_secrets<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Redaction {
        let forms = secrets.into_iter().filter(|secret| !secret.is_empty()).flat_map(|secret| {
            // Parameters are encoded once in a query, and once more in a string to sign.
            let once = encode(secret).to_string();
            let twice = encode(&once).to_string();
            [secret.to_owned(), once, twice]
        });
        Redaction(forms.collect())
    }

    /// Takes out what the service repeats of what was signed, which holds the access key id and the token, and the
    /// secrets wherever they stand.
    pub(crate) fn apply(&self, text: &mut String) {
        if let Some(start) = echo_start(text) {
            text.truncate(start);
            text.push_str(REDACTED);
        }
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), REDACTED);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let mut text = text.to_owned();
        Redaction::of(&Credentials::new("testid", "s3cr/t", Some("t/k=n")).unwrap()).apply(&mut text);
        text
    }

    #[test]
    fn the_echo_of_a_string_to_sign_is_taken_out() {
        assert_eq!(
            redacted("Signature is not matched. Server string to sign is:POST&%2F&AccessKeyId%3Dtestid"),
            "Signature is not matched. Server string to sign is:[redacted]"
        );
        assert_eq!(
            redacted("No match. server StringToSign is [ACS3]\nserver CanonicalRequest is [POST\n/\nx-acs-date:]"),
            "No match. server StringToSign is [[redacted]"
        );
    }

    #[test]
    fn secrets_are_taken_out_in_each_of_their_forms() {
        assert_eq!(redacted("a s3cr/t b"), "a [redacted] b");
        assert_eq!(redacted("t/k=n t%2Fk%3Dn t%252Fk%253Dn"), "[redacted] [redacted] [redacted]");
    }

    #[test]
    fn other_texts_stay() {
        assert_eq!(redacted("The routine name does not exist."), "The routine name does not exist.");
    }
}
