//! HTTP/1.1 exchanges with an endpoint.
//!
//! A call needs of HTTP no more than a head, a body and connections that are kept; and of a connection what HTTP libraries
//! don't have: it waits in `poll` for data, the deadline and the caller's cancelling at once, and notes when the first
//! byte of a request has left. So httparse reads what the service says, and this module does the rest, which makes a
//! call take half the time that it takes through a whole HTTP library.

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

/// Exchanges requests for replies, with connections that are kept for the next ones. It belongs to one process.
#[derive(Debug)]
pub(crate) struct Transport {
    target: Target,
    /// Connections that no call uses at the moment; the one used last is at the end.
    idle: Mutex<Vec<Connection>>,
}

impl Transport {
    pub(crate) fn new(settings: &Arc<Settings>, destination: &Destination) -> Transport {
        Transport { target: Target::new(settings, destination), idle: Mutex::default() }
    }

    /// Sends `request` and returns the reply, whatever its HTTP status. `over_new_connection`
    /// says to leave pooled connections alone.
    ///
    /// An error has the outcome `NotSent` where no byte of the request left this machine, else `Unknown`.
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
                // On its own, so that what a call needs for a pooled connection stays small.
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

    /// A connection that can still be used, and that the call's driver waits for.
    fn take_idle(&self, limits: &Limits<'_>) -> Option<Connection> {
        loop {
            let mut connection = {
                let mut idle = self.lock();
                let last = idle.iter().rposition(|connection| connection.is_of(limits))?;
                idle.remove(last)
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

    /// Keeps a connection, unless the call's driver has enough.
    fn put_idle(&self, connection: Connection, limits: &Limits<'_>) {
        let keep_alive = self.target.settings.keep_alive;
        let mut idle = self.lock();
        idle.retain(|connection| connection.is_fresh(keep_alive.idle));
        let of_driver = idle.iter().filter(|connection| connection.is_of(limits)).count();
        if of_driver < keep_alive.max_idle && connection.is_fresh(keep_alive.idle) {
            idle.push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
