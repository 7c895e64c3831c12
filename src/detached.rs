//! Requests that others send: signed here, and their replies read here. No client, socket or clock has a part in it.

use std::time::SystemTime;

use serde_json::value::RawValue;

use crate::endpoint::Endpoint;
use crate::error::{Error, Outcome};
use crate::http::Reply;
use crate::log::Log;
use crate::operation::{
    Action, ActionReply, AnyAction, Effect, Operation, READ_BACK, Receipt, check_action, effect_of,
};
use crate::reply;
use crate::signature::{self, Credentials, Request, SignatureVersion, SignedRequest, Stamp};

/// Where [`sign_with`] signs for if the caller doesn't say.
const DEFAULT_ENDPOINT: &str = "https://esa.cn-hangzhou.aliyuncs.com";

/// What a request is signed with: all that a signature depends on besides the request.
#[derive(Clone, Copy, Debug)]
pub struct SignWith<'a> {
    /// As whom.
    pub credentials: &'a Credentials,
    /// For which server: `host`, `host:port` or `https://host:port`; `None`: that of `cn-hangzhou`.
    pub endpoint: Option<&'a str>,
    /// When it is sent. The service takes what is off by less than 15 minutes.
    pub date: SystemTime,
    /// 1 to 64 characters of printable ASCII that no other request has.
    pub nonce: &'a str,
    /// How.
    pub signature_version: SignatureVersion,
}

/// Signs an action for somebody else to send. The same arguments give the same request.
pub fn sign_with(with: &SignWith<'_>, action: &AnyAction<'_>) -> Result<SignedRequest, Error> {
    let endpoint = Endpoint::parse(with.endpoint.unwrap_or(DEFAULT_ENDPOINT))?;
    let stamp = Stamp::given(with.date, with.nonce)?;
    sign(&action.prepare()?, &endpoint, with.signature_version, with.credentials, &stamp)
}

/// Signs an operation for whoever sends it to `endpoint`.
pub(crate) fn sign(
    operation: &impl Operation,
    endpoint: &Endpoint,
    signature_version: SignatureVersion,
    credentials: &Credentials,
    stamp: &Stamp,
) -> Result<SignedRequest, Error> {
    let Action { name: action, method, version, .. } = operation.action();
    let (host, query, form) = (endpoint.host_header(), operation.query(), operation.form());
    let mut request = Request { method, host: &host, version, action, query, form };
    let (signed, _) = signature::sign(signature_version, &mut request, credentials, stamp);
    SignedRequest::of(&signed, method, &endpoint.url())
}

/// A reply of the service, as somebody else received it.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedReply<'a> {
    /// What it answers, such as `CreateRoutine`; `None`: an action that changes something, unless `effect` says otherwise.
    pub action: Option<&'a str>,
    /// Whether the action changes something; `None`: as the library knows it.
    pub effect: Option<Effect>,
    /// 100 to 999.
    pub http_status: u16,
    /// Names, in either case, and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, as it is after any transfer and content coding.
    pub body: &'a [u8],
}

/// Reads a reply: what the service answered, or the error that it stands for.
///
/// The error has what a client's has: what the request did, whether trying again may help, for how long the service asks to
/// wait, and what to do. It is one request's: of what others of the same work did it knows nothing.
pub fn read_reply(received: &ReceivedReply<'_>) -> Result<ActionReply, Error> {
    let ReceivedReply { action, effect, http_status, headers, body } = *received;
    action.map_or(Ok(()), check_action)?;
    check_received(http_status, headers)?;
    let reply = Reply::new(http_status, headers, body);
    match reply::read::<Box<RawValue>>(&reply) {
        Ok((body, request_id)) => Ok(ActionReply::of(body, Receipt { attempt: 0, http_status, request_id })),
        Err(error) => {
            let error = match (effect_of(action.unwrap_or_default(), effect), error.outcome()) {
                (Effect::Reads, Outcome::Unknown) => error.outcome_is(Outcome::NotSent),
                (Effect::Writes, Outcome::Unknown) => error.advice_is(READ_BACK),
                _ => error,
            };
            Err(Log::default().redacted(error))
        }
    }
}

fn check_received(http_status: u16, headers: &[(&str, &str)]) -> Result<(), Error> {
    if !(100..=999).contains(&http_status) {
        return Err(Error::invalid_argument("http_status", format_args!("is {http_status}; it is 100 to 999")));
    }
    let ends_a_line = |text: &str| text.contains(['\r', '\n']);
    for (number, (name, value)) in headers.iter().enumerate() {
        if name.is_empty() || name.contains(':') || ends_a_line(name) || ends_a_line(value) {
            let field = format!("headers[{number}]");
            return Err(Error::invalid_argument(&field, "is no header: it has no name, or the end of a line in it"));
        }
    }
    Ok(())
}
