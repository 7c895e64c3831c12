//! What a provider works with: the environment, and a way to ask servers within the call's limits.

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

/// What the client's surroundings say, as they were when it was made.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(super) environment: Environment,
    /// Where to ask STS in place of its own address.
    pub(super) sts: Option<Endpoint>,
    /// Where to ask for an instance's metadata in place of its own address.
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

/// The call that waits for credentials, and what it has of its client.
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
    /// Those that were asked before.
    pub(super) servers: &'a Servers,
    /// That it is this call's turn to ask.
    pub(super) permit: &'a Permit<'a>,
}

impl Context<'_> {
    pub(super) fn environment(&self) -> &Environment {
        &self.surroundings.environment
    }

    pub(super) fn warn(&self, message: impl FnOnce() -> String) {
        self.asker.log.write(Level::Warn, || format!("credentials: {}", message()));
    }

    /// The text of a file that holds secrets; a warning where others may read it too.
    pub(super) fn read_secrets(&self, path: &Path) -> Result<Zeroizing<String>, Failure> {
        let file = file::read(path).map_err(|error| Failure::of_system(path.display(), &error))?;
        if file.is_public {
            self.warn(|| format!("{} can be read by other users of this machine", path.display()));
        }
        Ok(file.text)
    }

    /// The key that `read` finds in what `whom`, at `endpoint`, answers to `request`, in which there are `secrets`, and when
    /// that was; else its words.
    pub(super) async fn ask(
        &self,
        whom: &str,
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
        ask.await.map_err(|failure: Failure| failure.while_asking(whom))
    }

    /// A server to ask, each time within `attempt`.
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
    /// Takes a secret that the server knows out of its words.
    pub(super) fn learn(&self, secret: &str) {
        self.context.asker.log.learn(&[secret]);
    }

    /// The answer to `request`, whatever its HTTP status.
    pub(super) async fn ask(&self, request: HttpRequest) -> Result<Answer<'a>, Failure> {
        self.context.permit.extend(self.attempt);
        let limits = self.context.asker.limits.within(self.attempt);
        let again = request.clone();
        let reply = match self.transport.exchange(request, false, &limits).await {
            // The server has closed a connection that was kept; to ask twice does no harm.
            Err(error) if error.is_stale() => self.transport.exchange(again, true, &limits).await?,
            reply => reply?,
        };
        // A machine's clock may be off; who gives out credentials tells the time with them.
        let time = reply::date(&reply).unwrap_or_else(|| self.context.asker.clock.now());
        Ok(Answer { status: reply.status(), reply, time, context: self.context })
    }
}

/// What a server answered, and when that was.
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

    /// The text of a success; else the server's words.
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

/// Reads an answer, which is JSON.
pub(super) fn parse_answer<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    parse("the answer", text)
}

/// Reads `what`, which is JSON. The parser's own words aren't told: they quote what they find wrong.
pub(super) fn parse<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T, Failure> {
    // Of bytes, as replies are read: another parser would be linked for texts.
    serde_json::from_slice(text.as_bytes()).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &str, error: &serde_json::Error) -> Failure {
    let kind = if error.is_data() { "lacks a field, or has one of another type" } else { "is not JSON" };
    Failure::of(format!("{what} {kind} (line {}, column {})", error.line(), error.column()))
}
