//! Percent-encoding as both signatures want it: everything but `A-Z a-z 0-9 - _ . ~`, as UTF-8, in upper case.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::Parameter;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `text`, encoded.
pub(crate) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// `enc(name)=enc(value)` of each parameter, sorted by name, joined by `&`.
pub(crate) fn encode_pairs<'a>(parameters: impl IntoIterator<Item = &'a Parameter<'a>>) -> String {
    let mut sorted: Vec<_> = parameters.into_iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let mut pairs = String::with_capacity(256);
    for (name, value) in sorted {
        if !pairs.is_empty() {
            pairs.push('&');
        }
        pairs.extend(encode(name));
        pairs.push('=');
        pairs.extend(encode(value));
    }
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
    fn pairs_are_sorted_by_name() {
        let parameters = [("b", "2".into()), ("B", "1".into()), ("a", "x y".into())];

        assert_eq!(encode_pairs(&parameters), "B=1&a=x%20y&b=2");
    }
}
