//! Secrets of any kind, for the fuzzer.

use super::Credentials;
use crate::redaction::Redaction;

/// Lines: an id, a secret, a token, and a text in which none of the last two may stay.
pub fn credentials(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (id, secret, token, text) = (line(), line(), line(), line());
    let Ok(credentials) = Credentials::temporary(id, secret, token) else { return };
    assert!(format!("{credentials:?}").starts_with("Credentials { access_key_id: "));
    let mut text = [text, secret, token].join("\t");
    Redaction::new(&credentials.secrets()).apply(&mut text, "");
    // A short one, or one with a bracket, may be part of what stands in its place.
    let is_own = |secret: &str| secret.len() > 10 && !secret.contains(['[', ']']);
    assert!(!is_own(secret) || !is_own(token) || !(text.contains(secret) || text.contains(token)));
}
