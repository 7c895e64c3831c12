//! Percent-encoding for both signatures: all bytes of the UTF-8 text except `A-Z a-z 0-9 - _ . ~`, in upper case.

use std::iter;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::Parameter;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Returns `text`, encoded.
pub(crate) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// The bytes that aren't encoded. A table of all bytes is the fastest test.
const UNRESERVED: &[bool; 256] = &{
    let mut unreserved = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        unreserved[byte] = matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    unreserved
};

/// Writes `name=enc(value)` for each parameter, joined by `&`. Parameters that are signed must be sorted already,
/// because their order is signed.
pub(crate) fn push_pairs<'a>(parameters: impl IntoIterator<Item = &'a Parameter<'a>>, text: &mut String) {
    push_separated(parameters, ["&", "="], text, |value, text| text.extend(encode(value)));
}

/// Writes the text of [`push_pairs`], encoded once more.
pub(super) fn push_encoded_pairs<'a>(parameters: impl IntoIterator<Item = &'a Parameter<'a>>, text: &mut String) {
    push_separated(parameters, ["%26", "%3D"], text, |value, text| text.extend(encode(value).flat_map(encode)));
}

fn push_separated<'a>(
    parameters: impl IntoIterator<Item = &'a Parameter<'a>>,
    [between, equals]: [&str; 2],
    text: &mut String,
    push_reserved: impl Fn(&str, &mut String),
) {
    let mut separator = "";
    for (name, value) in parameters {
        text.push_str(separator);
        text.push_str(name);
        text.push_str(equals);
        // Nearly all values need no encoding.
        if value.bytes().all(|byte| UNRESERVED[usize::from(byte)]) {
            text.push_str(value);
        } else {
            push_reserved(value, text);
        }
        separator = between;
    }
}

/// Sorts parameters for signing. There are at most a dozen, and they are nearly sorted. The standard library's sort
/// would add 8 kB.
pub(crate) fn sort(parameters: &mut [Parameter<'_>]) {
    for end in 1..=parameters.len() {
        let Some(([sorted @ .., (name, _)], _)) = parameters.split_at_mut_checked(end) else { return };
        let place = sorted.partition_point(|(before, _)| before <= name);
        parameters[place..end].rotate_right(1);
    }
}

/// Merges sorted lists of parameters.
pub(super) fn merged<'a, const N: usize>(
    lists: [&'a [Parameter<'a>]; N],
) -> impl Iterator<Item = &'a Parameter<'a>> + Clone {
    let mut left = lists;
    iter::from_fn(move || {
        let list =
            left.iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list.first().map(|first| first.0))?;
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(first)
    })
}

/// Returns the pairs as a text.
#[cfg(test)]
pub(super) fn encoded_pairs<'a>(parameters: impl IntoIterator<Item = &'a Parameter<'a>>) -> String {
    let mut pairs = String::new();
    push_pairs(parameters, &mut pairs);
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreserved_characters_stay_and_all_others_are_encoded() {
        let encoded = |text| encode(text).to_string();

        assert_eq!(encoded("AZaz09-_.~"), "AZaz09-_.~");
        assert_eq!(encoded(" *+/=&%\n"), "%20%2A%2B%2F%3D%26%25%0A");
        assert_eq!(encoded("例😀"), "%E4%BE%8B%F0%9F%98%80");
    }

    #[test]
    fn whatever_a_value_holds_it_is_encoded() {
        for character in (0..=0x10FFFF).filter_map(char::from_u32) {
            let text = character.to_string();

            assert_eq!(encoded_pairs(&[("", text.as_str().into())]), format!("={}", encode(&text)));
        }
    }

    #[test]
    fn pairs_can_be_encoded_once_more() {
        let mut twice = String::new();

        push_encoded_pairs(&[("a", " x".into()), ("b", "é".into())], &mut twice);

        assert_eq!(twice, "a%3D%2520x%26b%3D%25C3%25A9");
    }

    #[test]
    fn pairs_are_sorted_by_name_across_lists() {
        let mut parameters = [("b", "2".into()), ("B", "1".into()), ("a", "x y".into())];
        sort(&mut parameters);

        assert_eq!(encoded_pairs(&parameters), "B=1&a=x%20y&b=2");
        let others = [("A", "0".into()), ("aa", "".into())];
        assert_eq!(encoded_pairs(merged([&others, &[], &parameters])), "A=0&B=1&a=x%20y&aa=&b=2");
    }
}
