//! Splits a command line into words, like a POSIX shell, but runs nothing.
//!
//! Written here because `#` begins a comment in a shell, but not in the official programs that run these commands.

use super::Failure;

/// Returns the words of `command`.
pub(super) fn split(command: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    // `None` between words. An empty quoted word counts as a word.
    let mut word: Option<String> = None;
    let mut rest = command.chars();
    while let Some(character) = rest.next() {
        match character {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => quoted(&mut rest, word.get_or_insert_default())?,
            '"' => double_quoted(&mut rest, word.get_or_insert_default())?,
            '\\' => match rest.next() {
                // The word continues on the next line.
                Some('\n') => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
                None => return Err(Failure::of("it ends with a backslash")),
            },
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Reads up to the closing quote. All characters are literal.
fn quoted(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), Failure> {
    for character in rest {
        match character {
            '\'' => return Ok(()),
            plain => word.push(plain),
        }
    }
    Err(endless())
}

/// Reads up to the closing quote. A backslash is literal, unless a special character follows it.
fn double_quoted(rest: &mut impl Iterator<Item = char>, word: &mut String) -> Result<(), Failure> {
    while let Some(character) = rest.next() {
        match character {
            '"' => return Ok(()),
            '\\' => match rest.next() {
                Some('\n') => {}
                Some(escaped @ ('"' | '\\' | '$' | '`')) => word.push(escaped),
                Some(plain) => word.extend(['\\', plain]),
                None => return Err(endless()),
            },
            plain => word.push(plain),
        }
    }
    Err(endless())
}

fn endless() -> Failure {
    Failure::of("a quote in it has no end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_shell_makes_of_them() {
        for (command, words) in [
            ("", &[][..]),
            (" \t\r\n", &[]),
            ("a  b\tc\r\nd", &["a", "b", "c", "d"]),
            ("a'b  c'd \"e 'f'\"", &["ab  cd", "e 'f'"]),
            ("a '' \"\" b", &["a", "", "", "b"]),
            (r#"\a\ b \'c\" '\d'"#, &["a b", "'c\"", r"\d"]),
            (r#""\"\\\$\`\a""#, &[r#""\$`\a"#]),
            ("a\\\nb \"c\\\nd\" 'e\\\nf'", &["ab", "cd", "e\\\nf"]),
            ("$HOME `x` *", &["$HOME", "`x`", "*"]),
            ("ключ 'ü ß'", &["ключ", "ü ß"]),
        ] {
            assert_eq!(split(command).unwrap(), words, "{command:?}");
        }
    }

    #[test]
    fn a_number_sign_begins_no_comment() {
        assert_eq!(split("a #b c#d").unwrap(), ["a", "#b", "c#d"]);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for command in ["'", "a 'b", "\"", "\"a\\", "\"a\\\"", "a\\"] {
            assert!(split(command).is_err(), "{command:?}");
        }
    }
}
