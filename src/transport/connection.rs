//! A connection to the endpoint, and the exchanges that go on over it, one at a time.

use std::time::Instant;

use super::Reply;
use super::reading::{Unreadable, read_reply};
use super::stream::Stream;
use crate::call::Limits;
use crate::error::{Error, Outcome, Status};

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) last_used: Instant,
}

impl Connection {
    /// Sends `request` and reads the reply. False or an error: the connection is of no more use.
    pub(super) fn exchange(&mut self, request: &[u8], limits: &Limits) -> Result<(Reply, bool), Error> {
        let mut sent = false;
        let written = self.stream.write(request, limits, &mut sent);
        let outcome = if sent { Outcome::Unknown } else { Outcome::NotSent };
        written.map_err(|stop| stop.while_doing("sending the request", Status::Io, outcome))?;
        read_reply(|buffer| self.stream.read(buffer, limits)).map_err(|unreadable| match unreadable {
            Unreadable::Stopped(stop) => stop.while_doing("waiting for the reply", Status::Io, outcome),
            Unreadable::Garbled(reason) => {
                let error = Error::new(Status::Response, format!("the reply can't be read: {reason}"));
                error.outcome_is(outcome).retryable_is(true)
            }
        })
    }
}
