//! Finds a secret in a text, in any encoding.
//!
//! A secret is sent percent-encoded: in a query once, in a string to sign twice. It comes back in JSON, perhaps nested
//! in other JSON. Encoders differ in the characters that they encode and in the case of digits. So the search
//! recognizes each character in each of its encodings, even if neighbours are encoded differently.

use std::ops::Range;

/// How often a text may be encoded again.
const DEPTH: usize = 3;

/// How many bytes of a longer secret prove that it is there. The rest may be cut off.
const CONVINCING: usize = 32;

/// Passes secrets to a function, one after the other.
pub(super) type ForEach<'a> = dyn Fn(&mut dyn FnMut(&str)) + 'a;

/// Whether `text` may hold one of the secrets of `for_each`. Most texts hold neither the start of a secret nor an
/// encoded character.
pub(super) fn may_be_in(text: &str, for_each: &ForEach<'_>) -> bool {
    let bytes = text.as_bytes();
    let mut may_be_there = bytes.iter().copied().any(is_mark);
    for_each(&mut |secret| {
        let telling = secret.as_bytes().get(..CONVINCING).unwrap_or(secret.as_bytes());
        let Some(first) = telling.first() else { return };
        may_be_there =
            may_be_there || bytes.windows(telling.len()).any(|part| part.first() == Some(first) && part == telling);
    });
    may_be_there
}

/// Returns the first range in `text`, from the byte `from` on, that holds one of the secrets of `for_each`. If several
/// begin there, returns the longest, because tokens of one issuer start with the same characters.
pub(super) fn find(text: &str, from: usize, for_each: &ForEach<'_>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|start| {
        let byte = *bytes.get(start)?;
        let mut longest = None;
        for_each(&mut |secret| {
            if is_mark(byte) || secret.as_bytes().first() == Some(&byte) {
                longest = longest.max(end(bytes, start, secret.as_bytes()));
            }
        });
        // A truncated secret may end within a character.
        (longest?..=bytes.len()).find(|&end| text.is_char_boundary(end)).map(|end| start..end)
    })
}

/// Returns where the encoding of `secret` that begins at `start` ends. Its first `CONVINCING` bytes are enough.
fn end(text: &[u8], start: usize, secret: &[u8]) -> Option<usize> {
    // No encoding is shorter than the text itself.
    if secret.is_empty() || text.len() - start < secret.len().min(CONVINCING) {
        return None;
    }
    let (mut most, mut end) = (0, start);
    let mut readings = Readings::default();
    readings.add((0, start));
    while !readings.is_empty() {
        let mut next = Readings::default();
        for &(read, at) in readings.iter() {
            (most, end) = (most, end).max((read, at));
            let rest = secret.get(read..).unwrap_or_default();
            for_each_reading(text, at, |found, after| {
                if rest.starts_with(found) {
                    next.add((read + found.len(), after));
                }
            });
        }
        readings = next;
    }
    (most >= secret.len().min(CONVINCING)).then_some(end)
}

/// How much of a secret was read, and up to where. A mark may be literal or begin an encoding, so there may be several
/// readings. There is room for all of them, except for a secret that is all marks.
#[derive(Default)]
struct Readings {
    all: [(usize, usize); 16],
    count: usize,
}

impl Readings {
    fn add(&mut self, reading: (usize, usize)) {
        if !self.iter().any(|known| *known == reading) {
            if let Some(place) = self.all.get_mut(self.count) {
                *place = reading;
                self.count += 1;
            }
        }
    }

    fn iter(&self) -> std::slice::Iter<'_, (usize, usize)> {
        self.all.get(..self.count).unwrap_or_default().iter()
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Whether an encoding of some character may begin with `byte`.
fn is_mark(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'+')
}

/// Passes each possible meaning of the text at `at` to `show`, as bytes of UTF-8, with its end. First comes the literal
/// character. If it is a mark, what it encodes follows, and so on.
fn for_each_reading(text: &[u8], at: usize, mut show: impl FnMut(&[u8], usize)) {
    let Some(&byte) = text.get(at) else { return };
    let mut end = at + 1;
    show(&[byte], end);
    if byte == b'+' {
        show(b" ", end);
    }
    let mut mark = byte;
    for _ in 0..DEPTH {
        let Some((meant, after)) = decoded(text, mark, end) else { return };
        let mut utf8 = [0; 4];
        let bytes = match meant {
            Meant::Byte(byte) => {
                utf8[0] = byte;
                &utf8[..1]
            }
            Meant::Character(character) => character.encode_utf8(&mut utf8).as_bytes(),
        };
        show(bytes, after);
        let [byte] = *bytes else { return };
        (mark, end) = (byte, after);
    }
}

/// The meaning of an encoding.
enum Meant {
    Byte(u8),
    Character(char),
}

/// Decodes `mark` and the text from `at` on. Returns the meaning and its end.
fn decoded(text: &[u8], mark: u8, at: usize) -> Option<(Meant, usize)> {
    let rest = text.get(at..)?;
    match mark {
        // %2f
        b'%' => Some((Meant::Byte(u8::try_from(number(rest.get(..2)?, 16)?).ok()?), at + 2)),
        b'\\' => match *rest.first()? {
            // \u002f
            b'u' => Some((Meant::Character(char::from_u32(number(rest.get(1..5)?, 16)?)?), at + 5)),
            // \/
            byte @ (b'/' | b'"' | b'\'' | b'\\') => Some((Meant::Byte(byte), at + 1)),
            _ => None,
        },
        // &#47; and &#x2f;
        b'&' => {
            let digits = rest.strip_prefix(b"#")?;
            let length = digits.iter().take(9).position(|&byte| byte == b';')?;
            let digits = digits.get(..length)?;
            let number = match digits.first()? {
                b'x' | b'X' => number(&digits[1..], 16),
                _ => number(digits, 10),
            };
            Some((Meant::Character(char::from_u32(number?)?), at + length + 2))
        }
        _ => None,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number: u32, &digit| number.checked_mul(radix)?.checked_add(char::from(digit).to_digit(radix)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cr/t+s=cr %é";

    fn find_any(text: &str, secrets: &[&str]) -> Option<Range<usize>> {
        find(text, 0, &|look| secrets.iter().for_each(|secret| look(secret)))
    }

    fn found(text: &str) -> Option<&str> {
        find_any(text, &[SECRET]).map(|range| &text[range])
    }

    #[test]
    fn a_secret_is_found_in_each_encoding() {
        for form in [
            "s3cr/t+s=cr %é",
            "s3cr%2Ft%2Bs%3Dcr%20%25%C3%A9",
            "s3cr%2ft%2bs%3dcr+%25%c3%a9",
            "s3cr%252Ft%252bs%253Dcr%2520%2525%25C3%25a9",
            r"s3cr\/t+s=cr %é",
            r"s3cr\u002ft\u002Bs\u003dcr \u0025\u00E9",
            r"s3cr\\/t+s=cr %\\u00e9",
            r"s3cr\\\/t+s=cr %\u00e9",
            "s3cr&#x2F;t&#43;s&#x3d;cr %&#233;",
            "s3cr%5Cu002ft+s=cr %é",
            r"%73\u0033%2563r\/t%2Bs=cr%20%25%C3%A9",
        ] {
            assert_eq!(found(&format!("é%2 {form} 2%")), Some(form));
        }
    }

    #[test]
    fn what_is_not_the_secret_is_not_found() {
        for text in ["", "s3cr/t", "s3cr/t+s=cr %", "s3cr%2Gt+s=cr %é", r"s3cr\u00t+s=cr %é", "&#;", "&#x;", "%", "\\"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_found_by_its_beginning() {
        let secret = "0123456789".repeat(10);
        for (length, is_found) in [(31, false), (32, true), (99, true), (100, true)] {
            let text = format!("token {}...", &secret[..length]);
            assert_eq!(find_any(&text, &[&secret]), is_found.then_some(6..6 + length), "{length}");
        }
    }

    #[test]
    fn a_place_ends_with_a_character() {
        let secret = format!("{}\u{e9} and more", "0123456789".repeat(4));
        let text = secret.replace('\u{e9}', "\u{e8}");
        assert_eq!(find_any(&text, &[&secret]), Some(0..42));
    }

    #[test]
    fn of_secrets_that_begin_alike_the_longest_is_found() {
        let [one, other] = ["a", "b"].map(|end| ["0123456789".repeat(10).as_str(), end, "-end"].concat());
        for secrets in [[one.as_str(), &other], [other.as_str(), &one]] {
            assert_eq!(find_any(&other, &secrets), Some(0..other.len()));
        }
    }

    #[test]
    fn the_work_for_a_text_is_bounded_by_its_length() {
        // Each of them has several readings, and so does what follows.
        for unit in ["%25", r"\\", "&#37;", r"\u005c", "%5c", "%%25"] {
            let (text, secret) = (unit.repeat(10_000), ["%", "\\"].map(|mark| mark.repeat(1000)));
            assert_eq!(find_any(&text, &[SECRET]), None, "{unit}");
            assert!(find_any(&text, &[&secret[0], &secret[1]]).is_some(), "{unit}");
        }
    }
}
