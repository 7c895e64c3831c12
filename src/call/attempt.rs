//! One attempt: one HTTP exchange, from the operation's arguments to its result or its error.

use super::world::{Failure, Outgoing, World};
use crate::error::{Error, ErrorKind, Outcome};
use crate::http::Reply;
use crate::operation::{Action, Operation, Receipt};
use crate::reply;

/// An operation of any type. All operations share the code from here on.
pub(super) trait Attempted<'o> {
    fn action(&self) -> Action<'o>;

    /// Returns what to send.
    fn outgoing(&self, number: u32, over_new_connection: bool) -> Outgoing<'o>;

    /// Reads the reply. Returns the service's id of the request.
    fn read(&mut self, reply: &Reply) -> Result<String, Error>;

    /// Builds the result from what was read, with its texts passed through `redact`.
    fn finish(&mut self, receipt: Receipt, redact: &dyn Fn(&mut String)) -> Result<(), Error>;
}

/// An operation, and the result of its last attempt.
pub(super) struct Attempts<'o, O: Operation> {
    operation: &'o O,
    reply: Option<O::Reply>,
    pub(super) output: Option<O::Output>,
}

impl<'o, O: Operation> Attempts<'o, O> {
    pub(super) fn of(operation: &'o O) -> Attempts<'o, O> {
        Attempts { operation, reply: None, output: None }
    }
}

impl<'o, O: Operation> Attempted<'o> for Attempts<'o, O> {
    fn action(&self) -> Action<'o> {
        self.operation.action()
    }

    fn outgoing(&self, number: u32, over_new_connection: bool) -> Outgoing<'o> {
        let (query, form) = (self.operation.query(), self.operation.form());
        Outgoing { action: self.action(), number, over_new_connection, query, form }
    }

    fn read(&mut self, reply: &Reply) -> Result<String, Error> {
        let (parsed, request_id) = reply::read(reply)?;
        self.reply = Some(parsed);
        Ok(request_id)
    }

    fn finish(&mut self, receipt: Receipt, redact: &dyn Fn(&mut String)) -> Result<(), Error> {
        let unread = || Error::new(ErrorKind::Internal, "a reply was not read").with_outcome(Outcome::Unknown);
        let reply = self.reply.take().ok_or_else(unread)?;
        let mut output = self.operation.output(reply, receipt).map_err(|error| error.redacted(redact))?;
        O::texts(&mut output).into_iter().for_each(redact);
        self.output = Some(output);
        Ok(())
    }
}

/// Sends the operation once. `number` is the number of the call's attempt.
pub(super) async fn attempt<W: World>(
    world: &W,
    operation: &mut dyn Attempted<'_>,
    number: u32,
    over_new_connection: bool,
) -> Result<(), Failure> {
    let outgoing = operation.outgoing(number, over_new_connection);
    let exchanged = world.exchange(outgoing, &mut |reply| operation.read(reply)).await;
    let finished = exchanged.and_then(|(receipt, signature)| {
        let redact = |text: &mut String| world.log().redact(text, signature.as_str());
        operation.finish(receipt, &redact).map_err(Failure::from)
    });
    finished.map_err(|failure| {
        let made = if failure.made_request { number } else { number - 1 };
        Failure { error: failure.error.with_attempts(made), ..failure }
    })
}
