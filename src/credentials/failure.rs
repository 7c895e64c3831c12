//! Why a provider gives no credentials.

use std::fmt;
use std::io;

use crate::error::{Error, ErrorKind};

/// The reason, without any secret, and whether asking again may help.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) reason: String,
    pub(super) retryable: bool,
    /// Whether no file descriptors are left to get them with.
    pub(super) out_of_descriptors: bool,
    /// Whether the server complained of the time, which has been corrected since.
    pub(super) clock_was_off: bool,
}

impl Failure {
    /// A reason that stays until something is changed.
    pub(super) fn of(reason: impl Into<String>) -> Failure {
        Failure { reason: reason.into(), retryable: false, out_of_descriptors: false, clock_was_off: false }
    }

    /// A failure of the system's.
    pub(super) fn of_system(doing: impl fmt::Display, cause: &io::Error) -> Failure {
        Error::of_system(ErrorKind::Credentials, doing, cause).into()
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
        let out_of_descriptors = error.kind() == ErrorKind::Descriptors;
        Failure { retryable, out_of_descriptors, reason: error.to_string(), clock_was_off: false }
    }
}
