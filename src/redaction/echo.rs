//! Finds the text that the service repeats if it doesn't accept a signature. It holds the access key id and the token.

pub(crate) const STRING_TO_SIGN: &str = "stringtosign";
pub(crate) const CANONICAL_REQUEST: &str = "canonicalrequest";

/// Returns where in `text` the service's echo begins.
pub(crate) fn start(text: &str) -> Option<usize> {
    let echoes = [STRING_TO_SIGN, CANONICAL_REQUEST].into_iter().filter_map(|marker| behind(text, marker));
    echoes.map(|echo| text.len() - echo.len()).min()
}

/// Returns the rest of `text` after the first `marker`. Ignores case and blanks.
pub(crate) fn behind<'a>(text: &'a str, marker: &str) -> Option<&'a str> {
    let rest = text.char_indices().find_map(|(start, _)| without(&text[start..], marker))?.trim_start();
    Some(without(rest, "is").unwrap_or(rest).trim_start_matches([':', ' ', '[']))
}

fn without<'a>(mut text: &'a str, marker: &str) -> Option<&'a str> {
    for (position, letter) in marker.chars().enumerate() {
        if position > 0 {
            text = text.trim_start();
        }
        text = text.strip_prefix(|c: char| c.eq_ignore_ascii_case(&letter))?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::start;

    #[test]
    fn an_echo_starts_with_the_first_of_both_texts() {
        assert_eq!(start("ab string to Sign is: cd"), Some(22));
        assert_eq!(start("ab CanonicalRequest is [c] StringToSign is [d]"), Some(24));
        assert_eq!(start("例 stringtosign"), Some(16));
        assert_eq!(start("a string"), None);
        assert_eq!(start(&"s ".repeat(500_000)), None);
    }
}
