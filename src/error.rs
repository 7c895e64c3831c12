//! What a failed call tells its caller: the kind of failure, what the call did, and what to do about it.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use crate::error_kind::{ErrorKind, Outcome, UnknownNumber};
use crate::service_code::ServiceCode;

/// Why a call failed, what it did, and what to do about it.
///
/// No text in it holds a secret of the client's, in whatever form the service repeats it; and each is one line.
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
    /// The date of the reply, where it is one to set a clock by.
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

/// The words of an error reply, as the service sent them.
#[derive(Debug, Default)]
pub(crate) struct ServiceWords {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: String,
    pub(crate) recommend: String,
    /// JSON.
    pub(crate) access_denied_detail: String,
}

impl Error {
    /// A failure that the library found itself, before anything was sent.
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

    /// A bad argument; `field` is the name that the caller knows it by.
    pub(crate) fn invalid_argument(field: &str, reason: impl fmt::Display) -> Error {
        Error::new(ErrorKind::InvalidArgument, format!("{field} {reason}"))
    }

    /// A failure of the system's. `kind` is its kind, unless no file descriptors are left.
    pub(crate) fn of_system(kind: ErrorKind, doing: impl fmt::Display, cause: &io::Error) -> Error {
        if is_out_of_descriptors(cause) {
            return Error::out_of_descriptors(doing);
        }
        Error::new(kind, format!("{doing}: {cause}"))
    }

    pub(crate) fn out_of_descriptors(doing: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Descriptors, format!("{doing}: no file descriptors are left")).with_retryable(true)
    }

    /// A reply that can't be read, so that it doesn't say what became of the request.
    pub(crate) fn unreadable(reason: impl fmt::Display) -> Error {
        let error = Error::new(ErrorKind::Response, format!("the reply can't be read: {reason}"));
        error.with_outcome(Outcome::Unknown).with_retryable(true)
    }

    /// What the service said about itself, as it said it.
    pub(crate) fn refused_by_service(code: ServiceCode, http_status: u16, words: ServiceWords) -> Error {
        let verdict = code.verdict(&words.code, http_status, !words.request_id.is_empty());
        let mut error = Error::new(verdict.kind, words.message);
        error.0.outcome = verdict.outcome;
        error.0.retryable = verdict.retryable;
        error.0.advice = Cow::Borrowed(verdict.advice);
        error.0.service_code = code;
        error.0.http_status = http_status;
        error.0.code = words.code;
        error.0.request_id = words.request_id;
        error.0.recommend = words.recommend;
        error.0.access_denied_detail = words.access_denied_detail;
        error
    }

    #[cfg(test)]
    pub(crate) fn of_code(word: &str) -> Error {
        let words = ServiceWords { code: word.to_owned(), ..ServiceWords::default() };
        Error::refused_by_service(ServiceCode::of(word), 400, words)
    }

    /// The same failure with another outcome, and the advice that goes with it.
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

    /// The same failure, of a connection that was kept and turned out to be closed when a request was on its way.
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

    /// The same failure, caused by `source`, whose text the message has already. It must hold no secret.
    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        self.0.source = Some(Source(Arc::new(source)));
        self
    }

    /// The same failure, with the cause of another one that it came of.
    pub(crate) fn with_source_of(mut self, other: &Error) -> Error {
        self.0.source.clone_from(&other.0.source);
        self
    }

    /// The same failure, with what the library has to say about it.
    pub(crate) fn and_says(mut self, text: &str) -> Error {
        self.0.message = format!("{}; {text}", self.0.message.trim_end_matches('.'));
        self
    }

    /// The same failure, of which the outcome stays unknown because reading back failed as well.
    pub(crate) fn and_reading_back_failed(mut self, reason: &Error) -> Error {
        self.0.message = format!("{}; reading back failed: {reason}", self.0.message);
        match reason.kind() {
            ErrorKind::Forbidden => self.with_advice(
                "The request may have been carried out, and these credentials can't read back: allow them \
                 esa:ListRoutineRelatedRecords on * (a policy for one site doesn't cover it).",
            ),
            ErrorKind::Response if self.0.kind == ErrorKind::Response => self.with_advice(
                "The request may have been carried out. Something between this machine and the service answers in its \
                 place, a proxy or a portal: check the endpoint and the way there, then read back.",
            ),
            _ => self,
        }
    }

    /// The same failure, with the reply that it was read from.
    pub(crate) fn in_reply(mut self, http_status: u16, request_id: &str) -> Error {
        self.0.http_status = http_status;
        self.0.request_id = request_id.to_owned();
        self
    }

    /// Passes every text through `redact`, but for advice that is the library's own words alone.
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

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the call did at the service.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// The service's code, typed; [`ServiceCode::None`] where the service gave none.
    pub fn service_code(&self) -> ServiceCode {
        self.0.service_code
    }

    /// The HTTP status of the reply; `None` where there was no reply.
    pub fn http_status(&self) -> Option<u16> {
        Some(self.0.http_status).filter(|&status| status != 0)
    }

    /// How many requests the call sent, or tried to send.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the service asks to wait before the next try, where it does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later without anything being changed.
    ///
    /// With [`Outcome::Unknown`], read back first whether the record is there.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }

    /// The service's code, verbatim, such as `Throttling.User`; empty where the service gave none.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The service's words, or the library's.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it.
    pub fn advice(&self) -> &str {
        &self.0.advice
    }

    /// The service's id of the request, for its support; empty where there was none.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// A link to the service's own help on this error; may be empty.
    pub fn recommend(&self) -> &str {
        &self.0.recommend
    }

    /// Which permission was missing, as the service's JSON; empty where it doesn't say.
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

/// The source is the `std::io::Error` or the `rustls::Error` that caused the failure. The message has its text already.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|Source(source)| &**source as _)
    }
}

/// Whether the process, or the machine, has no file descriptors left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// What to do about a failure that carries no service code.
fn advice(kind: ErrorKind, outcome: Outcome) -> &'static str {
    if outcome == Outcome::Unknown {
        return "The request may have been carried out: read back whether the record is there before you try again.";
    }
    match kind {
        ErrorKind::InvalidArgument => "Correct the argument that the message names.",
        ErrorKind::Unsupported => "Leave fields that this version doesn't know at zero, or use a newer library.",
        ErrorKind::Config => "Correct the configuration as the message says.",
        ErrorKind::Credentials => {
            "Correct what the message says of the place that is meant to have them; or set ALIBABA_CLOUD_ACCESS_KEY_ID and \
             ALIBABA_CLOUD_ACCESS_KEY_SECRET, or give the client credentials."
        }
        ErrorKind::Lock => "Repair the lock that the client shares with others. Nothing was sent without it.",
        ErrorKind::Cancelled => "Nothing has changed; call again when you like.",
        ErrorKind::Forked => "Make a client of its own in the child process.",
        ErrorKind::Descriptors => {
            "Close files or connections, make fewer calls at once, or raise the limit (ulimit -n)."
        }
        ErrorKind::Dns => "Check the endpoint's name and this machine's name resolution.",
        ErrorKind::Connect => "Check that this machine may reach the endpoint: network, firewall, port.",
        ErrorKind::Proxy => "Check the proxy's address, and what it allows.",
        ErrorKind::Tls => {
            "Check the certificate authorities, this machine's clock, and what stands between it and the endpoint."
        }
        ErrorKind::Timeout => "Try again, with a longer time limit where the network is slow.",
        ErrorKind::Io => "Try again.",
        ErrorKind::Response => {
            "Check that the endpoint is the service and that no proxy or portal answers in its place."
        }
        ErrorKind::Throttled => "Wait, then try again with fewer calls at once.",
        ErrorKind::Busy => "Wait a few seconds, then try again.",
        ErrorKind::Server => "Try again later; give the request id to the service's support if it stays.",
        ErrorKind::Internal => "This is a bug in the library: please report it with the message.",
        _ => "Read the message; give the request id to the service's support if it doesn't help.",
    }
}
