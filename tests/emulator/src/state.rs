//! What the emulated service knows: accounts with their users, roles, sites, routines and records.
//!
//! The same types read a seed file and write `GET /_emulator/state`, so a state can be kept as a seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::contention::Contention;
use crate::ram::Policy;
use crate::role::{OidcProvider, Role};
use crate::routine_code::{Code, Deployment, Environment};
use crate::seconds::Seconds;
use crate::service_error::ServiceError;
use crate::site::Site;

pub(crate) const DEFAULT_ACCOUNT_ID: &str = "1000000000000001";
const GENEROUS_QUOTA: usize = 1_000_000;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) overdue: bool,
    pub(crate) activated: bool,
    pub(crate) record_quota: usize,
    pub(crate) routine_quota: usize,
    /// How long each write locks the account.
    pub(crate) lock_hold_ms: u64,
    pub(crate) locked: bool,
    /// The answer to a write in the meantime.
    pub(crate) contention: Contention,
    /// ListRoutineRelatedRecords shows the records as they were this long ago.
    pub(crate) list_lag_seconds: Seconds,
    /// How long after its request a write is carried out.
    pub(crate) late_commit_seconds: Seconds,
    pub(crate) users: Vec<User>,
    pub(crate) roles: Vec<Role>,
    pub(crate) oidc_providers: Vec<OidcProvider>,
    pub(crate) sites: Vec<Site>,
    pub(crate) routines: Vec<Routine>,
    /// Held by the write in progress.
    #[serde(skip)]
    pub(crate) write_lock: Arc<Mutex<()>>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: DEFAULT_ACCOUNT_ID.into(),
            overdue: false,
            activated: true,
            record_quota: GENEROUS_QUOTA,
            routine_quota: GENEROUS_QUOTA,
            lock_hold_ms: 0,
            locked: false,
            contention: Contention::default(),
            list_lag_seconds: Seconds::default(),
            late_commit_seconds: Seconds::default(),
            users: Vec::new(),
            roles: Vec::new(),
            oidc_providers: Vec::new(),
            sites: Vec::new(),
            routines: Vec::new(),
            write_lock: Arc::default(),
        }
    }
}

impl Account {
    /// Locks the account until the returned guard is dropped. If it is locked already, refuses at once.
    pub(crate) fn begin_write(&self) -> Result<OwnedMutexGuard<()>, ServiceError> {
        match Arc::clone(&self.write_lock).try_lock_owned() {
            Ok(guard) if !self.locked => Ok(guard),
            _ => Err(ServiceError::known(self.contention.code())),
        }
    }

    pub(crate) fn role_mut(&mut self, name: &str) -> Option<&mut Role> {
        self.roles.iter_mut().find(|role| role.name == name)
    }

    pub(crate) fn site(&self, site_id: i64) -> Option<&Site> {
        self.sites.iter().find(|site| site.site_id == site_id)
    }

    pub(crate) fn routine(&self, name: &str) -> Option<&Routine> {
        self.routines.iter().find(|routine| routine.name == name)
    }

    pub(crate) fn routine_mut(&mut self, name: &str) -> Option<&mut Routine> {
        self.routines.iter_mut().find(|routine| routine.name == name)
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &RelatedRecord> {
        self.routines.iter().flat_map(|routine| &routine.related_records)
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) name: String,
    /// None allows everything.
    #[serde(default)]
    pub(crate) policy: Option<Policy>,
    #[serde(default)]
    pub(crate) keys: Vec<Key>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) access_key_id: String,
    pub(crate) access_key_secret: String,
    /// Set for a temporary key of STS.
    #[serde(default)]
    pub(crate) security_token: Option<String>,
    #[serde(default)]
    pub(crate) status: KeyStatus,
    #[serde(default)]
    pub(crate) expires: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum KeyStatus {
    #[default]
    Active,
    Inactive,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Routine {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) has_assets: bool,
    #[serde(default = "default_create_time")]
    pub(crate) create_time: String,
    #[serde(default)]
    pub(crate) state: RoutineState,
    /// None means the account's.
    #[serde(default)]
    pub(crate) record_quota: Option<usize>,
    #[serde(default)]
    pub(crate) related_records: Vec<RelatedRecord>,
    /// The code of the last upload.
    #[serde(default)]
    pub(crate) staged_code: Option<Code>,
    /// Oldest first.
    #[serde(default)]
    pub(crate) code_versions: Vec<Code>,
    #[serde(default)]
    pub(crate) deployments: BTreeMap<Environment, Deployment>,
}

impl Routine {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            has_assets: false,
            create_time: default_create_time(),
            state: RoutineState::default(),
            record_quota: None,
            related_records: Vec::new(),
            staged_code: None,
            code_versions: Vec::new(),
            deployments: BTreeMap::new(),
        }
    }

    pub(crate) fn code(&self, version: &str) -> Option<&Code> {
        self.code_versions.iter().find(|code| code.version == version)
    }
}

pub(crate) fn default_create_time() -> String {
    "2025-01-01T00:00:00Z".into()
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoutineState {
    #[default]
    Ready,
    /// Answers writes with `InternalOperationError`.
    Deploying,
    /// Answers writes with `LockFailed`.
    Busy,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelatedRecord {
    pub(crate) record_name: String,
    pub(crate) site_id: i64,
    /// 0 in a seed means that an id is assigned.
    #[serde(default)]
    pub(crate) record_id: i64,
}
