//! Errors of calls: the kind of failure, what the call did, and what to do about it.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use crate::error_kind::{ErrorKind, Outcome, UnknownNumber};
use crate::service_code::ServiceCode;

/// Why a call failed, what it did, and what to do about it.
///
/// Each text is one line. No text holds a secret of the client's, even if the service repeats one in another encoding.
///
/// ```
/// use esa::{CallOptions, Client, Config, Credentials, ErrorKind, GetMatchSiteRequest, Outcome};
///
/// let mut config = Config::new();
/// config.endpoint("http://127.0.0.1:1").max_attempts(1).credentials(Credentials::new("id", "secret")?);
/// let client = Client::new(&config)?;
///
/// let request = GetMatchSiteRequest::new("app.example.com");
/// let error = client.get_match_site(&request, &CallOptions::new()).unwrap_err();
/// assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
/// # Ok::<(), esa::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    kind: ErrorKind,
    outcome: Outcome,
    service_code: ServiceCode,
    http_status: u16,
    attempts: u32,
    retry_after: Option<Duration>,
    retryable: bool,
    stale: bool,
    code: String,
    message: String,
    advice: Cow<'static, str>,
    request_id: String,
    recommend: String,
    access_denied_detail: String,
    /// The date of the reply, if it is fit to correct a clock.
    reply_date: Option<SystemTime>,
    source: Option<Source>,
}

/// What caused a failure. Two are equal if they say the same.
#[derive(Clone, Debug)]
struct Source(Arc<dyn std::error::Error + Send + Sync>);

impl PartialEq for Source {
    fn eq(&self, other: &Source) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Source {}

/// The texts of an error reply, as the service sent them.
#[derive(Debug, Default)]
pub(crate) struct ErrorBody {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: String,
    pub(crate) recommend: String,
    /// JSON.
    pub(crate) access_denied_detail: String,
}

impl Error {
    /// Returns a failure that the library found itself, before anything was sent.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Details {
            kind,
            outcome: Outcome::NotSent,
            service_code: ServiceCode::None,
            http_status: 0,
            attempts: 0,
            retry_after: None,
            retryable: false,
            stale: false,
            code: String::new(),
            message: message.into(),
            advice: Cow::Borrowed(advice(kind, Outcome::NotSent)),
            request_id: String::new(),
            recommend: String::new(),
            access_denied_detail: String::new(),
            reply_date: None,
            source: None,
        }))
    }

    /// Returns the error of a bad argument. `field` is the name that the caller knows it by.
    pub(crate) fn invalid_argument(field: &str, reason: impl fmt::Display) -> Error {
        Error::new(ErrorKind::InvalidArgument, format!("{field} {reason}"))
    }

    /// Returns the error of a failed system call. The kind is `kind`, unless no file descriptors are left.
    pub(crate) fn of_system(kind: ErrorKind, doing: impl fmt::Display, cause: &io::Error) -> Error {
        if is_out_of_descriptors(cause) {
            return Error::out_of_descriptors(doing);
        }
        Error::new(kind, format!("{doing}: {cause}"))
    }

    pub(crate) fn out_of_descriptors(doing: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Descriptors, format!("{doing}: no file descriptors are left")).with_retryable(true)
    }

    /// Returns the error of a reply that can't be read. It leaves unknown what became of the request.
    pub(crate) fn unreadable(reason: impl fmt::Display) -> Error {
        let error = Error::new(ErrorKind::Response, format!("the reply can't be read: {reason}"));
        error.with_outcome(Outcome::Unknown).with_retryable(true)
    }

    /// Returns the error that the service reported.
    pub(crate) fn refused_by_service(code: ServiceCode, http_status: u16, fields: ErrorBody) -> Error {
        let verdict = code.verdict(&fields.code, http_status, !fields.request_id.is_empty());
        let mut error = Error::new(verdict.kind, fields.message);
        error.0.outcome = verdict.outcome;
        error.0.retryable = verdict.retryable;
        error.0.advice = Cow::Borrowed(verdict.advice);
        error.0.service_code = code;
        error.0.http_status = http_status;
        error.0.code = fields.code;
        error.0.request_id = fields.request_id;
        error.0.recommend = fields.recommend;
        error.0.access_denied_detail = fields.access_denied_detail;
        error
    }

    #[cfg(test)]
    pub(crate) fn of_code(code: &str) -> Error {
        let fields = ErrorBody { code: code.to_owned(), ..ErrorBody::default() };
        Error::refused_by_service(ServiceCode::of(code), 400, fields)
    }

    /// Returns the failure with another outcome, and the advice for it.
    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Error {
        self.0.outcome = outcome;
        self.0.advice = Cow::Borrowed(advice(self.0.kind, outcome));
        self
    }

    pub(crate) fn with_advice(mut self, advice: impl Into<Cow<'static, str>>) -> Error {
        self.0.advice = advice.into();
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Error {
        self.0.retryable = retryable;
        self
    }

    /// Marks whether the pooled connection turned out to be closed when the request was sent.
    pub(crate) fn with_stale(mut self, stale: bool) -> Error {
        self.0.stale = stale;
        self
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.0.stale
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Error {
        self.0.retry_after = delay;
        self
    }

    pub(crate) fn with_reply_date(mut self, date: Option<SystemTime>) -> Error {
        self.0.reply_date = date;
        self
    }

    pub(crate) fn reply_date(&self) -> Option<SystemTime> {
        self.0.reply_date
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Error {
        self.0.attempts = attempts;
        self
    }

    /// Sets the cause. The message has the text of `source` already. `source` must hold no secret.
    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        self.0.source = Some(Source(Arc::new(source)));
        self
    }

    /// Takes over the cause of another failure.
    pub(crate) fn with_source_of(mut self, other: &Error) -> Error {
        self.0.source.clone_from(&other.0.source);
        self
    }

    /// Appends the library's own explanation to the message.
    pub(crate) fn and_says(mut self, text: &str) -> Error {
        self.0.message = format!("{}; {text}", self.0.message.trim_end_matches('.'));
        self
    }

    /// Appends that reading back failed as well. The outcome stays unknown.
    pub(crate) fn and_reading_back_failed(mut self, reason: &Error) -> Error {
        self.0.message = format!("{}; reading back failed: {reason}", self.0.message);
        match reason.kind() {
            ErrorKind::Forbidden => self.with_advice(
                "The request may have been carried out, and these credentials can't read back: allow them \
                 esa:ListRoutineRelatedRecords on * (a policy for one site doesn't cover it).",
            ),
            ErrorKind::Response if self.0.kind == ErrorKind::Response => self.with_advice(
                "The request may have been carried out. A proxy or a portal answered instead of the service: check \
                 the endpoint and the network, then read back.",
            ),
            _ => self,
        }
    }

    /// Sets the HTTP status and the request id of the reply.
    pub(crate) fn in_reply(mut self, http_status: u16, request_id: &str) -> Error {
        self.0.http_status = http_status;
        self.0.request_id = request_id.to_owned();
        self
    }

    /// Redacts every text, except advice that is a constant of the library.
    pub(crate) fn redacted(mut self, redact: impl Fn(&mut String)) -> Error {
        let Details { code, message, request_id, recommend, access_denied_detail, advice, .. } = &mut *self.0;
        for text in [code, message, request_id, recommend, access_denied_detail] {
            redact(text);
        }
        if let Cow::Owned(advice) = advice {
            redact(advice);
        }
        self
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns what the call did at the service.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Returns the service's code as an enum. [`ServiceCode::None`] if the service gave no code.
    pub fn service_code(&self) -> ServiceCode {
        self.0.service_code
    }

    /// Returns the HTTP status of the reply. `None` if there was no reply.
    pub fn http_status(&self) -> Option<u16> {
        Some(self.0.http_status).filter(|&status| status != 0)
    }

    /// Returns how many requests the call sent or tried to send.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns how long the service asks to wait before the next attempt, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns whether the same call may succeed later without any change.
    ///
    /// If the outcome is [`Outcome::Unknown`], first read back whether the record is there.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }

    /// Returns the service's code as it was sent, such as `Throttling.User`. Empty if the service gave no code.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Returns the service's message, or the library's.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns what to do about the failure.
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// Returns the service's id of the request, for its support. Empty if there was none.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// Returns a link to the service's help on this error. May be empty.
    pub fn recommend(&self) -> &str {
        &self.0.recommend
    }

    /// Returns which permission is missing, as the service's JSON. Empty if the service doesn't say.
    pub fn access_denied_detail(&self) -> &str {
        &self.0.access_denied_detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { code, message, request_id, http_status, .. } = &*self.0;
        if !code.is_empty() {
            write!(f, "{code}: ")?;
        }
        f.write_str(message)?;
        match (http_status, request_id.as_str()) {
            (0, _) => Ok(()),
            (status, "") => write!(f, " (HTTP {status})"),
            (status, id) => write!(f, " (HTTP {status}, request {id})"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The source is the `std::io::Error` or the `rustls::Error` that caused the failure. The message already has its text.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|Source(source)| &**source as _)
    }
}

/// Whether the process, or the machine, has no file descriptors left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Returns what to do about a failure that has no service code.
fn advice(kind: ErrorKind, outcome: Outcome) -> &'static str {
    if outcome == Outcome::Unknown {
        return "The request may have been carried out: read back whether the record is there before you try again.";
    }
    match kind {
        ErrorKind::InvalidArgument => "Correct the argument that the message names.",
        ErrorKind::Unsupported => "Set fields that this version doesn't know to zero, or use a newer library.",
        ErrorKind::Config => "Correct the configuration as the message says.",
        ErrorKind::Credentials => {
            "Correct what the message says. Or set ALIBABA_CLOUD_ACCESS_KEY_ID and \
             ALIBABA_CLOUD_ACCESS_KEY_SECRET, or give the client credentials."
        }
        ErrorKind::Lock => "Repair the lock that the client shares with others. Nothing was sent without it.",
        ErrorKind::Cancelled => "Nothing has changed; call again when you like.",
        ErrorKind::Forked => "Create an esa_multi (in Python: an event loop) in the child process. Clients work there.",
        ErrorKind::Descriptors => {
            "Close files or connections, make fewer calls at once, or raise the limit (ulimit -n)."
        }
        ErrorKind::Dns => "Check the endpoint's name and this machine's name resolution.",
        ErrorKind::Connect => "Check that this machine can reach the endpoint: network, firewall, port.",
        ErrorKind::Proxy => "Check the proxy's address, and what it allows.",
        ErrorKind::Tls => {
            "Check the certificate authorities, this machine's clock, and any proxy or gateway between it and the endpoint."
        }
        ErrorKind::Timeout => "Try again. If the network is slow, set a longer time limit.",
        ErrorKind::Io => "Try again.",
        ErrorKind::Response => {
            "Check that the endpoint is the service's, and that no proxy or portal answers instead of it."
        }
        ErrorKind::Throttled => "Wait, then try again with fewer calls at once.",
        ErrorKind::Busy => "Wait a few seconds, then try again.",
        ErrorKind::Server => "Try again later. If it fails again, give the request id to the service's support.",
        ErrorKind::Internal => "This is a bug in the library: please report it with the message.",
        _ => "Read the message. If it doesn't help, give the request id to the service's support.",
    }
}
