//! What a provider gives: credentials, and how long they are good for.

use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::{Credentials, Failure};

/// Credentials that a provider gave.
pub(crate) struct Issued {
    pub(super) credentials: Credentials,
    /// From now on; `None`: they don't expire.
    pub(super) lifetime: Option<Duration>,
    /// Where exactly they come from, for the log.
    pub(super) origin: String,
}

impl Issued {
    /// Credentials that don't expire.
    pub(super) fn lasting(
        origin: impl Into<String>,
        access_key_id: &str,
        access_key_secret: &str,
        security_token: Option<&str>,
    ) -> Result<Issued, Failure> {
        let credentials = Credentials::new(access_key_id, access_key_secret, security_token)?;
        Ok(Issued { credentials, lifetime: None, origin: origin.into() })
    }

    /// Credentials that the caller gave.
    pub(super) fn given(credentials: &Credentials) -> Issued {
        Issued { credentials: credentials.clone(), lifetime: None, origin: "given by the program".to_owned() }
    }

    /// The same, from a place that is further away.
    pub(super) fn by_way_of(self, place: &str) -> Issued {
        Issued { origin: format!("{place}, {}", self.origin), ..self }
    }
}

/// Temporary credentials as everything that gives them out writes them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TemporaryKey {
    access_key_id: String,
    access_key_secret: String,
    security_token: String,
    expiration: String,
}

impl TemporaryKey {
    /// The credentials, from `origin`, that are good from `now` until their expiration.
    pub(super) fn issued(self, origin: impl Into<String>, now: SystemTime) -> Result<Issued, Failure> {
        let issued = Issued::lasting(origin, &self.access_key_id, &self.access_key_secret, Some(&self.security_token))?;
        Ok(Issued { lifetime: Some(lifetime(&self.expiration, now)?), ..issued })
    }
}

/// How long it is from `now` to the date `expiration`, such as `2030-01-01T00:00:00Z`.
pub(super) fn lifetime(expiration: &str, now: SystemTime) -> Result<Duration, Failure> {
    let date = humantime::parse_rfc3339(expiration)
        .map_err(|_| Failure::of(format!("the credentials' expiration {expiration:?} is not a date")))?;
    let left = date.duration_since(now).unwrap_or_default();
    if left.is_zero() {
        return Err(Failure::of(format!("the credentials that it gives expired at {expiration}")));
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: &str) -> SystemTime {
        humantime::parse_rfc3339(date).unwrap()
    }

    fn key(expiration: &str) -> TemporaryKey {
        serde_json::from_value(serde_json::json!({
            "AccessKeyId": "STS.id", "AccessKeySecret": "secret", "SecurityToken": "token", "Expiration": expiration,
            "Unknown": 1,
        }))
        .unwrap()
    }

    #[test]
    fn a_temporary_key_lasts_until_its_expiration() {
        let issued = key("2030-01-01T01:00:00Z").issued("there", at("2030-01-01T00:00:00Z")).unwrap();

        assert_eq!(issued.lifetime, Some(Duration::from_secs(3600)));
        assert_eq!(issued.credentials, Credentials::new("STS.id", "secret", Some("token")).unwrap());
        assert_eq!(issued.by_way_of("here").origin, "here, there");
    }

    #[test]
    fn one_that_has_expired_or_does_not_say_when_it_does_is_refused() {
        for expiration in ["2029-12-31T23:59:59Z", "2030-01-01T00:00:00Z", "", "tomorrow", "2030-02-31T00:00:00Z"] {
            assert!(key(expiration).issued("there", at("2030-01-01T00:00:00Z")).is_err(), "{expiration}");
        }
    }
}
