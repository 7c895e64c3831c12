//! Properties of redaction: any secret, in any encoding, in every text.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::Redaction;
use crate::error::{Error, ErrorBody};
use crate::service_code::ServiceCode;

/// Returns one character in one of its encodings.
fn written(character: char, way: u8) -> String {
    let mut utf8 = [0; 4];
    let bytes = character.encode_utf8(&mut utf8).as_bytes();
    let percent = |mark: &str, upper: bool| -> String {
        bytes.iter().map(|byte| if upper { format!("{mark}{byte:02X}") } else { format!("{mark}{byte:02x}") }).collect()
    };
    let unit = format!("{:04x}", u32::from(character));
    match way {
        0 => percent("%", true),
        1 => percent("%", false),
        2 => percent("%25", true),
        3 => percent("%25", false),
        4 => format!("\\u{unit}"),
        5 => format!("\\u{}", unit.to_uppercase()),
        6 => format!("\\\\u{unit}"),
        7 if character == '/' => "\\/".to_owned(),
        8 => format!("&#x{};", unit.trim_start_matches('0')),
        _ => character.to_string(),
    }
}

/// A secret, and one of its encoded forms. Neither may leave.
fn secrets() -> impl Strategy<Value = (String, String)> {
    // Generates special characters often.
    let secret = proptest::string::string_regex(r#"([!-~]|[/+=%\\"&]){8,90}"#).unwrap();
    (secret, prop::collection::vec(any::<u8>().prop_map(|way| way % 12), 1..200), 0..8_u8).prop_map(
        |(secret, ways, whole)| {
            let whole = match whole {
                0 => STANDARD.encode(&secret),
                1 => STANDARD_NO_PAD.encode(&secret),
                2 => URL_SAFE.encode(&secret),
                3 => URL_SAFE_NO_PAD.encode(&secret),
                _ => secret.clone(),
            };
            let form = whole.trim_end_matches('=').chars().zip(ways.iter().cycle());
            let form = if whole == secret { whole.chars().zip(ways.iter().cycle()) } else { form };
            let form = form.map(|(character, &way)| written(character, way)).collect();
            (secret, form)
        },
    )
}

fn error_of(text: &str) -> Error {
    let fields = ErrorBody {
        code: text.to_owned(),
        message: text.to_owned(),
        request_id: text.to_owned(),
        recommend: text.to_owned(),
        access_denied_detail: text.to_owned(),
    };
    Error::refused_by_service(ServiceCode::of("X"), 400, fields).with_advice(text.to_owned())
}

proptest! {
    #[test]
    fn no_secret_leaves_in_any_form((secret, form) in secrets(), knows in 0..3_u8) {
        let redaction = match knows {
            0 => Redaction::new(&[&secret]),
            _ => Redaction::new(&[]),
        };
        if knows == 1 {
            redaction.learn(&[&secret]);
        }
        let signature = if knows == 2 { secret.as_str() } else { "" };

        let error = error_of(&format!("a\n{form} z")).redacted(|text| redaction.apply(text, signature));

        let texts = [
            error.code(),
            error.message(),
            error.request_id(),
            error.recommend(),
            error.access_denied_detail(),
            error.advice(),
        ];
        prop_assert_eq!(texts, ["a [redacted] z"; 6]);
        let told = format!("{} {:?}", error, error);
        prop_assert!(!told.contains(&form), "{}", told);
    }

    #[test]
    fn any_text_becomes_one_line_and_nothing_else_changes(text in any::<String>()) {
        let mut line = text.clone();
        Redaction::default().apply(&mut line, "a-secret-that-is-not-there");

        let ends_line = |c: char| c.is_control() || matches!(u32::from(c), 0x2028 | 0x2029);
        prop_assert!(!line.chars().any(ends_line), "{:?}", line);
        let is_plain = |c: &char| !c.is_control() && !c.is_whitespace() && c.is_alphanumeric();
        if super::echo::start(&text).is_none() {
            let kept: String = text.chars().filter(is_plain).collect();
            let mut rest = line.chars();
            prop_assert!(kept.chars().all(|c| rest.any(|found| found == c)), "{:?} of {:?}", line, text);
        }
        let again = line.clone();
        Redaction::default().apply(&mut line, "");
        prop_assert_eq!(line, again);
    }
}
