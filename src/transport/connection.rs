//! A connection as ureq uses it, and the exchange that goes on over it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::stream::Stream;
use crate::call::Limits;
use crate::error::{Error, Outcome, Status};

/// The largest head of a reply. ureq reads it whole, so the buffer has to hold it.
pub(super) const LARGEST_HEAD: usize = 64 * 1024;

/// More than any request's head; a larger one is written in pieces.
const OUTPUT_BUFFER: usize = 8 * 1024;

/// What a link's connection knows of the exchange that uses it. ureq hands its transports nothing but timeouts.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    pub(super) limits: Option<Limits>,
    /// Whether it needs a connection of its own.
    pub(super) connects: bool,
    /// Whether a byte of the request has left this machine.
    pub(super) sent: bool,
    /// Why the exchange failed, in more words than ureq has for it.
    pub(super) failure: Option<Error>,
}

impl Exchange {
    pub(super) fn outcome(&self) -> Outcome {
        if self.sent { Outcome::Unknown } else { Outcome::NotSent }
    }

    /// Keeps `error` for the end of the exchange; ureq gets a stand-in.
    pub(super) fn fail(&mut self, error: Error) -> ureq::Error {
        self.failure = Some(error);
        ureq::Error::ConnectionFailed
    }
}

/// An exchange that a link shares with its connection; only one of them uses it at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedExchange(Arc<Mutex<Exchange>>);

impl SharedExchange {
    pub(super) fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    exchange: SharedExchange,
    buffers: LazyBuffers,
    /// What ureq has written and the socket has not: head and body go out together.
    unsent: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: Stream, exchange: SharedExchange) -> Connection {
        Connection { stream, exchange, buffers: LazyBuffers::new(LARGEST_HEAD, OUTPUT_BUFFER), unsent: Vec::new() }
    }

    fn send_unsent(&mut self, exchange: &mut Exchange, limits: &Limits) -> Result<(), ureq::Error> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let written = self.stream.write(&self.unsent, limits, &mut exchange.sent);
        self.unsent.clear();
        written.map_err(|stop| {
            let outcome = exchange.outcome();
            exchange.fail(stop.while_doing("sending the request", Status::Io, outcome))
        })
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.unsent.extend_from_slice(&self.buffers.output()[..amount]);
        Ok(())
    }

    /// Called whenever ureq has written all that it had to write.
    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        let shared = self.exchange.clone();
        let mut exchange = shared.lock();
        let Some(limits) = exchange.limits.clone() else {
            return Err(exchange.fail(Error::new(Status::Internal, "a connection is used outside of an exchange")));
        };
        self.send_unsent(&mut exchange, &limits)?;
        let buffer = self.buffers.input_append_buf();
        if buffer.is_empty() {
            let error = Error::new(Status::Response, "the reply's head is larger than 64 KiB");
            let outcome = exchange.outcome();
            return Err(exchange.fail(error.outcome_is(outcome).retryable_is(true)));
        }
        match self.stream.read(buffer, &limits) {
            Ok(count) => {
                self.buffers.input_appended(count);
                Ok(count > 0)
            }
            Err(stop) => {
                let outcome = exchange.outcome();
                Err(exchange.fail(stop.while_doing("waiting for the reply", Status::Io, outcome)))
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.unsent.is_empty() && self.stream.is_idle()
    }

    fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(..))
    }
}
