//! What a call needs from its world: exchanges with the service, time, random numbers, and its client's state.
//!
//! The real world is [`Wire`](super::wire::Wire). The model test has one with simulated time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::call::Deleted;
use crate::error::Error;
use crate::http::Reply;
use crate::log::Scope;
use crate::operation::{Action, Receipt};
use crate::signature::Credentials;
use crate::signature::{Parameter, Signature};
use crate::stats::Counters;
use crate::wait::WaitError;

/// The request of an operation. All operations share the code from here on.
pub(crate) struct Outgoing<'a> {
    pub(crate) action: Action<'a>,
    /// The number of the call's attempt, from 1 on.
    pub(crate) number: u32,
    /// Whether to use a new connection instead of a pooled one.
    pub(crate) over_new_connection: bool,
    pub(crate) query: Vec<Parameter<'a>>,
    pub(crate) form: Vec<Parameter<'a>>,
}

/// Why an attempt failed: the error for the caller, and details for the engine.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The recovery that can make the next attempt succeed.
    pub(crate) recovery: Option<Recovery>,
    /// Whether a request was made. Without credentials or a write permit, none is made.
    pub(crate) made_request: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, recovery: None, made_request: true }
    }
}

/// A failure that the client can recover from, once in an operation.
#[derive(Clone, Debug)]
pub(crate) enum Recovery {
    /// The time of the signature was wrong. The reply's `date` is the service's time.
    Clock { date: SystemTime, signed_at: SystemTime },
    /// These credentials have expired.
    Credentials(Arc<Credentials>),
}

pub(crate) trait World {
    /// Makes one exchange. `read` reads the reply with any HTTP status, and returns the service's id of the request.
    /// The signature is a secret that the texts of a reply may repeat.
    async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        read: &mut dyn FnMut(&Reply) -> Result<String, Error>,
    ) -> Result<(Receipt, Signature), Failure>;

    /// Recovers from an attempt's failure, and logs it. Returns false if that makes no difference to the next attempt.
    fn recover(&self, recovery: &Recovery, log: &Scope<'_>) -> bool;

    /// Waits.
    async fn pause(&self, duration: Duration) -> Result<(), WaitError>;

    /// Checks whether the call may go on.
    fn check(&self) -> Result<(), WaitError>;

    /// Returns the time that the call has left. `None` if there is no limit.
    fn left(&self) -> Option<Duration>;

    /// Returns the time of a monotonic clock with any origin.
    fn now(&self) -> Duration;

    /// Returns a uniform random number.
    fn random(&self) -> u64;

    fn counters(&self) -> &Counters;

    /// Returns the log, for lines about the call.
    fn log(&self) -> Scope<'_>;

    /// Returns the records that this client has deleted recently.
    fn deleted(&self) -> &Deleted;
}
