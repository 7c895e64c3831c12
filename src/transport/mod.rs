//! One HTTP exchange with the endpoint: ureq, with the project's own way of connecting.
//!
//! ureq's own connections can't be cancelled, start a thread for every name look-up, and don't tell whether the request
//! went out. So ureq does the HTTP, and this module the rest: sockets that wait in `poll` for data, the deadline and the
//! caller's cancelling at once, and that note when the first byte of a request has left.

mod connection;
mod link;
mod resolver;
mod stream;
mod tcp;
mod tls;
mod wait;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ureq::http::{HeaderMap, Uri};

use self::link::{Link, Target};
#[cfg(feature = "capi")]
pub(crate) use self::resolver::is_library_thread;
use crate::call::Limits;
use crate::config::{Config, KeepAlive};
use crate::endpoint::Endpoint;
use crate::error::{Error, Status};
use crate::signature::SignedRequest;

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// A header's value; `None` where it is missing or isn't text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The gateway's id of the request; empty where there is none.
    pub(crate) fn request_id(&self) -> &str {
        self.header("x-acs-request-id").unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    #[cfg(test)]
    pub(crate) fn new(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(name, value)| {
            (ureq::http::HeaderName::from_static(name), ureq::http::HeaderValue::from_str(value).unwrap())
        });
        Reply { status, headers: headers.collect(), body: body.into() }
    }
}

/// Exchanges requests for replies, with connections that are kept for the next ones.
#[derive(Debug)]
pub(crate) struct Transport {
    target: Arc<Target>,
    url: Uri,
    keep_alive: KeepAlive,
    idle: Mutex<Idle>,
}

/// Links that no call uses at the moment; the one used last is at the end.
#[derive(Debug)]
struct Idle {
    /// The process that they belong to: after a fork, both sides would talk over the same sockets.
    process: u32,
    links: Vec<Link>,
}

impl Transport {
    pub(crate) fn new(endpoint: &Endpoint, config: &Config) -> Result<Transport, Error> {
        let url = format!("{}/", endpoint.url()).parse();
        let url = url.map_err(|_| Error::new(Status::Config, "the endpoint is not a URL"))?;
        Ok(Transport {
            target: Arc::new(Target::new(endpoint, config)?),
            url,
            keep_alive: config.keep_alive,
            idle: Mutex::new(Idle { process: std::process::id(), links: Vec::new() }),
        })
    }

    /// Sends `request` and returns the reply, whatever its HTTP status.
    ///
    /// An error has the outcome `NotSent` where no byte of the request left this machine, else `Unknown`.
    pub(crate) fn exchange(&self, request: SignedRequest, limits: &Limits) -> Result<Reply, Error> {
        let mut link = self.take_idle().unwrap_or_else(|| Link::new(&self.target));
        let reply = link.exchange(&self.url, request, limits)?;
        self.put_idle(link);
        Ok(reply)
    }

    fn take_idle(&self) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if idle.process != process {
            *idle = Idle { process, links: Vec::new() };
        }
        idle.links.pop()
    }

    fn put_idle(&self, mut link: Link) {
        let now = Instant::now();
        link.last_used = now;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.links.retain(|link| now.duration_since(link.last_used) < self.keep_alive.idle);
        if idle.links.len() < self.keep_alive.max_idle {
            idle.links.push(link);
        }
    }
}
