//! The subject of log lines, and how they begin.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::sync::PoisonError;

use super::{Deferred, Level, Log, LogRecord};

/// A log and the fields of the lines that are written through it: the call, its action, the attempt.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    log: &'a Log,
    call: u64,
    action: &'a str,
    record_name: &'a str,
    attempt: u32,
    http_status: u16,
    request_id: &'a str,
    elapsed_ms: u32,
}

impl<'a> Scope<'a> {
    /// Returns the scope of the call with this number. 0 stands for no call.
    pub(crate) fn of_call(log: &'a Log, call: u64) -> Scope<'a> {
        let (action, record_name, request_id) = ("", "", "");
        Scope { log, call, action, record_name, attempt: 0, http_status: 0, request_id, elapsed_ms: 0 }
    }

    /// Adds an action and its record.
    pub(crate) fn action(self, action: &'a str, record_name: &'a str) -> Scope<'a> {
        Scope { action, record_name, ..self }
    }

    /// Adds an attempt of the action.
    pub(crate) fn attempt(self, attempt: u32) -> Scope<'a> {
        Scope { attempt, ..self }
    }

    /// Adds the reply to the attempt.
    pub(crate) fn reply(self, http_status: u16, request_id: &'a str) -> Scope<'a> {
        Scope { http_status, request_id, ..self }
    }

    /// Adds how long the request took.
    pub(crate) fn took(self, elapsed_ms: u128) -> Scope<'a> {
        Scope { elapsed_ms: elapsed_ms.try_into().unwrap_or(u32::MAX), ..self }
    }

    /// Writes a line. The text is built only if the log has this level.
    pub(crate) fn write<Words: Display>(&self, level: Level, words: impl FnOnce() -> Words) {
        if self.log.wants(level) {
            self.put(level, &words());
        }
    }

    /// Writes the stored lines.
    pub(crate) fn write_deferred(&self, Deferred(lines): &Deferred) {
        let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
        for (level, line) in lines {
            self.write(level, || line);
        }
    }

    #[cold]
    fn put(&self, level: Level, words: &dyn Display) {
        let redacted = |text: &dyn Display| {
            let mut text = text.to_string();
            self.log.redact(&mut text, "");
            text
        };
        self.log.put(&LogRecord {
            level,
            message: &redacted(&format_args!("{self}{words}")),
            call: self.call,
            action: &redacted(&self.action),
            record_name: &redacted(&self.record_name),
            attempt: self.attempt,
            http_status: self.http_status,
            request_id: &redacted(&self.request_id),
            elapsed_ms: self.elapsed_ms,
        });
    }
}

/// A scope can be used as its log.
impl Deref for Scope<'_> {
    type Target = Log;

    fn deref(&self) -> &Log {
        self.log
    }
}

/// Writes the start of each line.
impl Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scope { call, action, record_name, attempt, .. } = self;
        if *call > 0 {
            write!(f, "call {call}: ")?;
        }
        match (*action, *record_name) {
            ("", _) => {}
            (action, "") => write!(f, "{action}: ")?,
            (action, record_name) => write!(f, "{action} {record_name}: ")?,
        }
        if *attempt > 0 {
            write!(f, "attempt {attempt}: ")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::redaction::Redaction;

    fn message(scope: impl Fn(Scope<'_>) -> Scope<'_>, words: &str) -> String {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let log = Log::new(Level::Info, move |record| sink.lock().unwrap().push(record.message.to_owned()));
        let log = log.without_secrets(Redaction::new(&["the-secret"]));
        scope(Scope::of_call(&log, 7)).write(Level::Info, || words);
        lines.lock().unwrap().remove(0)
    }

    #[test]
    fn a_line_begins_with_what_it_is_about() {
        assert_eq!(message(|scope| scope, "words"), "call 7: words");
        assert_eq!(message(|scope| scope.action("GetSite", ""), "words"), "call 7: GetSite: words");
        let attempt = message(|scope| scope.action("GetSite", "a.example.com").attempt(2), "words");
        assert_eq!(attempt, "call 7: GetSite a.example.com: attempt 2: words");
        assert_eq!(message(|scope| Scope::of_call(scope.log, 0), "words"), "words");
    }

    #[test]
    fn a_field_is_redacted_and_on_one_line_as_the_text_is() {
        let log = Log::new(Level::Info, |record| {
            for text in [record.action, record.record_name, record.request_id, record.message] {
                assert!(!text.contains("the-secret") && !text.contains('\n') && text.contains('['), "{text}");
            }
        });
        let log = log.without_secrets(Redaction::new(&["the-secret"]));
        let text = "\nthe-secret";
        Scope::of_call(&log, 1).action(text, text).reply(200, text).write(Level::Info, || "[");
    }

    #[test]
    fn text_below_the_level_is_not_built() {
        let made = Cell::new(0);
        let log = Log::new(Level::Info, |_| {});
        for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
            Scope::of_call(&log, 1).write(level, || made.replace(made.get() + 1));
        }
        assert_eq!(made.get(), 3);
    }
}
