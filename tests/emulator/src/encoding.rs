//! Percent-encoding for the signatures, and decoding of queries and forms.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but letters, digits and `-_.~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Splits `a=b&c=d` into decoded pairs in their order. The error says what is malformed.
pub(crate) fn decode_pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

pub(crate) fn decode(text: &str) -> Result<String, String> {
    let spaced: Cow<'_, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    let mut rest = spaced.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err("a % that two hexadecimal digits don't follow".into()),
        }
    }
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err("a parameter that isn't UTF-8".into()),
    }
}

pub(crate) fn lower_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_stars_and_other_scripts_are_encoded_as_the_service_wants() {
        assert_eq!(encode("a b*~-_.é+/"), "a%20b%2A~-_.%C3%A9%2B%2F");
    }

    #[test]
    fn pairs_are_decoded_once_and_in_order() {
        let pairs = decode_pairs("b=%2525&a=x+y&&c").unwrap();
        let expected = [("b", "%25"), ("a", "x y"), ("c", "")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(pairs, expected);
    }

    #[test]
    fn malformed_escapes_are_refused() {
        for wrong in ["a=%", "a=%4", "a=%zz", "%+1=", "a=%ff"] {
            assert!(decode_pairs(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hexadecimal_keeps_leading_zeros() {
        assert_eq!(lower_hex(&[0, 10, 255]), "000aff");
    }
}
