//! Why a provider gives no credentials.

use std::fmt;
use std::io;

use crate::error::{Error, ErrorKind};

/// The reason, without any secret, and whether a later request may succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) reason: String,
    pub(super) retryable: bool,
    /// Whether it failed because no file descriptors are left.
    pub(super) out_of_descriptors: bool,
    /// Whether the server refused the time, and the clock has been corrected since.
    pub(super) clock_was_off: bool,
}

impl Failure {
    /// Returns a failure that lasts until something is changed.
    pub(super) fn of(reason: impl Into<String>) -> Failure {
        Failure { reason: reason.into(), retryable: false, out_of_descriptors: false, clock_was_off: false }
    }

    /// Returns the failure of a system call.
    pub(super) fn of_system(doing: impl fmt::Display, cause: &io::Error) -> Failure {
        Error::of_system(ErrorKind::Credentials, doing, cause).into()
    }

    /// Prefixes the reason with who was asked.
    pub(super) fn while_asking(self, server: &str) -> Failure {
        Failure { reason: format!("{server}: {}", self.reason), ..self }
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Failure {
        Failure::of(reason)
    }
}

impl From<Error> for Failure {
    /// A server that didn't answer in time isn't asked again. Across all providers, that would multiply the wait.
    fn from(error: Error) -> Failure {
        let retryable = error.retryable() && error.kind() != ErrorKind::Timeout;
        let out_of_descriptors = error.kind() == ErrorKind::Descriptors;
        Failure { retryable, out_of_descriptors, reason: error.to_string(), clock_was_off: false }
    }
}
