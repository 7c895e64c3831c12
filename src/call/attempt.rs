//! One attempt: one HTTP exchange, from the operation's arguments to its reply or the error that says what it did.

use std::time::{Duration, Instant};

use super::gate::Place;
use super::mismatch::{self, Explanation};
use super::{Call, reply};
use crate::credentials::Credentials;
use crate::error::{Error, Outcome, Status};
use crate::log::Level;
use crate::operation::{API_VERSION, Operation, Receipt};
use crate::signature::{self, Parameter, Request, Signature, Stamp};
use crate::transport::Reply;

/// Sends `operation` once, signed with `credentials`, as the call's attempt of this `number`; over a new connection where
/// it comes `anew`.
pub(super) fn attempt<O: Operation>(
    call: &Call<'_>,
    operation: &O,
    credentials: &Credentials,
    number: u32,
    anew: bool,
) -> Result<O::Output, Error> {
    let mut body = None;
    let mut read = |reply: &Reply| {
        let (parsed, request_id) = reply::read(reply)?;
        body = Some(parsed);
        Ok(request_id)
    };
    let receipt = exchange(call, Outgoing::of(operation, anew), credentials, number, &mut read);
    let output = receipt.and_then(|(receipt, signature)| match body {
        Some(body) => {
            let redact = |text: &mut String| call.core.log.redact(text, signature.as_str());
            let mut output = operation.output(body, receipt).map_err(|error| error.redacted(redact))?;
            O::texts(&mut output).into_iter().for_each(redact);
            Ok(output)
        }
        None => Err(Error::new(Status::Internal, "a reply was not read").outcome_is(Outcome::Unknown)),
    });
    output.map_err(|error| error.attempts_are(number))
}

/// What there is to send of an operation. From here on all operations are alike, and share one piece of code.
struct Outgoing<'a> {
    action: &'static str,
    method: &'static str,
    writes: bool,
    anew: bool,
    query: Vec<Parameter<'a>>,
    form: Vec<Parameter<'a>>,
}

impl<'a> Outgoing<'a> {
    fn of<O: Operation>(operation: &'a O, anew: bool) -> Outgoing<'a> {
        Outgoing {
            action: O::ACTION,
            method: O::METHOD,
            writes: O::WRITES,
            anew,
            query: operation.query(),
            form: operation.form(),
        }
    }
}

/// A write's place among those of its client.
struct Turn<'a> {
    _place: Place<'a>,
    /// How long it took to come; `None`: no time.
    waited: Option<Duration>,
}

/// Waits for the call's turn to write.
fn turn<'a>(call: &Call<'a>, action: &str) -> Result<Turn<'a>, Error> {
    let Call { core, live, limits, .. } = call;
    if let Some(place) = live.gate.enter_at_once() {
        return Ok(Turn { _place: place, waited: None });
    }
    core.counters.gate_waits.count();
    core.log.write(Level::Info, || format!("{action}: waiting for the client's other writes"));
    let started = Instant::now();
    let place = live
        .gate
        .enter(limits)
        .map_err(|stop| stop.while_doing("waiting for the client's other writes", Status::Io, Outcome::NotSent))?;
    Ok(Turn { _place: place, waited: Some(started.elapsed()) })
}

/// Sends what is outgoing, and has the reply read by `read`, which returns the service's id of the request.
fn exchange(
    call: &Call<'_>,
    outgoing: Outgoing<'_>,
    credentials: &Credentials,
    number: u32,
    read: &mut dyn FnMut(&Reply) -> Result<String, Error>,
) -> Result<(Receipt, Signature), Error> {
    let Call { core, live, limits, .. } = call;
    let Outgoing { action, method, writes, anew, query, form } = outgoing;
    let turn = if writes { Some(turn(call, action)?) } else { None };
    let host = core.endpoint.host_header();
    let mut request = Request { method, host: &host, version: API_VERSION, action, query, form };
    let stamp = Stamp::new(core.clock.now())?;
    let (outgoing, signature) = signature::sign(core.signature_version, &mut request, credentials, &stamp);

    core.counters.attempts.count();
    let started = Instant::now();
    let exchanged = live.transport.exchange(outgoing, anew, &limits.within(core.timeouts.attempt));
    let took = started.elapsed();
    // Gives the place up: the log is the caller's, who may make another call in it.
    if let Some(waited) = turn.and_then(|turn| turn.waited) {
        let waited = waited.as_millis();
        core.log.write(Level::Info, || format!("{action}: waited {waited} ms for the client's other writes"));
    }
    let http_status = exchanged.as_ref().map_or(0, Reply::status);
    let redact = |text: &mut String| core.log.redact(text, signature.as_str());
    let mut answer = exchanged.and_then(|reply| read(&reply)).map_err(|error| {
        let signed = || signature::signed(core.signature_version, &request, credentials, &stamp);
        let explanation = mismatch::explain(&error, signed);
        // Other calls may have got so many since that these are forgotten.
        core.log.learn(&credentials.secrets());
        let error = error.redacted(redact);
        match explanation {
            Some(Explanation { message, advice }) => error.and_says(&message).advice_is(advice),
            None => error,
        }
    });
    answer.iter_mut().for_each(redact);
    core.log.write(Level::Debug, || {
        let reply = if http_status == 0 { "no reply".to_owned() } else { format!("HTTP {http_status}") };
        let end = match &answer {
            Ok(request_id) => format!("request {request_id}"),
            Err(error) => error.to_string(),
        };
        format!("{action} to {host}: attempt {number}: {reply} after {} ms: {end}", took.as_millis())
    });
    answer.map(|request_id| (Receipt { attempt: number, http_status, request_id }, signature))
}
