//! Temporary keys: who takes on a role gets one, and with it the role's rights for a while.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clock;
use crate::identifier::request_id;
use crate::ram::Policy;
use crate::service_error::ServiceError;
use crate::state::{Account, Key, KeyStatus, Role};

/// Older sessions than these are forgotten, so that a long test doesn't eat the memory.
const MOST_SESSIONS: usize = 10_000;

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) role: String,
    pub(crate) name: String,
    /// What narrows the role's rights.
    pub(crate) policy: Option<Policy>,
    pub(crate) key: Key,
}

impl Session {
    pub(crate) fn arn(&self, account_id: &str) -> String {
        format!("acs:ram::{account_id}:assumed-role/{}/{}", self.role, self.name)
    }
}

impl Account {
    /// Opens a session of `role`.
    pub(crate) fn open_session(
        &mut self,
        role: &str,
        name: &str,
        policy: Option<Policy>,
        seconds: i64,
        now: Timestamp,
    ) -> Result<&Session, ServiceError> {
        let expires = now.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| ServiceError::internal())?;
        let fresh = || request_id().replace('-', "");
        let key = Key {
            access_key_id: format!("STS.{}", &fresh()[..24]),
            access_key_secret: fresh(),
            security_token: Some(fresh() + &fresh()),
            status: KeyStatus::Active,
            expires: Some(expires),
        };
        if self.sessions.len() == MOST_SESSIONS {
            self.sessions.remove(0);
        }
        self.sessions.push(Session { role: role.into(), name: name.into(), policy, key });
        self.sessions.last().ok_or_else(ServiceError::internal)
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name)
    }
}

/// The key as everything that gives one out writes it.
pub(crate) fn key_json(key: &Key) -> Value {
    json!({
        "AccessKeyId": key.access_key_id,
        "AccessKeySecret": key.access_key_secret,
        "SecurityToken": key.security_token,
        "Expiration": key.expires.map(clock::format),
    })
}
