//! A line of the log, as the caller's function gets it.

use std::fmt;

use super::Level;

/// A line of the log: its text, and what it is about.
///
/// No field holds a secret or a line feed. The fields and how `message` begins are stable; its words may change.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LogRecord<'a> {
    /// How important it is.
    pub level: Level,
    /// The whole line: `call CALL: ACTION RECORD_NAME: attempt ATTEMPT: WORDS`. A part whose field is 0 or empty is left out.
    pub message: &'a str,
    /// The call's number: calls of all clients of the process are counted from 1 on. A bulk is one call, whose lines differ
    /// in their record's name. 0: the line belongs to no call.
    pub call: u64,
    /// The service's action, such as `CreateRoutineRelatedRecord`; empty if the line is about none.
    pub action: &'a str,
    /// The record's name. If the action has no record, it is the search key word, the routine's name, the site's name or the
    /// site's id: the first of these that the action has. Empty if it has none.
    pub record_name: &'a str,
    /// The attempt of the action, from 1 on; 0 if the line is about none.
    pub attempt: u32,
    /// The HTTP status of the reply that the line is about; 0 if there is none.
    pub http_status: u16,
    /// The service's id of that request; empty if there is none.
    pub request_id: &'a str,
    /// How long the request took, in milliseconds; 0 if the line isn't that of a request.
    pub elapsed_ms: u32,
}

/// The line.
impl fmt::Display for LogRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}
