//! One HTTP exchange with the endpoint: ureq, with the project's own way of connecting.
//!
//! ureq's own connections can't be cancelled, start a thread for every name look-up, and don't tell whether the request
//! went out. So ureq does the HTTP, and this module the rest: sockets that wait in `poll` for data, the deadline and the
//! caller's cancelling at once, and that note when the first byte of a request has left.

mod connection;
mod link;
mod message;
mod proxy;
mod resolver;
mod stream;
mod tcp;
mod tls;
mod wait;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(crate) use self::link::{Destination, Settings};
use self::link::{Link, Target};
pub(crate) use self::message::{HttpRequest, Reply};
#[cfg(feature = "capi")]
pub(crate) use self::resolver::is_library_thread;
pub(crate) use self::wait::{pause, wait_until_readable};
use crate::call::Limits;
use crate::error::Error;

/// Exchanges requests for replies, with connections that are kept for the next ones. It belongs to one process.
#[derive(Debug)]
pub(crate) struct Transport {
    target: Arc<Target>,
    /// Links that no call uses at the moment; the one used last is at the end.
    idle: Mutex<Vec<Link>>,
}

impl Transport {
    pub(crate) fn new(settings: &Arc<Settings>, destination: &Destination) -> Transport {
        Transport { target: Arc::new(Target::new(settings, destination)), idle: Mutex::default() }
    }

    /// Sends `request` and returns the reply, whatever its HTTP status.
    ///
    /// An error has the outcome `NotSent` where no byte of the request left this machine, else `Unknown`.
    pub(crate) fn exchange(&self, request: HttpRequest, limits: &Limits) -> Result<Reply, Error> {
        let mut link = self.lock().pop().unwrap_or_else(|| Link::new(&self.target));
        let reply = link.exchange(request, limits)?;
        self.put_idle(link);
        Ok(reply)
    }

    fn put_idle(&self, mut link: Link) {
        let (now, keep_alive) = (Instant::now(), self.target.settings.keep_alive);
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
