//! HTTP/1.1 exchanges with an endpoint.
//!
//! A call needs little of HTTP: a head, a body and pooled connections. But it needs two things of a connection that
//! HTTP libraries lack. It waits in `poll` for data, the deadline and a cancellation at once. And it knows whether the
//! first byte of a request was sent. So this module does this itself, and httparse parses replies. A call takes half
//! the time that it takes with a full HTTP library.

mod connection;
mod crypto;
mod link;
mod proxy;
mod race;
mod resolver;
mod settings;
mod stream;
mod tcp;
mod tls;

#[cfg(feature = "capi")]
use std::sync::Weak;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use self::connection::Connection;
pub(crate) use self::link::Destination;
use self::link::Target;
pub(crate) use self::proxy::ProxyUrl;
#[cfg(fuzzing)]
pub(crate) use self::proxy::fuzz;
#[cfg(feature = "capi")]
pub(crate) use self::resolver::is_library_thread;
#[cfg(feature = "capi")]
pub(crate) use self::settings::check_product;
pub(crate) use self::settings::{Options, Settings};
use crate::error::{Error, ErrorKind};
use crate::http::{HttpRequest, Reply};
#[cfg(feature = "capi")]
use crate::wait::Host;
use crate::wait::Limits;

/// Exchanges requests for replies, over pooled connections. It belongs to one process.
#[derive(Debug)]
pub(crate) struct Transport {
    target: Target,
    /// Idle connections. The one used last is at the end.
    idle: Mutex<Vec<Connection>>,
}

impl Transport {
    pub(crate) fn new(settings: &Arc<Settings>, destination: &Destination) -> Transport {
        Transport { target: Target::new(settings, destination), idle: Mutex::default() }
    }

    /// Sends `request` and returns the reply with any HTTP status. `over_new_connection` says not to use a pooled
    /// connection.
    ///
    /// An error has the outcome `NotSent` if no byte of the request was sent, else `Unknown`.
    pub(crate) async fn exchange(
        &self,
        request: HttpRequest,
        over_new_connection: bool,
        limits: &Limits<'_>,
    ) -> Result<Reply, Error> {
        let largest_reply = request.largest_reply();
        let request = request.into_bytes(&self.target.settings.user_agent);
        let request = request.ok_or_else(|| Error::new(ErrorKind::Internal, "a header that has more than one line"))?;
        let counters = &self.target.settings.counters;
        let kept = if over_new_connection { None } else { self.take_idle(limits) };
        let mut connection = match kept {
            Some(connection) => {
                counters.connections_reused.count();
                connection
            }
            None => {
                // Boxed, so that calls over a pooled connection need less memory.
                let stream = Box::pin(self.target.connect(limits)).await?;
                counters.connections_opened.count();
                Connection::new(stream)
            }
        };
        let (reply, may_go_on) = connection.exchange(&request, largest_reply, limits).await?;
        if may_go_on {
            self.put_idle(connection, limits);
        }
        Ok(reply)
    }

    /// Returns a pooled connection that can still be used, and that the call's driver can wait for.
    ///
    /// If there is one that this thread used last, it is that: a connection is faster on the core that has it in its
    /// caches. With eight threads on two cores, a call takes an eighth less time.
    fn take_idle(&self, limits: &Limits<'_>) -> Option<Connection> {
        loop {
            let mut connection = {
                let mut idle = self.lock();
                let usable = |connection: &Connection| connection.is_of(limits);
                let own = |connection: &Connection| usable(connection) && connection.is_of_this_thread();
                let place = idle.iter().rposition(own).or_else(|| idle.iter().rposition(usable))?;
                idle.remove(place)
            };
            if connection.is_usable(self.target.settings.keep_alive.idle) {
                return Some(connection);
            }
        }
    }

    /// Closes the connections that only calls of `host` can use.
    #[cfg(feature = "capi")]
    pub(crate) fn leave(&self, host: &Weak<dyn Host>) {
        self.lock().retain(|connection| !connection.is_of_host(host));
    }

    /// Returns a connection to the pool, unless the call's driver has enough.
    fn put_idle(&self, connection: Connection, limits: &Limits<'_>) {
        let keep_alive = self.target.settings.keep_alive;
        let now = Instant::now();
        let mut idle = self.lock();
        // The first have been idle for the longest. To ask all would take longer than the rest of the pool's work.
        let stale = idle.iter().take_while(|connection| !connection.is_fresh(keep_alive.idle, now)).count();
        idle.drain(..stale);
        let of_driver = idle.iter().filter(|connection| connection.is_of(limits)).count();
        if of_driver < keep_alive.max_idle && connection.is_fresh(keep_alive.idle, now) {
            idle.push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
