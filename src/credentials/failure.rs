//! Why a provider gives no credentials.

use crate::error::{Error, ErrorKind};

/// The reason, without any secret, and whether asking again may help.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) reason: String,
    pub(super) retryable: bool,
    /// Whether the server complained of the time, which has been corrected since.
    pub(super) clock_was_off: bool,
}

impl Failure {
    /// A reason that stays until something is changed.
    pub(super) fn of(reason: impl Into<String>) -> Failure {
        Failure { reason: reason.into(), retryable: false, clock_was_off: false }
    }

    /// The same reason, with what was asked for.
    pub(super) fn while_asking(self, whom: &str) -> Failure {
        Failure { reason: format!("{whom}: {}", self.reason), ..self }
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Failure {
        Failure::of(reason)
    }
}

impl From<Error> for Failure {
    /// Who didn't answer in time isn't asked again: with all places of the chain, that would take several times as long.
    fn from(error: Error) -> Failure {
        let retryable = error.retryable() && error.kind() != ErrorKind::Timeout;
        Failure { retryable, reason: error.to_string(), clock_was_off: false }
    }
}
