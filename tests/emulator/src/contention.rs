//! The answer to a write while another write of its account runs.

use serde::{Deserialize, Serialize};

/// The codes by which the service reports contention.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) enum Contention {
    #[default]
    UserOperationStatusIsLocked,
    LockFailed,
    #[serde(rename = "Site.ServiceBusy")]
    SiteServiceBusy,
    TooManyRequests,
}

impl Contention {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::UserOperationStatusIsLocked => "UserOperationStatusIsLocked",
            Self::LockFailed => "LockFailed",
            Self::SiteServiceBusy => "Site.ServiceBusy",
            Self::TooManyRequests => "TooManyRequests",
        }
    }
}
