//! Redacts every text that leaves the library: errors, results and log lines. Removes secrets and makes one line of the
//! text.
//!
//! Texts come from outside: from the service, a proxy, or a server of credentials. Each of them has seen secrets and
//! may repeat them in any encoding.

pub(crate) mod echo;
mod encoded;

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use self::encoded::{find, may_be_in};
use crate::per_process::PerProcess;

const REDACTED: &str = "[redacted]";

/// The shortest secret that is removed. Only a proxy's password can be shorter. To remove a short one would also cut
/// parts out of ordinary words, which would reveal it. It is easy to guess anyway.
const SHORTEST: usize = 8;

/// How many secrets are remembered. A client gets a few at once, and new ones after minutes at the earliest.
const REMEMBERED: usize = 32;

/// The secrets of one client.
#[derive(Default)]
pub(crate) struct Redaction {
    /// The secrets that the client was created with.
    lasting: Vec<Secret>,
    /// Later secrets, the last ones at the end. A late answer may repeat a secret that was renewed meanwhile.
    passing: Option<PerProcess<Passing>>,
}

type Passing = Mutex<Vec<Secret>>;

impl Redaction {
    pub(crate) fn new(lasting: &[&str]) -> Redaction {
        let lasting =
            lasting.iter().filter(|secret| is_worth_hiding(secret)).map(|secret| Secret::of(secret)).collect();
        Redaction { lasting, passing: Some(PerProcess::new(Passing::default())) }
    }

    /// Removes `secrets` from all texts from now on.
    pub(crate) fn learn(&self, secrets: &[&str]) {
        let Some(mut passing) = self.passing() else { return };
        for secret in secrets {
            if !is_worth_hiding(secret) || self.lasting.iter().any(|known| known.is(secret)) {
                continue;
            }
            let known = passing.iter().position(|known| known.is(secret));
            // A known secret moves to the end. A new one replaces the one that was used least recently.
            if let Some(place) = known.or((passing.len() == REMEMBERED).then_some(0)) {
                passing.remove(place);
            }
            passing.push(Secret::of(secret));
        }
    }

    /// Removes secrets and `signature` from `text`, and makes one line of it.
    pub(crate) fn apply(&self, text: &mut String, signature: &str) {
        cut_echo(text);
        // Comes first, because a replaced character may complete a secret. No secret has a character that is replaced.
        if let Cow::Owned(line) = on_one_line(text) {
            *text = line;
        }
        // Few texts are as long as the signature's base64. It is computed only for those.
        let signature = Some(signature).filter(|signature| is_worth_hiding(signature) && signature.len() <= text.len());
        let signature = signature.map(Secret::of);
        let passing = self.passing();
        let for_each_form = |look: &mut dyn FnMut(&str)| {
            self.lasting.iter().chain(&signature).for_each(|secret| secret.for_each_form(look));
            passing.iter().for_each(|passing| passing.iter().for_each(|secret| secret.for_each_form(look)));
        };
        if may_be_in(text, &for_each_form) {
            // Reads the text once, even if it holds many secrets.
            let (mut clean, mut from) = (String::new(), 0);
            while let Some(found) = find(text, from, &for_each_form) {
                clean.push_str(text.get(from..found.start).unwrap_or_default());
                clean.push_str(REDACTED);
                from = found.end;
            }
            if from > 0 {
                clean.push_str(text.get(from..).unwrap_or_default());
                *text = clean;
            }
        }
    }

    fn passing(&self) -> Option<MutexGuard<'_, Vec<Secret>>> {
        let passing = self.passing.as_ref()?.get(Passing::default);
        Some(passing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Shows no secret.
impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redaction")
    }
}

/// Cuts out the echo of the signed text, which holds the access key id and the token.
fn cut_echo(text: &mut String) {
    // Every echo begins with this letter, and few ids have it.
    if !text.bytes().any(|byte| byte.eq_ignore_ascii_case(&b'n')) {
        return;
    }
    let Some(start) = echo::start(text) else { return };
    // Text about an echo that was cut out stays. The echo's bracket belongs to the text before it.
    let is_cut = text.get(start..).is_some_and(|echo| echo.starts_with(REDACTED.trim_start_matches('[')));
    if !is_cut {
        text.truncate(start);
        text.push_str(REDACTED);
    }
}

/// Whether removing `secret` helps.
fn is_worth_hiding(secret: &str) -> bool {
    secret.len() >= SHORTEST
}

/// A secret as it is, and as base64 in both alphabets, without padding.
struct Secret([Zeroizing<String>; 3]);

impl Secret {
    fn of(secret: &str) -> Secret {
        let [standard, url_safe] = [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD].map(|alphabet| alphabet.encode(secret));
        Secret([secret.to_owned(), standard, url_safe].map(Zeroizing::new))
    }

    fn is(&self, secret: &str) -> bool {
        self.0[0].as_str() == secret
    }

    fn for_each_form(&self, look: &mut dyn FnMut(&str)) {
        self.0.iter().for_each(|form| look(form));
    }
}

/// Returns `text` on one line, without control characters for terminals.
fn on_one_line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(moves_the_cursor) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    let mut before = ' ';
    for character in text.chars() {
        match character {
            '\n' if before == '\r' => {}
            // In JSON, whitespace may stand wherever these may.
            '\n' | '\r' | '\t' => line.push(' '),
            character if moves_the_cursor(character) => {
                // Writing to a String can't fail. All these characters have at most four digits.
                let _ = write!(line, "\\u{:04x}", u32::from(character));
            }
            character => line.push(character),
        }
        before = character;
    }
    Cow::Owned(line)
}

/// Whether a character ends a line, controls a terminal, or changes the direction of text.
fn moves_the_cursor(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}')
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let mut text = text.to_owned();
        let redaction = Redaction::new(&["l4sting/s3cret"]);
        redaction.learn(&["t/k=n+t/k=n"]);
        redaction.apply(&mut text, "s1gnature/+=");
        text
    }

    #[test]
    fn the_echo_of_a_string_to_sign_is_taken_out() {
        assert_eq!(
            redacted("Signature is not matched. Server string to sign is:POST&%2F&AccessKeyId%3Dtestid"),
            "Signature is not matched. Server string to sign is:[redacted]"
        );
        assert_eq!(
            redacted("No match. server StringToSign is [ACS3]\nserver CanonicalRequest is [POST\n/\nx-acs-date:]"),
            "No match. server StringToSign is [[redacted]"
        );
        let told = "server string to sign is:[redacted]; the access key secret is wrong";
        assert_eq!(redacted(told), told);
    }

    #[test]
    fn secrets_are_taken_out_wherever_they_are_known_from() {
        assert_eq!(
            redacted("a s1gnature/+= b l4sting/s3cret c t/k=n+t/k=n d"),
            "a [redacted] b [redacted] c [redacted] d"
        );
    }

    #[test]
    fn the_last_secrets_are_remembered_in_each_process() {
        let redaction = Redaction::new(&[]);
        let secret = |number: usize| format!("secret-number-{number:03}");
        let mut text = secret(0);

        (0..=REMEMBERED).for_each(|number| redaction.learn(&[&secret(number)]));
        redaction.apply(&mut text, "");
        assert_eq!(text, secret(0));

        // A secret that is learnt again becomes the last one.
        redaction.learn(&[&secret(1)]);
        redaction.learn(&[&secret(0)]);
        let mut text = format!("{} {} {}", secret(0), secret(1), secret(2));
        redaction.apply(&mut text, "");
        assert_eq!(text, format!("[redacted] [redacted] {}", secret(2)));
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_stays() {
        let mut text = "the proxy proxy:3128 can't be reached".to_owned();
        Redaction::new(&["proxy", ""]).apply(&mut text, "reached");

        assert_eq!(text, "the proxy proxy:3128 can't be reached");
    }

    #[test]
    fn a_text_becomes_one_line() {
        for (text, line) in [
            ("The routine name does not exist.", "The routine name does not exist."),
            ("名称 é 😀", "名称 é 😀"),
            ("a\r\nb\nc\rd\te", "a b c d e"),
            ("{\n  \"a\": \"b\"\n}", "{   \"a\": \"b\" }"),
            ("\u{1b}[31mred\u{7}\u{0}\u{7f}", r"\u001b[31mred\u0007\u0000\u007f"),
            ("a\u{85}b\u{2028}c\u{2029}d\u{9b}e", r"a\u0085b\u2028c\u2029d\u009be"),
            ("\u{202e}gpj.exe\u{2069}", r"\u202egpj.exe\u2069"),
        ] {
            assert_eq!(redacted(text), line, "{text:?}");
        }
    }

    #[test]
    fn a_secret_that_one_line_would_complete_is_taken_out() {
        let secret = "a-secret-with-an-end\\";
        let mut text = "a-secret-with-an-end\u{1}".to_owned();
        Redaction::new(&[secret]).apply(&mut text, "");
        assert_eq!(text, "[redacted]u0001");
    }

    #[test]
    fn the_work_for_a_text_does_not_grow_with_the_secrets_in_it() {
        const TIMES: usize = 50_000;
        let mut text = "t/k=n+t/k=n ".repeat(TIMES);
        text.push_str("the end");
        // A search from the start for each secret would take minutes.
        assert_eq!(redacted(&text), format!("{}the end", "[redacted] ".repeat(TIMES)));
    }
}
