//! Fuzzes secrets.

use super::Credentials;
use crate::redaction::Redaction;

/// Input lines: an id, a secret, a token, and a text. The secret and the token must not stay in the text.
pub fn credentials(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (id, secret, token, text) = (line(), line(), line(), line());
    let Ok(credentials) = Credentials::temporary(id, secret, token) else { return };
    assert!(format!("{credentials:?}").starts_with("Credentials { access_key_id: "));
    let mut text = [text, secret, token].join("\t");
    Redaction::new(&credentials.secrets()).apply(&mut text, "");
    // A short secret, or one with a bracket, may be part of the replacement.
    let is_own = |secret: &str| secret.len() > 10 && !secret.contains(['[', ']']);
    assert!(!is_own(secret) || !is_own(token) || !(text.contains(secret) || text.contains(token)));
}
