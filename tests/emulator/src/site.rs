//! Sites: the domains of an account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::encoding::lower_hex;
use crate::state::default_create_time;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    pub(crate) site_id: i64,
    pub(crate) site_name: String,
    #[serde(default)]
    pub(crate) status: SiteStatus,
    #[serde(default)]
    pub(crate) backend: Backend,
    /// Ordinary DNS records. A routine can't have a record of the same name.
    #[serde(default)]
    pub(crate) dns_records: Vec<String>,
    #[serde(default)]
    pub(crate) access_type: AccessType,
    #[serde(default)]
    pub(crate) coverage: Coverage,
    /// The plan's id and kind.
    #[serde(default)]
    pub(crate) instance_id: String,
    #[serde(default)]
    pub(crate) plan: Plan,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default = "default_create_time")]
    pub(crate) create_time: String,
}

impl Site {
    pub(crate) fn new(site_id: i64, site_name: &str) -> Self {
        Self {
            site_id,
            site_name: site_name.into(),
            status: SiteStatus::default(),
            backend: Backend::default(),
            dns_records: Vec::new(),
            access_type: AccessType::default(),
            coverage: Coverage::default(),
            instance_id: String::new(),
            plan: Plan::default(),
            tags: BTreeMap::new(),
            create_time: default_create_time(),
        }
    }

    /// Returns the name servers that the owner has to set. Empty if the site uses CNAME.
    pub(crate) fn name_servers(&self) -> &'static str {
        match self.access_type {
            AccessType::Ns => "ns1.esa-emulator.test,ns2.esa-emulator.test",
            AccessType::Cname => "",
        }
    }

    /// Returns the text of the TXT record that the owner has to add if the site uses CNAME.
    pub(crate) fn verify_code(&self) -> String {
        format!("verify_{}", lower_hex(&Sha256::digest(&self.site_name)[..8]))
    }

    /// Whether a record of that name belongs to this site: its name or one below it, in any case.
    pub(crate) fn covers(&self, record_name: &str) -> bool {
        let Some(start) = record_name.len().checked_sub(self.site_name.len()) else { return false };
        let (prefix, suffix) = record_name.as_bytes().split_at(start);
        suffix.eq_ignore_ascii_case(self.site_name.as_bytes()) && (prefix.is_empty() || prefix.ends_with(b"."))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SiteStatus {
    #[default]
    Active,
    Pending,
    /// Answers writes with `Site.ServiceBusy`.
    Busy,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    #[default]
    Up,
    /// Fails and stores nothing.
    Down,
    /// Stores, and still fails.
    Flaky,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum AccessType {
    #[default]
    Ns,
    Cname,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Plan {
    #[serde(rename = "basicplan")]
    Basic,
    #[serde(rename = "standardplan")]
    Standard,
    #[serde(rename = "advancedplan")]
    Advanced,
    #[default]
    #[serde(rename = "enterpriseplan")]
    Enterprise,
}

impl Plan {
    pub(crate) fn spec_name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Standard => "standard",
            Self::Advanced => "advanced",
            Self::Enterprise => "enterprise",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Coverage {
    Domestic,
    #[default]
    Global,
    Overseas,
}
