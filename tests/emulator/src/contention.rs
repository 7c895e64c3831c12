//! What a write is answered that comes while another one of its account is under way.

use serde::{Deserialize, Serialize};

/// The codes by which the service says that somebody else is at it.
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
