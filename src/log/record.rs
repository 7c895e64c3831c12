//! A log line, as the program's function receives it.

use std::fmt;

use super::Level;

/// A log line: its text and its fields.
///
/// No field holds a secret or a line feed. The fields and the start of `message` are stable. The rest of `message` may
/// change.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LogRecord<'a> {
    /// The level of the line.
    pub level: Level,
    /// The whole line: `call CALL: ACTION RECORD_NAME: attempt ATTEMPT: WORDS`. A part whose field is 0 or empty is left out.
    pub message: &'a str,
    /// The call's number. The calls of all clients of the process are counted together, from 1 on. A bulk is one call.
    /// Its lines differ in their record's name. 0: the line belongs to no call.
    pub call: u64,
    /// The service's action, such as `CreateRoutineRelatedRecord`. Empty if the line concerns none.
    pub action: &'a str,
    /// The record's name. If the action has no record, this is the first of these that the action has: the search key
    /// word, the routine's name, the site's name, the site's id. Empty if it has none.
    pub record_name: &'a str,
    /// The attempt of the action, from 1 on. 0 if the line concerns none.
    pub attempt: u32,
    /// The HTTP status of the reply. 0 if there is none.
    pub http_status: u16,
    /// The service's id of the request. Empty if there is none.
    pub request_id: &'a str,
    /// How long the request took, in milliseconds. 0 if the line isn't about a request.
    pub elapsed_ms: u32,
}

/// Formats the whole line.
impl fmt::Display for LogRecord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}
