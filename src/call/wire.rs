//! The real world, as the engine changes it: requests to the service, and this machine's clock.

use std::sync::Arc;
use std::time::Duration;

use super::attempt::attempt;
use super::backoff::is_busy;
use super::engine::World;
use super::{Call, Stop, random};
use crate::client::Core;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::log::Level;
use crate::operation::Operation;
use crate::service_code::ServiceCode;
use crate::transport::pause;

/// What a call does to carry out `operation`.
pub(super) struct Wire<'a, O: Operation> {
    pub(super) call: &'a Call<'a>,
    pub(super) operation: &'a O,
    /// Looks for what an attempt has done, after so many of them.
    pub(super) look: &'a mut dyn FnMut(u32) -> Result<Option<O::Output>, Error>,
    /// The refusal that says that an earlier attempt was carried out.
    pub(super) confirmed_by: ServiceCode,
    /// The credentials of the last attempt.
    pub(super) signed_with: Option<Arc<Credentials>>,
    /// Whether the last attempt met a kept connection that was closed; the next one shall not meet another.
    pub(super) was_stale: bool,
    pub(super) result: Option<O::Output>,
}

impl<O: Operation> World for Wire<'_, O> {
    fn attempt(&mut self, number: u32) -> Result<(), Error> {
        if number > 1 {
            self.call.core.counters.retries.count();
        }
        // Attempts are those at the service, which hasn't been asked for this one.
        let credentials = self.call.credentials().map_err(|error| error.attempts_are(number.saturating_sub(1)))?;
        let credentials = self.signed_with.insert(credentials);
        let attempt = attempt(self.call, self.operation, credentials, number, self.was_stale);
        self.was_stale = attempt.as_ref().is_err_and(Error::is_stale);
        self.result = Some(attempt?);
        Ok(())
    }

    fn is_safe(&self) -> bool {
        !O::WRITES
    }

    fn look(&mut self, attempts: u32) -> Result<bool, Error> {
        self.result = (self.look)(attempts)?;
        Ok(self.result.is_some())
    }

    fn confirms(&self, error: &Error) -> bool {
        error.service_code() == self.confirmed_by
    }

    fn mend(&mut self, error: &Error) -> bool {
        match error.service_code() {
            ServiceCode::InvalidTimeStampExpired => {
                let Core { clock, log, .. } = self.call.core;
                error.reply_date().is_some_and(|date| clock.correct(date, O::ACTION, log))
            }
            ServiceCode::InvalidSecurityTokenExpired => {
                self.signed_with.as_ref().is_some_and(|credentials| self.call.live.credentials.refuse(credentials))
            }
            _ => false,
        }
    }

    fn pause(&mut self, duration: Duration, because: &Error) -> Result<(), Stop> {
        if is_busy(because) {
            self.call.core.counters.busy_waits.count();
        }
        pause(duration, &self.call.limits)
    }

    fn left(&self) -> Option<Duration> {
        self.call.limits.deadline.left()
    }

    fn random(&mut self) -> u64 {
        random()
    }

    fn note(&mut self, decision: &dyn Fn() -> String) {
        self.call.core.log.write(Level::Info, || format!("{}: {}", O::ACTION, decision()));
    }
}
