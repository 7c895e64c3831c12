//! What a provider works with: the environment, and requests to servers within the call's limits.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::{Deserialize, DeserializeOwned};
use zeroize::Zeroizing;

use super::Failure;
use super::issued::TemporaryKey;
use super::servers::Servers;
use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};
use crate::error::Error;
use crate::file;
use crate::http::{HttpRequest, Reply};
use crate::log::{Level, Scope};
use crate::reply::{self, read_error};
use crate::service_code::ServiceCode;
use crate::stats::Counters;
use crate::transport::{Destination, Settings, Transport};
use crate::wait::{Limits, Permit};

/// The client's environment, as it was when the client was created.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(super) environment: Environment,
    /// The STS endpoint, instead of its own address.
    pub(super) sts: Option<Endpoint>,
    /// The endpoint of the instance metadata, instead of its own address.
    pub(super) metadata: Option<Endpoint>,
}

impl Surroundings {
    pub(super) fn new(environment: &Environment) -> Result<Surroundings, Error> {
        Ok(Surroundings {
            sts: Endpoint::in_variable(environment::STS_ENDPOINT, environment)?,
            metadata: Endpoint::in_variable(environment::METADATA_ENDPOINT, environment)?,
            environment: environment.clone(),
        })
    }
}

/// The call that needs credentials, and the parts of its client that it uses.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) limits: Limits<'a>,
    /// How long one request may take.
    pub(crate) attempt: Duration,
    pub(crate) clock: &'a Clock,
    pub(crate) log: Scope<'a>,
    pub(crate) counters: &'a Counters,
}

/// What a provider works with.
pub(crate) struct Context<'a> {
    pub(super) asker: &'a Asker<'a>,
    pub(super) surroundings: &'a Surroundings,
    /// The servers that were asked before.
    pub(super) servers: &'a Servers,
    /// The permit to ask.
    pub(super) permit: &'a Permit<'a>,
}

impl Context<'_> {
    pub(super) fn environment(&self) -> &Environment {
        &self.surroundings.environment
    }

    pub(super) fn warn(&self, message: impl FnOnce() -> String) {
        self.asker.log.write(Level::Warn, || format!("credentials: {}", message()));
    }

    /// Reads a file that holds secrets. Logs a warning if other users can read it.
    pub(super) fn read_secrets(&self, path: &Path) -> Result<Zeroizing<String>, Failure> {
        let file = file::read(path).map_err(|error| Failure::of_system(path.display(), &error))?;
        if file.is_public {
            self.warn(|| format!("{} can be read by other users of this machine", path.display()));
        }
        Ok(file.text)
    }

    /// Sends `request`, which holds `secrets`, to `endpoint`, and reads the answer with `read`. Returns the key and the
    /// time of the answer. If it fails, the error names `server`.
    pub(super) async fn ask(
        &self,
        server: &str,
        endpoint: &Endpoint,
        request: HttpRequest,
        secrets: &[&str],
        read: fn(&str) -> Result<TemporaryKey, Failure>,
    ) -> Result<(TemporaryKey, SystemTime), Failure> {
        self.asker.log.learn(secrets);
        let ask = async {
            let answer = self.server(&Destination::new(endpoint)?, self.asker.attempt).ask(request).await?;
            Ok((read(answer.text()?)?, answer.time))
        };
        ask.await.map_err(|failure: Failure| failure.while_asking(server))
    }

    /// Returns a server to ask. Each request may take `attempt`.
    pub(super) fn server(&self, destination: &Destination, attempt: Duration) -> Server<'_> {
        Server { transport: self.servers.at(destination, self.asker.settings), attempt, context: self }
    }
}

/// A server that a provider asks.
pub(super) struct Server<'a> {
    transport: Arc<Transport>,
    attempt: Duration,
    context: &'a Context<'a>,
}

impl<'a> Server<'a> {
    /// Adds a secret that the server knows. It is then redacted from the server's texts.
    pub(super) fn learn(&self, secret: &str) {
        self.context.asker.log.learn(&[secret]);
    }

    /// Returns the answer to `request`, with any HTTP status.
    pub(super) async fn ask(&self, request: HttpRequest) -> Result<Answer<'a>, Failure> {
        self.context.permit.extend(self.attempt);
        let limits = self.context.asker.limits.within(self.attempt);
        let again = request.clone();
        let reply = match self.transport.exchange(request, false, &limits).await {
            // The server has closed a pooled connection. To send this request twice does no harm.
            Err(error) if error.is_stale() => self.transport.exchange(again, true, &limits).await?,
            reply => reply?,
        };
        // This machine's clock may be off. The server that issues the credentials also gives the time.
        let time = reply::date(&reply).unwrap_or_else(|| self.context.asker.clock.now());
        Ok(Answer { status: reply.status(), reply, time, context: self.context })
    }
}

/// A server's answer, and its time.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) time: SystemTime,
    reply: Reply,
    context: &'a Context<'a>,
}

impl Answer<'_> {
    pub(super) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// Returns the body of a success, else the server's error.
    pub(super) fn text(&self) -> Result<&str, Failure> {
        if !self.is_success() {
            let error = read_error(&self.reply);
            let Asker { clock, log, .. } = self.context.asker;
            let clock_was_off = error.service_code() == ServiceCode::InvalidTimeStampExpired
                && error.reply_date().is_some_and(|date| clock.correct(date, log));
            return Err(Failure { clock_was_off, ..error.into() });
        }
        std::str::from_utf8(self.reply.body()).map_err(|_| Failure::of("the answer is not UTF-8"))
    }
}

/// Parses an answer, which is JSON.
pub(super) fn parse_answer<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    parse("the answer", text)
}

/// Parses `what`, which is JSON. Leaves out the parser's own message, because it quotes the text.
pub(super) fn parse<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T, Failure> {
    // Parses bytes, as for replies. Parsing a `str` would link a second parser.
    serde_json::from_slice(text.as_bytes()).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &serde_json::Error) -> Failure {
    let kind = if error.is_data() { "lacks a field, or has one of another type" } else { "is not JSON" };
    Failure::of(format!("{what} {kind} (line {}, column {})", error.line(), error.column()))
}
