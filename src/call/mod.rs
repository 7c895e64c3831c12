//! How an operation is carried out: within its deadline, cancellable, and with an error that says what it did.
//!
//! Data goes one way: arguments → request → signed request → reply → outcome → result.

mod attempt;
mod cancel;
mod error_body;
mod limits;
mod redaction;
mod reply;
mod retry_hint;
mod stamp;

use std::time::Duration;

pub use self::cancel::Cancel;
pub(crate) use self::limits::{Deadline, Limits, Stop};
use crate::client::Core;
use crate::error::Error;
use crate::operation::Operation;
use attempt::attempt;

/// What one call does differently from its client's defaults.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    cancel: Option<Cancel>,
    timeout: Option<Duration>,
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

    /// How long the whole call may take.
    pub fn timeout(&mut self, timeout: Duration) -> &mut CallOptions {
        self.timeout = Some(timeout);
        self
    }
}

/// Carries out `operation`.
pub(crate) fn run<O: Operation>(core: &Core, operation: &O, options: &CallOptions) -> Result<O::Output, Error> {
    operation.check()?;
    let limits = Limits {
        deadline: Deadline::after(options.timeout.unwrap_or(core.timeouts.total)),
        cancel: options.cancel.clone(),
    };
    let credentials = core.credentials.credentials()?;
    let (reply, receipt) = attempt(core, operation, 1, credentials, &limits)?;
    operation.output(reply, receipt).map_err(|error| error.attempts_are(1))
}
