//! What the fault server does with a request.

use std::fmt;
use std::time::Duration;

/// When the server carries the request out, relative to its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Applied {
    Not,
    First,
    /// When the next create comes, before that one. This is later than any read-back.
    Late,
}

#[derive(Clone)]
pub(super) enum Answer {
    /// Like the service.
    Normal,
    /// A complete reply. The connection goes on.
    Reply(Vec<u8>),
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// The first bytes, then the second ones again and again at this interval, until the client closes.
    Repeat(Vec<u8>, Vec<u8>, Duration),
    /// A complete reply, built from the request's signature.
    Echo(fn(&str) -> Vec<u8>),
    /// Nothing, until the client closes.
    Hang,
    Close,
    Reset,
    /// A reset after the head.
    ResetInBody,
}

/// One step of a script.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) applied: Applied,
    pub(super) answer: Answer,
}

/// Leaves out the bytes, which may be many.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("applied", &self.applied).finish_non_exhaustive()
    }
}

impl Step {
    fn new(answer: Answer) -> Step {
        Step { applied: Applied::Not, answer }
    }

    /// Stores the record before the fault.
    pub(super) fn applied(self) -> Step {
        Step { applied: Applied::First, ..self }
    }

    /// Stores the record late, after the client has read back.
    pub(super) fn applied_late(self) -> Step {
        Step { applied: Applied::Late, ..self }
    }
}

pub(super) fn normal() -> Step {
    Step::new(Answer::Normal).applied()
}

pub(super) fn echoes(reply: fn(&str) -> Vec<u8>) -> Step {
    Step::new(Answer::Echo(reply))
}

pub(super) fn closes() -> Step {
    Step::new(Answer::Close)
}

pub(super) fn resets() -> Step {
    Step::new(Answer::Reset)
}

pub(super) fn resets_in_the_body() -> Step {
    Step::new(Answer::ResetInBody)
}

pub(super) fn hangs() -> Step {
    Step::new(Answer::Hang)
}

pub(super) fn says(bytes: impl Into<Vec<u8>>) -> Step {
    Step::new(Answer::Bytes(bytes.into()))
}

pub(super) fn repeats(first: &str, then: &[u8], every: Duration) -> Step {
    Step::new(Answer::Repeat(first.into(), then.to_vec(), every))
}

/// Returns a complete reply. `headers` are lines with their ends.
pub(super) fn replies(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Step {
    Step::new(Answer::Reply(reply(status, headers, body.as_ref())))
}

/// Returns an error of the service. Like all documented ones, it has HTTP status 400.
pub(super) fn refuses(code: &str) -> Step {
    refuses_with(400, "", code)
}

pub(super) fn refuses_with(status: u16, headers: &str, code: &str) -> Step {
    replies(status, headers, error_body(code))
}

pub(super) fn error_body(code: &str) -> String {
    format!(r#"{{"RequestId":"R-error","HostId":"localhost","Code":"{code}","Message":"Words of the service."}}"#)
}

pub(super) fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} Words\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
