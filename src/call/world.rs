//! What a call needs of the world: exchanges with the service, time, chance, and what its client remembers.
//!
//! The real one is [`Wire`](super::wire::Wire). The model test has one in which time is a number.

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

/// What there is to send of an operation. From here on all operations are alike, and share one piece of code.
pub(crate) struct Outgoing<'a> {
    pub(crate) action: Action<'a>,
    /// The call's attempt, from 1 on.
    pub(crate) number: u32,
    /// Whether to leave pooled connections alone.
    pub(crate) over_new_connection: bool,
    pub(crate) query: Vec<Parameter<'a>>,
    pub(crate) form: Vec<Parameter<'a>>,
}

/// Why an attempt failed: what the caller is told, and what only the engine wants to know.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// What would make the next attempt succeed.
    pub(crate) recovery: Option<Recovery>,
    /// Whether it came to a request. Without credentials, or its turn to write, there is none.
    pub(crate) made_request: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, recovery: None, made_request: true }
    }
}

/// What the service complained of and the client can put right, once in an operation.
#[derive(Clone, Debug)]
pub(crate) enum Recovery {
    /// The time that the request was signed with. The reply's `date` is the service's.
    Clock { date: SystemTime, signed_at: SystemTime },
    /// These credentials, which have expired.
    Credentials(Arc<Credentials>),
}

pub(crate) trait World {
    /// One exchange. `read` reads the reply, whatever its HTTP status, and returns the service's id of the request. The
    /// signature is a secret, which the texts of a reply may repeat.
    async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        read: &mut dyn FnMut(&Reply) -> Result<String, Error>,
    ) -> Result<(Receipt, Signature), Failure>;

    /// Puts right what an attempt failed for, and tells `log`; false if that makes no difference to the next one.
    fn recover(&self, recovery: &Recovery, log: &Scope<'_>) -> bool;

    /// Waits.
    async fn pause(&self, duration: Duration) -> Result<(), WaitError>;

    /// Whether the call may go on.
    fn check(&self) -> Result<(), WaitError>;

    /// The time that the call has left; `None` if it has no end.
    fn left(&self) -> Option<Duration>;

    /// A monotonic clock, from any origin on.
    fn now(&self) -> Duration;

    /// Uniform.
    fn random(&self) -> u64;

    fn counters(&self) -> &Counters;

    /// The log, for lines about the call.
    fn log(&self) -> Scope<'_>;

    /// The records that this client has deleted lately.
    fn deleted(&self) -> &Deleted;
}
