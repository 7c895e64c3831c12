//! How an operation is carried out: within its deadline, cancellable, and with an error that says what it did.
//!
//! Data goes one way: arguments → request → signed request → reply → outcome → result.

mod attempt;
mod backoff;
mod budget;
mod cancel;
mod clock;
mod engine;
mod error_body;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod gate;
mod limits;
mod mismatch;
#[cfg(test)]
mod properties;
mod reply;
mod retry_hint;
#[cfg(test)]
mod simulation;
mod stamp;
mod wake;
mod wire;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::budget::Budget;
pub use self::cancel::Cancel;
pub(crate) use self::clock::Clock;
use self::engine::carry_out;
pub(crate) use self::gate::Gate;
pub(crate) use self::limits::{Deadline, Interrupt, Limits, Stop};
pub(crate) use self::mismatch::echo_start;
pub(crate) use self::reply::{date as reply_date, read_error};
use self::wire::Wire;
use crate::client::{Core, Live};
use crate::credentials::{Context, Credentials};
use crate::error::{Error, Status};
use crate::operation::Operation;
use crate::service_code::ServiceCode;
use crate::stats::Counters;

/// What one call does differently from its client's defaults.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    cancel: Option<Cancel>,
    interrupt: Option<Interrupt>,
    timeout: Option<Duration>,
    max_attempts: Option<u32>,
}

impl CallOptions {
    /// The client's defaults.
    pub fn new() -> CallOptions {
        CallOptions::default()
    }

    /// Ends the call when `cancel` is triggered.
    pub fn cancel(&mut self, cancel: &Cancel) -> &mut CallOptions {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Asks `interrupt` every 50 ms, on the calling thread and only while the call waits, whether to end: true cancels.
    pub fn interrupt(&mut self, interrupt: impl Fn() -> bool + Send + Sync + 'static) -> &mut CallOptions {
        self.interrupt = Some(Interrupt::new(interrupt));
        self
    }

    /// How long the whole call may take.
    pub fn timeout(&mut self, timeout: Duration) -> &mut CallOptions {
        self.timeout = Some(timeout);
        self
    }

    /// How many attempts may fail in a row; see [`Config::max_attempts`](crate::Config::max_attempts).
    pub fn max_attempts(&mut self, max_attempts: u32) -> &mut CallOptions {
        self.max_attempts = Some(max_attempts.max(1));
        self
    }
}

/// Uniform. Without random numbers, the middle: what they decide is then as it is on average.
pub(crate) fn random() -> u64 {
    getrandom::u64().unwrap_or(1 << 63)
}

/// One call of the user: a client at work, within the call's limits.
pub(crate) struct Call<'a> {
    core: &'a Core,
    live: &'a Live,
    limits: Limits,
    max_attempts: u32,
}

impl<'a> Call<'a> {
    /// A call that begins now and ends by `deadline`, if its own time limit isn't earlier.
    pub(crate) fn begin(core: &'a Core, options: &CallOptions, deadline: Option<Deadline>) -> Call<'a> {
        let own = Deadline::after(options.timeout.unwrap_or(core.timeouts.total));
        let limits = Limits {
            deadline: deadline.map_or(own, |deadline| own.earlier(deadline)),
            cancel: options.cancel.clone(),
            interrupt: options.interrupt.clone(),
        };
        Call { core, live: core.live(), limits, max_attempts: options.max_attempts.unwrap_or(core.max_attempts) }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.core.counters
    }

    /// Whether the call may go on.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.limits.check()
    }

    /// The credentials to sign a request with.
    fn credentials(&self) -> Result<Arc<Credentials>, Error> {
        let Core { chain, settings, timeouts, clock, log, counters, .. } = self.core;
        let (surroundings, attempt) = (&chain.surroundings, timeouts.attempt);
        let context = Context { surroundings, settings, limits: &self.limits, attempt, clock, log, counters };
        let credentials = self.live.credentials.get(chain, &context)?;
        self.core.endpoint_may_see(&credentials)?;
        Ok(credentials)
    }

    /// Carries out an operation that changes nothing: one that was lost is simply made again.
    pub(crate) fn read<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        self.write(operation, ServiceCode::None, |_| Ok(None))
    }

    /// Carries out an operation that must not be lost or doubled.
    ///
    /// After an attempt of which the outcome is unknown, `look` finds out whether it was carried out. So does a refusal
    /// with the code `confirmed_by` later on.
    pub(crate) fn write<O: Operation>(
        &self,
        operation: &O,
        confirmed_by: ServiceCode,
        mut look: impl FnMut(u32) -> Result<Option<O::Output>, Error>,
    ) -> Result<O::Output, Error> {
        operation.check()?;
        let mut wire = Wire {
            call: self,
            operation,
            look: &mut look,
            confirmed_by,
            signed_with: None,
            was_stale: false,
            result: None,
        };
        carry_out(&mut wire, self.max_attempts, &self.core.budget)?;
        wire.result.ok_or_else(|| Error::new(Status::Internal, "a call without a result"))
    }
}
