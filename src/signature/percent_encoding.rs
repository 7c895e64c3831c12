//! Percent-encoding as both signatures want it: everything but `A-Z a-z 0-9 - _ . ~`, as UTF-8, in upper case.

use std::fmt::{self, Display, Write};
use std::iter;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

use super::Parameter;
use super::text::shown;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// `text`, encoded.
pub(crate) fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// Encodes what is written to it.
pub(super) struct Encoding<W>(pub(super) W);

impl<W: Write> Write for Encoding<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        encode(text).try_for_each(|piece| self.0.write_str(piece))
    }
}

/// `enc(name)=enc(value)` of each parameter, joined by `&`. They are sorted already: the order is part of what is signed.
pub(crate) fn encode_pairs<'a>(parameters: impl IntoIterator<Item = &'a Parameter<'a>> + Clone) -> impl Display {
    shown(move |f| {
        let mut separator = "";
        for (name, value) in parameters.clone() {
            f.write_str(separator)?;
            write!(f, "{}={}", encode(name), encode(value))?;
            separator = "&";
        }
        Ok(())
    })
}

/// Brings parameters into the order in which they are signed.
pub(crate) fn sort(parameters: &mut [Parameter<'_>]) {
    parameters.sort_unstable_by_key(|(name, _)| *name);
}

/// All the parameters of lists that are sorted, in their common order.
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
    fn what_is_encoded_twice_is_encoded_piece_by_piece() {
        let mut twice = Encoding(String::new());

        ["a=%20", "&é"].into_iter().for_each(|piece| twice.write_str(piece).unwrap());

        assert_eq!(twice.0, "a%3D%2520%26%C3%A9");
    }

    #[test]
    fn pairs_are_sorted_by_name_across_lists() {
        let mut parameters = [("b", "2".into()), ("B", "1".into()), ("a", "x y".into())];
        sort(&mut parameters);

        assert_eq!(encode_pairs(&parameters).to_string(), "B=1&a=x%20y&b=2");
        let others = [("A", "0".into()), ("aa", "".into())];
        assert_eq!(encode_pairs(merged([&others, &[], &parameters])).to_string(), "A=0&B=1&a=x%20y&aa=&b=2");
    }
}
