//! One attempt: one HTTP exchange, from the operation's arguments to its result or the error that says what it did.

use super::world::{Failure, Outgoing, World};
use crate::error::{Error, Outcome, Status};
use crate::http::Reply;
use crate::operation::Operation;
use crate::reply;

/// Sends `operation` once, as the call's attempt of this `number`.
pub(super) fn attempt<O: Operation>(
    world: &impl World,
    operation: &O,
    number: u32,
    over_new_connection: bool,
) -> Result<O::Output, Failure> {
    let mut body = None;
    let mut read = |reply: &Reply| {
        let (parsed, request_id) = reply::read(reply)?;
        body = Some(parsed);
        Ok(request_id)
    };
    let outgoing = Outgoing {
        action: O::ACTION,
        method: O::METHOD,
        writes: O::WRITES,
        number,
        over_new_connection,
        query: operation.query(),
        form: operation.form(),
    };
    let output = world.exchange(outgoing, &mut read).and_then(|(receipt, signature)| match body {
        Some(body) => {
            let redact = |text: &mut String| world.log().redact(text, signature.as_str());
            let mut output = operation.output(body, receipt).map_err(|error| error.redacted(redact))?;
            O::texts(&mut output).into_iter().for_each(redact);
            Ok(output)
        }
        None => Err(Error::new(Status::Internal, "a reply was not read").outcome_is(Outcome::Unknown).into()),
    });
    output.map_err(|failure| {
        let made = if failure.made_request { number } else { number - 1 };
        Failure { error: failure.error.attempts_are(made), ..failure }
    })
}
