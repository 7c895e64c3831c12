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

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ureq::http::HeaderMap;

pub(crate) use self::link::Settings;
use self::link::{Link, Target};
#[cfg(feature = "capi")]
pub(crate) use self::resolver::is_library_thread;
pub(crate) use self::wait::{pause, wait_until_readable};
use crate::call::Limits;
use crate::error::Error;
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

    #[cfg(any(test, fuzzing))]
    pub(crate) fn new(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        let headers = headers.iter().map(|(name, value)| {
            (ureq::http::HeaderName::from_static(name), ureq::http::HeaderValue::from_str(value).unwrap())
        });
        Reply { status, headers: headers.collect(), body: body.into() }
    }
}

/// Exchanges requests for replies, with connections that are kept for the next ones. It belongs to one process.
#[derive(Debug)]
pub(crate) struct Transport {
    target: Arc<Target>,
    settings: Arc<Settings>,
    /// Links that no call uses at the moment; the one used last is at the end.
    idle: Mutex<Vec<Link>>,
}

impl Transport {
    pub(crate) fn new(settings: &Arc<Settings>) -> Transport {
        Transport { target: Arc::new(Target::new(settings)), settings: Arc::clone(settings), idle: Mutex::default() }
    }

    /// Sends `request` and returns the reply, whatever its HTTP status.
    ///
    /// An error has the outcome `NotSent` where no byte of the request left this machine, else `Unknown`.
    pub(crate) fn exchange(&self, request: SignedRequest, limits: &Limits) -> Result<Reply, Error> {
        let mut link = self.lock().pop().unwrap_or_else(|| Link::new(&self.target));
        let reply = link.exchange(&self.settings.url, request, limits)?;
        self.put_idle(link);
        Ok(reply)
    }

    fn put_idle(&self, mut link: Link) {
        let (now, keep_alive) = (Instant::now(), self.settings.keep_alive);
        link.last_used = now;
        let mut idle = self.lock();
        idle.retain(|link| now.duration_since(link.last_used) < keep_alive.idle);
        if idle.len() < keep_alive.max_idle {
            idle.push(link);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
