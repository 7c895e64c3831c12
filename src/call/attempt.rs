//! One attempt: one HTTP exchange, from the operation's arguments to its reply or the error that says what it did.

use std::time::Instant;

use super::redaction::Redaction;
use super::{Limits, reply};
use crate::client::Core;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::log::Level;
use crate::operation::{API_VERSION, Operation, Receipt};
use crate::signature::{self, Request, Stamp};
use crate::transport::Reply;

/// Sends `operation` once, as the call's attempt of this `number`.
pub(super) fn attempt<O: Operation>(
    core: &Core,
    operation: &O,
    number: u32,
    credentials: &Credentials,
    limits: &Limits,
) -> Result<(O::Reply, Receipt), Error> {
    core.endpoint_may_see(credentials)?;
    let host = core.endpoint.host_header();
    let request = Request {
        method: "POST",
        host: &host,
        version: API_VERSION,
        action: O::ACTION,
        query: vec![],
        form: operation.form(),
    };
    let signed = signature::sign(core.signature_version, &request, credentials, &Stamp::now()?);

    let started = Instant::now();
    let exchanged = core.transport.exchange(signed, &limits.within(core.timeouts.attempt));
    let http_status = exchanged.as_ref().map_or(0, Reply::status);
    let answer = exchanged.and_then(|reply| reply::read(&reply)).map_err(|error| {
        let redaction = Redaction::of(credentials);
        error.redacted(|text| redaction.apply(text)).attempts_are(number)
    });
    core.log.write(Level::Debug, || {
        let milliseconds = started.elapsed().as_millis();
        let end = match &answer {
            Ok((_, request_id)) => format!("request {request_id}"),
            Err(error) => error.to_string(),
        };
        format!("{} to {host}: attempt {number}: HTTP {http_status} after {milliseconds} ms: {end}", O::ACTION)
    });
    answer.map(|(reply, request_id)| (reply, Receipt { attempt: number, http_status, request_id }))
}
