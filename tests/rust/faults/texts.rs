//! The texts of a call: they hold neither a secret nor the end of a line.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use esa::Error;

/// Returns the texts of a call's result, as its caller gets them.
pub(super) fn texts<T>(result: &Result<T, Error>, of_success: impl Fn(&T) -> Vec<String>) -> Vec<String> {
    match result {
        Ok(success) => of_success(success),
        Err(error) => [
            error.code(),
            error.message(),
            error.advice(),
            error.request_id(),
            error.recommend(),
            error.access_denied_detail(),
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([error.to_string(), format!("{error:?}")])
        .collect(),
    }
}

/// Returns `secret` in every form that the client must recognize.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let in_base64 = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].map(|alphabet| alphabet.encode(secret));
    let odd = |encode: &dyn Fn(char) -> String, text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { encode(c) }).collect()
    };
    let all = |encode: &dyn Fn(char) -> String, text: &str| -> String { text.chars().map(encode).collect() };
    let upper = |c: char| format!("%{:02X}", u32::from(c));
    let lower = |c: char| format!("%{:02x}", u32::from(c));
    let twice = |c: char| format!("%25{:02X}", u32::from(c));
    let twice_lower = |c: char| format!("%25{:02x}", u32::from(c));
    let unit = |c: char| format!("\\u{:04x}", u32::from(c));
    let unit_upper = |c: char| format!("\\u{:04X}", u32::from(c));
    let slash = |c: char| if c == '/' { "\\/".to_owned() } else { c.to_string() };
    let mut forms = vec![];
    for text in [secret].into_iter().chain(in_base64.iter().map(String::as_str)) {
        forms.push(text.to_owned());
        for encode in [&upper as &dyn Fn(char) -> String, &lower, &twice, &twice_lower, &unit, &unit_upper, &slash] {
            forms.extend([odd(encode, text), all(encode, text)]);
        }
    }
    forms
}

/// Panics if one of `texts` holds one of `secrets` or has more than one line.
pub(super) fn assert_keeps<'a>(texts: &[String], secrets: impl Iterator<Item = &'a str>) {
    for text in texts {
        let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        assert!(!text.contains(ends_line), "more than a line: {text:?}");
    }
    for secret in secrets {
        for form in forms(secret) {
            // Padding carries no information, and `slash` leaves it out.
            let form = form.trim_end_matches('=');
            let teller = texts.iter().find(|text| text.contains(form));
            assert!(teller.is_none(), "{secret} is, as {form}, in {teller:?}");
        }
    }
}
