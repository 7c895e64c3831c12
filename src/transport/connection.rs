//! A connection to the endpoint, and its exchanges, one at a time.

use std::io;
#[cfg(feature = "capi")]
use std::sync::Weak;
use std::time::{Duration, Instant};

use super::stream::Stream;
use crate::error::{Error, ErrorKind, Outcome};
use crate::http::{LargestBody, Reply, ReplyReader, Unreadable};
#[cfg(feature = "capi")]
use crate::wait::Host;
use crate::wait::{Limits, WaitError};

#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    last_used: Instant,
    /// The thread that used it last.
    last_user: usize,
    /// How long the server keeps the connection open, if it says so.
    announced: Option<Duration>,
    /// Whether it has served an exchange before.
    was_kept: bool,
}

/// A number of the thread that runs this. A thread that ended may have had the same.
fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Connection {
        Connection { stream, last_used: Instant::now(), last_user: this_thread(), announced: None, was_kept: false }
    }

    /// Whether it has been idle for less than `longest`, and for less than the server keeps it open.
    pub(super) fn is_fresh(&self, longest: Duration, now: Instant) -> bool {
        // A request takes time to arrive.
        const MARGIN: Duration = Duration::from_secs(1);
        let longest = self.announced.map_or(longest, |announced| longest.min(announced.saturating_sub(MARGIN)));
        now.saturating_duration_since(self.last_used) < longest
    }

    /// Whether it can be used for another request: it is fresh and open, and holds no unexpected data.
    pub(super) fn is_usable(&mut self, longest: Duration) -> bool {
        self.is_fresh(longest, Instant::now()) && self.stream.is_idle()
    }

    /// Whether this call's driver can wait for it.
    pub(super) fn is_of(&self, limits: &Limits<'_>) -> bool {
        limits.can_wait_for(self.stream.socket())
    }

    /// Whether this thread used it last.
    pub(super) fn is_of_this_thread(&self) -> bool {
        self.last_user == this_thread()
    }

    #[cfg(feature = "capi")]
    pub(super) fn is_of_host(&self, host: &Weak<dyn Host>) -> bool {
        self.stream.socket().is_of(Some(host))
    }

    /// Sends `request` and reads the reply. If it returns false or an error, the connection can't be used again.
    pub(super) async fn exchange(
        &mut self,
        request: &[u8],
        largest_reply: LargestBody,
        limits: &Limits<'_>,
    ) -> Result<(Reply, bool), Error> {
        let mut answered = false;
        let exchanged = self.try_exchange(request, largest_reply, limits, &mut answered).await;
        let was_kept = std::mem::replace(&mut self.was_kept, true);
        self.last_used = Instant::now();
        self.last_user = this_thread();
        if let Ok((reply, _)) = &exchanged {
            self.announced = reply.keep_alive_timeout();
        }
        exchanged.map_err(|error| {
            let is_stale = was_kept && !answered && error.kind() == ErrorKind::Io;
            error.with_stale(is_stale)
        })
    }

    /// Sets `answered` with the reply's first byte.
    async fn try_exchange(
        &mut self,
        request: &[u8],
        largest_reply: LargestBody,
        limits: &Limits<'_>,
        answered: &mut bool,
    ) -> Result<(Reply, bool), Error> {
        let mut sent = false;
        let written = self.stream.write(request, limits, &mut sent).await;
        let outcome = if sent { Outcome::Unknown } else { Outcome::NotSent };
        written.map_err(|stop| stop.while_doing("sending the request", ErrorKind::Io, outcome))?;
        let stopped = |stop: WaitError| stop.while_doing("waiting for the reply", ErrorKind::Io, outcome);
        let mut reader = ReplyReader::up_to(largest_reply);
        loop {
            let count = self.stream.read(reader.room(), limits).await.map_err(stopped)?;
            *answered |= count > 0;
            let reply = reader.add(count).map_err(|unreadable| match unreadable {
                Unreadable::CutOff => stopped(WaitError::Failed(io::ErrorKind::UnexpectedEof.into())),
                Unreadable::Garbled(reason) => Error::unreadable(reason).with_outcome(outcome),
            })?;
            if let Some(reply) = reply {
                return Ok(reply);
            }
        }
    }
}
