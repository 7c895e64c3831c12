//! Roles, who may assume them, and their sessions. All temporary keys of the emulator belong to sessions.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;
use crate::encoding::lower_hex;
use crate::identifier::random_bytes;
use crate::ram::Policy;
use crate::state::{Key, KeyStatus};

/// The most sessions. The oldest ones are dropped, so that a long benchmark doesn't exhaust the memory.
const MOST_SESSIONS: usize = 10_000;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// Who of the account may assume it: `user/<name>`, `role/<name>`, `oidc-provider/<name>`. None means everybody.
    #[serde(default)]
    pub(crate) trusted: Option<Vec<String>>,
    /// None allows everything.
    #[serde(default)]
    pub(crate) policy: Option<Policy>,
    /// The external id that AssumeRole must have, if there is one.
    #[serde(default)]
    pub(crate) external_id: Option<String>,
    #[serde(default = "one_hour")]
    pub(crate) max_session_seconds: u32,
    /// How long every session lasts, regardless of the request. Tests need keys that expire soon.
    #[serde(default)]
    pub(crate) session_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) sessions: Vec<Session>,
}

fn one_hour() -> u32 {
    3600
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    pub(crate) name: String,
    /// Allows no more than the role's own policy. None doesn't restrict it.
    #[serde(default)]
    pub(crate) policy: Option<Policy>,
    pub(crate) key: Key,
}

impl Role {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            trusted: None,
            policy: None,
            external_id: None,
            max_session_seconds: one_hour(),
            session_seconds: None,
            sessions: Vec::new(),
        }
    }

    /// Whether the role trusts `who`, written as in `trusted`.
    pub(crate) fn trusts(&self, who: &str) -> bool {
        self.trusted.as_ref().is_none_or(|trusted| trusted.iter().any(|name| name == who))
    }

    /// Starts a session. Returns its credentials with the names that STS uses.
    pub(crate) fn open_session(&mut self, name: &str, policy: Option<Policy>, seconds: u32, now: Timestamp) -> Value {
        let seconds = self.session_seconds.unwrap_or(seconds);
        let expires = Timestamp::from_second(now.as_second() + i64::from(seconds)).unwrap_or(Timestamp::MAX);
        let id = format!("STS.{}", lower_hex(&random_bytes::<12>()));
        let secret = lower_hex(&random_bytes::<22>());
        // As long as real ones, and with `+`, `/` and `=`, which need encoding.
        let token = format!("CAIS{}+/=", STANDARD.encode(random_bytes::<300>()));
        let credentials = json!({
            "AccessKeyId": id,
            "AccessKeySecret": secret,
            "SecurityToken": token,
            "Expiration": clock::format(expires),
        });
        if self.sessions.len() >= MOST_SESSIONS {
            self.sessions.remove(0);
        }
        let key = Key {
            access_key_id: id,
            access_key_secret: secret,
            security_token: Some(token),
            status: KeyStatus::Active,
            expires: Some(expires),
        };
        self.sessions.push(Session { name: name.into(), policy, key });
        credentials
    }
}

/// An identity provider, and the tokens that are accepted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcProvider {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) tokens: Vec<BearerToken>,
}

/// Whoever has the token may sign in until it expires.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BearerToken {
    pub(crate) token: String,
    #[serde(default)]
    expires: Option<Timestamp>,
}

impl BearerToken {
    pub(crate) fn new(token: &str) -> Self {
        Self { token: token.into(), expires: None }
    }

    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_sessions_go() {
        let mut role = Role::new("r");
        let first = role.open_session("first", None, 900, Timestamp::UNIX_EPOCH);
        assert_eq!(first["Expiration"], "1970-01-01T00:15:00Z");
        (0..MOST_SESSIONS).for_each(|_| _ = role.open_session("later", None, 900, Timestamp::UNIX_EPOCH));
        assert_eq!(role.sessions.len(), MOST_SESSIONS);
        assert!(role.sessions.iter().all(|session| session.name == "later"));
    }
}
