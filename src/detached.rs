//! Signs requests that others send, and reads their replies. Uses no client, socket or clock.

use std::fmt;
use std::time::SystemTime;

use serde_json::value::RawValue;

use crate::endpoint::Endpoint;
use crate::error::{Error, Outcome};
use crate::http::Reply;
use crate::log::NOWHERE;
use crate::operation::{
    Action, ActionReply, AnyAction, Effect, Operation, PreparedAction, READ_BACK, Receipt, check_action, effect_of,
};
use crate::reply;
use crate::signature::{self, Credentials, Request, SignatureVersion, SignedRequest, Stamp};

/// The default endpoint of [`sign_with`].
const DEFAULT_ENDPOINT: &str = "https://esa.cn-hangzhou.aliyuncs.com";

/// Everything that a signature depends on besides the request.
///
/// ```
/// use std::time::SystemTime;
///
/// use esa::{AnyAction, Credentials, SignWith, sign_with};
///
/// let credentials = Credentials::new("id", "secret")?;
/// let with = SignWith::new(&credentials, SystemTime::now(), "a-nonce-of-its-own");
/// let action = AnyAction::new("GetRoutine").with_params(r#"{"Name": "my-routine"}"#);
/// let request = sign_with(&with.with_endpoint("esa.ap-southeast-1.aliyuncs.com"), &action)?;
/// assert!(request.url.starts_with("https://esa.ap-southeast-1.aliyuncs.com/"));
/// # Ok::<(), esa::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SignWith<'a> {
    /// The credentials to sign with.
    pub credentials: &'a Credentials,
    /// The server: `host`, `host:port` or `https://host:port`. `None`: that of `cn-hangzhou`.
    pub endpoint: Option<&'a str>,
    /// When the request is sent. The service accepts a difference below 15 minutes.
    pub date: SystemTime,
    /// 1 to 64 characters of printable ASCII. Each request needs a different one.
    pub nonce: &'a str,
    /// The signature's version.
    pub signature_version: SignatureVersion,
}

impl<'a> SignWith<'a> {
    /// Signs as current SDKs do, for the endpoint of `cn-hangzhou`.
    pub fn new(credentials: &'a Credentials, date: SystemTime, nonce: &'a str) -> SignWith<'a> {
        SignWith { credentials, endpoint: None, date, nonce, signature_version: SignatureVersion::default() }
    }

    /// Sets the server.
    pub fn with_endpoint(self, endpoint: &'a str) -> SignWith<'a> {
        SignWith { endpoint: Some(endpoint), ..self }
    }

    /// Sets the signature's version.
    pub fn with_signature_version(self, signature_version: SignatureVersion) -> SignWith<'a> {
        SignWith { signature_version, ..self }
    }
}

/// Signs an action for another program to send. The same arguments give the same request.
pub fn sign_with(with: &SignWith<'_>, action: &AnyAction<'_>) -> Result<SignedRequest, Error> {
    sign_prepared_with(with, &action.prepare()?)
}

pub(crate) fn sign_prepared_with(with: &SignWith<'_>, action: &PreparedAction) -> Result<SignedRequest, Error> {
    let endpoint = Endpoint::parse(with.endpoint.unwrap_or(DEFAULT_ENDPOINT))?;
    let stamp = Stamp::given(with.date, with.nonce)?;
    sign(action, &endpoint, with.signature_version, with.credentials, &stamp)
}

/// Signs an operation that another program sends to `endpoint`.
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

/// A reply of the service that another program received.
///
/// ```
/// use esa::{ReceivedReply, ServiceCode, read_reply};
///
/// let body = br#"{"Code": "RoutineNotExist", "Message": "no such routine", "RequestId": "R-1"}"#;
/// let received = ReceivedReply::new(400, &[("Content-Type", "application/json")], body).with_action("GetRoutine");
/// assert_eq!(read_reply(&received).unwrap_err().service_code(), ServiceCode::RoutineNotExist);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ReceivedReply<'a> {
    /// The action that it answers, such as `CreateRoutine`. `None`: a write, unless `effect` says otherwise.
    pub action: Option<&'a str>,
    /// Whether the action changes something. `None`: as the library knows it.
    pub effect: Option<Effect>,
    /// 100 to 999.
    pub http_status: u16,
    /// Names, in any case, and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, without any transfer or content coding.
    pub body: &'a [u8],
}

impl<'a> ReceivedReply<'a> {
    /// Returns the reply to a write, unless [`with_action`](ReceivedReply::with_action) or
    /// [`with_effect`](ReceivedReply::with_effect) says otherwise.
    pub fn new(http_status: u16, headers: &'a [(&'a str, &'a str)], body: &'a [u8]) -> ReceivedReply<'a> {
        ReceivedReply { action: None, effect: None, http_status, headers, body }
    }

    /// Sets the action that it answers.
    pub fn with_action(self, action: &'a str) -> ReceivedReply<'a> {
        ReceivedReply { action: Some(action), ..self }
    }

    /// Sets whether the action changes something, instead of what the library knows.
    pub fn with_effect(self, effect: Effect) -> ReceivedReply<'a> {
        ReceivedReply { effect: Some(effect), ..self }
    }
}

/// Leaves out headers and body: they may hold secrets.
impl fmt::Debug for ReceivedReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReceivedReply { action, http_status, .. } = self;
        f.debug_struct("ReceivedReply")
            .field("action", action)
            .field("http_status", http_status)
            .finish_non_exhaustive()
    }
}

/// Reads a reply. Returns the service's answer or the error.
///
/// The error has the same fields as a client's: what the request did, whether a later attempt may succeed, how long the
/// service asks to wait, and what to do. It covers only this request, not other requests of the same work.
pub fn read_reply(received: &ReceivedReply<'_>) -> Result<ActionReply, Error> {
    let ReceivedReply { action, effect, http_status, headers, body } = *received;
    action.map_or(Ok(()), check_action)?;
    check_received(http_status, headers)?;
    let reply = Reply::new(http_status, headers, body);
    match reply::read::<Box<RawValue>>(&reply) {
        Ok((body, request_id)) => Ok(ActionReply::of(body, Receipt { attempt: 0, http_status, request_id })),
        Err(error) => {
            let error = match (effect_of(action.unwrap_or_default(), effect), error.outcome()) {
                (Effect::Reads, Outcome::Unknown) => error.with_outcome(Outcome::NotSent),
                (Effect::Writes, Outcome::Unknown) => error.with_advice(READ_BACK),
                _ => error,
            };
            Err(NOWHERE.redacted(error))
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
            return Err(Error::invalid_argument(&field, "is invalid: it has no name, or the end of a line in it"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::error::ErrorKind;
    use crate::service_code::ServiceCode;

    fn signed(signature_version: SignatureVersion, endpoint: Option<&str>, action: &AnyAction<'_>) -> SignedRequest {
        let credentials = &Credentials::new("testid", "testsecret").unwrap();
        let date = UNIX_EPOCH + Duration::from_secs(1_735_787_045);
        let nonce = "0123456789abcdef0123456789abcdef";
        sign_with(&SignWith { credentials, endpoint, date, nonce, signature_version }, action).unwrap()
    }

    fn create() -> AnyAction<'static> {
        let params = r#"{"SiteId":54362329990032,"Name":"test-routine1","RecordName":"test-record-1.example.com"}"#;
        AnyAction::new("CreateRoutineRelatedRecord").with_params(params)
    }

    #[test]
    fn a_request_is_signed_as_the_official_code_signs_it() {
        let request = signed(SignatureVersion::V3, None, &create());

        assert_eq!((request.method, request.url.as_str()), ("POST", "https://esa.cn-hangzhou.aliyuncs.com/"));
        assert_eq!(request.body, "Name=test-routine1&RecordName=test-record-1.example.com&SiteId=54362329990032");
        let authorization = request.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        let signature = "94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4";
        assert!(authorization.1.ends_with(signature), "{authorization:?}");
        assert!(!format!("{request:?}").contains(signature));
    }

    #[test]
    fn the_url_is_the_server_s_with_the_query() {
        let action = AnyAction::new("GetSite").with_params(r#"{"SiteId":7,"A":"b c"}"#);
        let request = signed(SignatureVersion::V3, Some("http://127.0.0.1:8080"), &action);
        assert_eq!((request.method, request.url.as_str()), ("GET", "http://127.0.0.1:8080/?A=b%20c&SiteId=7"));
        assert!(request.headers.contains(&("host".to_owned(), "127.0.0.1:8080".to_owned())));

        let request = signed(SignatureVersion::V1, Some("esa.ap-southeast-1.aliyuncs.com"), &action);
        assert!(request.url.starts_with("https://esa.ap-southeast-1.aliyuncs.com/?AccessKeyId=testid&Action=GetSite&"));
        assert!(request.url.contains("&Signature="), "{}", request.url);
    }

    fn read(
        action: Option<&str>,
        http_status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<ActionReply, Error> {
        read_reply(&ReceivedReply { action, effect: None, http_status, headers, body: body.as_bytes() })
    }

    #[test]
    fn a_success_is_handed_out_as_it_is() {
        let body = "{ \"A\" : 1.50,\"RequestId\":\"R\" }";
        let reply = read(Some("GetSite"), 200, &[], body).unwrap();

        assert_eq!((reply.body.as_str(), reply.request_id.as_str(), reply.attempts), (body, "R", 0));
        assert_eq!(read(None, 204, &[("X-Acs-Request-Id", "H")], "{}").unwrap().request_id, "H");
    }

    #[test]
    fn what_a_request_did_follows_from_its_reply_and_its_effect() {
        let outcome = |action, http_status, body: &str| {
            let error = read(action, http_status, &[], body).unwrap_err();
            (error.kind(), error.outcome(), error.advice() == READ_BACK)
        };
        let failed = r#"{"Code":"InternalException"}"#;
        assert_eq!(outcome(Some("CreateRoutine"), 400, failed), (ErrorKind::Server, Outcome::Unknown, true));
        assert_eq!(outcome(Some("GetRoutine"), 400, failed), (ErrorKind::Server, Outcome::NotSent, false));
        assert_eq!(outcome(Some("BrandNew"), 400, failed), (ErrorKind::Server, Outcome::Unknown, true));
        assert_eq!(outcome(None, 200, "<html>"), (ErrorKind::Response, Outcome::Unknown, true));
        let busy = r#"{"Code":"LockFailed"}"#;
        assert_eq!(outcome(Some("CreateRoutine"), 400, busy), (ErrorKind::Busy, Outcome::Refused, false));

        let effect = Some(Effect::Reads);
        let received = ReceivedReply { action: None, effect, http_status: 502, headers: &[], body: b"" };
        assert_eq!(read_reply(&received).unwrap_err().outcome(), Outcome::NotSent);
    }

    #[test]
    fn an_error_has_what_the_headers_say() {
        let headers = [("Retry-After", "2"), ("x-acs-request-id", "H")];
        let error = read(None, 400, &headers, r#"{"Code":"Throttling.User","Message":"m\nn"}"#).unwrap_err();

        assert_eq!((error.service_code(), error.retryable()), (ServiceCode::ThrottlingUser, true));
        assert_eq!((error.retry_after(), error.request_id()), (Some(Duration::from_secs(2)), "H"));
        assert!(!error.message().contains('\n'), "{error}");
    }

    #[test]
    fn what_is_no_reply_is_refused_by_its_field() {
        let refusal = |http_status, headers: &[(&str, &str)]| read(None, http_status, headers, "").unwrap_err();
        for http_status in [0, 99, 1000] {
            assert!(refusal(http_status, &[]).message().starts_with("http_status is "), "{http_status}");
        }
        for header in [("", "a"), ("a:", "b"), ("a\n", "b"), ("a", "b\r\nc: d")] {
            assert!(refusal(200, &[("x", "y"), header]).message().starts_with("headers[1] "), "{header:?}");
        }
        assert_eq!(read(Some("a b"), 200, &[], "{}").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}
