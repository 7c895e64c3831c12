//! What the fault server does with one request.

use std::fmt;
use std::time::Duration;

/// When the server carries the request out, in relation to what it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Applied {
    Not,
    First,
    /// When the next create comes, before that one: later than any read-back.
    Late,
}

#[derive(Clone)]
pub(super) enum Answer {
    /// As the service answers.
    Normal,
    /// A whole reply, after which the connection goes on.
    Reply(Vec<u8>),
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// The first bytes, then the second ones over and over, so far apart, until the client goes.
    Repeat(Vec<u8>, Vec<u8>, Duration),
    /// A whole reply, made of the request's signature.
    Echo(fn(&str) -> Vec<u8>),
    /// Nothing, until the client goes.
    Hang,
    Close,
    Reset,
    /// A reset as soon as the head is there.
    ResetInBody,
}

/// One step of a script.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) applied: Applied,
    pub(super) answer: Answer,
}

/// Without its bytes, which may be many.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("applied", &self.applied).finish_non_exhaustive()
    }
}

impl Step {
    fn new(answer: Answer) -> Step {
        Step { applied: Applied::Not, answer }
    }

    /// The record is stored before the fault.
    pub(super) fn applied(self) -> Step {
        Step { applied: Applied::First, ..self }
    }

    /// The record is stored late, when the client has read back already.
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

/// A whole reply; `headers` are lines with their ends.
pub(super) fn replies(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Step {
    Step::new(Answer::Reply(reply(status, headers, body.as_ref())))
}

/// An error of the service, as all of its documented ones are: with HTTP status 400.
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
