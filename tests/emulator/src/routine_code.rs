//! The code of a routine: what was uploaded, the versions that were made of it, and where they are deployed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock;

/// Code with the number that it got: as uploaded, or as a version.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default = "crate::state::default_create_time")]
    pub(crate) create_time: String,
    #[serde(default, with = "crate::base64_text")]
    pub(crate) code_base64: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    Staging,
    Production,
}

/// What an environment runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deployment {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default = "crate::state::default_create_time")]
    pub(crate) create_time: String,
    pub(crate) shares: Vec<Share>,
}

/// How much of the traffic a version gets. The names are those of the service's parameter.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Share {
    pub(crate) code_version: String,
    pub(crate) percentage: u8,
}

impl Deployment {
    pub(crate) fn new(shares: Vec<Share>, now: Timestamp) -> Self {
        Self { id: number_at(now), create_time: clock::format(now), shares }
    }

    /// One version or two, which exist and together get all of the traffic.
    pub(crate) fn check(&self, versions: &[Code]) -> Result<(), String> {
        let exists = |share: &Share| versions.iter().any(|code| code.version == share.code_version);
        if let Some(share) = self.shares.iter().find(|share| !exists(share)) {
            return Err(format!("there is no version {}", share.code_version));
        }
        let sum: u32 = self.shares.iter().map(|share| u32::from(share.percentage)).sum();
        if sum != 100 || self.shares.len() > 2 {
            return Err("a deployment is of one or two versions, whose percentages sum up to 100".into());
        }
        Ok(())
    }

    pub(crate) fn has(&self, version: &str) -> bool {
        self.shares.iter().any(|share| share.code_version == version)
    }
}

/// The number that a version or a deployment of that time has: its nanoseconds, as the service's are.
pub(crate) fn number_at(time: Timestamp) -> String {
    time.as_nanosecond().to_string()
}
