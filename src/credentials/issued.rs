//! The result of a provider: credentials, and how long they are valid.

use std::time::{Duration, SystemTime};

use serde::de::{Deserialize, Deserializer, Error};

use super::context::parse_answer;
use super::setting::{Kind, Settings};
use super::{Credentials, Failure};

/// Credentials from a provider.
pub(crate) struct Issued {
    pub(super) credentials: Credentials,
    /// From now on. `None`: they don't expire.
    pub(super) lifetime: Option<Duration>,
    /// The exact origin, for the log.
    pub(super) origin: String,
}

impl Issued {
    /// Returns credentials that don't expire.
    pub(super) fn lasting(
        origin: impl Into<String>,
        access_key_id: &str,
        access_key_secret: &str,
        security_token: Option<&str>,
    ) -> Result<Issued, Failure> {
        let credentials = Credentials::of(access_key_id, access_key_secret, security_token)?;
        Ok(Issued { credentials, lifetime: None, origin: origin.into() })
    }

    /// Returns the caller's own credentials.
    pub(super) fn given(credentials: &Credentials) -> Issued {
        Issued { credentials: credentials.clone(), lifetime: None, origin: "given by the program".to_owned() }
    }

    /// Adds `place` to the origin, for credentials that came through another place.
    pub(super) fn by_way_of(self, place: &str) -> Issued {
        Issued { origin: format!("{place}, {}", self.origin), ..self }
    }
}

/// Temporary credentials, in the JSON that all sources share.
pub(super) struct TemporaryKey(Settings);

/// All of them are required.
static KEYS: [(&str, Kind); 4] = [
    ("AccessKeyId", Kind::Text),
    ("AccessKeySecret", Kind::Text),
    ("SecurityToken", Kind::Text),
    ("Expiration", Kind::Text),
];

impl<'de> Deserialize<'de> for TemporaryKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TemporaryKey, D::Error> {
        let settings = Settings::read(&KEYS, deserializer)?;
        match KEYS.iter().find(|(key, _)| settings.text(key).is_none()) {
            Some((key, _)) => Err(D::Error::missing_field(key)),
            None => Ok(TemporaryKey(settings)),
        }
    }
}

/// The same, in the JSON of STS and CloudSSO.
#[derive(serde::Deserialize)]
pub(super) struct GivenKey {
    #[serde(alias = "Credentials", alias = "CloudCredential")]
    key: TemporaryKey,
}

impl GivenKey {
    /// Parses the key in an answer.
    pub(super) fn read(text: &str) -> Result<TemporaryKey, Failure> {
        parse_answer(text).map(|given: GivenKey| given.key)
    }
}

impl TemporaryKey {
    /// Returns the credentials, which are valid from `now` until their expiration.
    pub(super) fn issued(self, origin: impl Into<String>, now: SystemTime) -> Result<Issued, Failure> {
        let [id, secret, token, expiration] = KEYS.map(|(key, _)| self.0.text(key).unwrap_or_default());
        let issued = Issued::lasting(origin, id, secret, Some(token))?;
        Ok(Issued { lifetime: lifetime(expiration, now)?, ..issued })
    }
}

/// The text of a missing date in programs written in Go.
const NO_DATE: &str = "0001-01-01T00:00:00Z";

/// Returns the time from `now` to `expiration`, such as `2030-01-01T00:00:00Z` or `2030-01-01T08:00:00+08:00`. `None`
/// if it is the text of a missing date.
pub(super) fn lifetime(expiration: &str, now: SystemTime) -> Result<Option<Duration>, Failure> {
    if expiration == NO_DATE {
        return Ok(None);
    }
    let date = date(expiration)
        .ok_or_else(|| Failure::of(format!("the credentials' expiration {expiration:?} is not a date")))?;
    let left = date.duration_since(now).unwrap_or_default();
    if left.is_zero() {
        return Err(Failure::of(format!("the credentials that it gives expired at {expiration}")));
    }
    Ok(Some(left))
}

/// Parses a date of RFC 3339, in UTC or with an offset.
fn date(text: &str) -> Option<SystemTime> {
    const WITHOUT_OFFSET: usize = "yyyy-mm-ddThh:mm:ss".len();
    let Some(sign) = text.rfind(['+', '-']).filter(|&sign| sign >= WITHOUT_OFFSET) else {
        return humantime::parse_rfc3339(text).ok();
    };
    let (local, offset) = (text.get(..sign)?, text.get(sign + 1..)?);
    if local.ends_with('Z') {
        return None;
    }
    let local = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let (hours, minutes) = offset.split_once(':').or_else(|| offset.split_at_checked(2))?;
    let offset = Duration::from_secs((two_digits(hours, 23)? * 60 + two_digits(minutes, 59)?) * 60);
    if text.get(sign..)?.starts_with('+') { local.checked_sub(offset) } else { local.checked_add(offset) }
}

/// Parses a number of two digits that is at most `most`.
fn two_digits(text: &str, most: u64) -> Option<u64> {
    let is_one = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&number| is_one && number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: &str) -> SystemTime {
        humantime::parse_rfc3339(date).unwrap()
    }

    fn key(expiration: &str) -> Result<TemporaryKey, Failure> {
        let answer = serde_json::json!({
            "AccessKeyId": "STS.id", "AccessKeySecret": "secret", "SecurityToken": "token", "Expiration": expiration,
            "Unknown": 1,
        });
        parse_answer(&answer.to_string())
    }

    #[test]
    fn a_temporary_key_lasts_until_its_expiration() {
        let issued = key("2030-01-01T01:00:00Z").unwrap().issued("there", at("2030-01-01T00:00:00Z")).unwrap();

        assert_eq!(issued.lifetime, Some(Duration::from_secs(3600)));
        assert_eq!(issued.credentials, Credentials::temporary("STS.id", "secret", "token").unwrap());
        assert_eq!(issued.by_way_of("here").origin, "here, there");
    }

    #[test]
    fn a_date_may_have_an_offset_or_be_none() {
        let left =
            |expiration: &str| lifetime(expiration, at("2030-01-01T00:00:00Z")).map_err(|failure| failure.reason);

        for expiration in [
            "2030-01-01T09:00:00+08:00",
            "2030-01-01T09:00:00+0800",
            "2029-12-31T19:30:00-05:30",
            "2030-01-01T01:00:00.0Z",
        ] {
            assert_eq!(left(expiration), Ok(Some(Duration::from_secs(3600))), "{expiration}");
        }
        assert_eq!(left("0001-01-01T00:00:00Z"), Ok(None));
        assert!(left("2030-01-01T07:59:59+08:00").is_err_and(|reason| reason.contains("expired at")));
    }

    #[test]
    fn one_that_has_expired_or_does_not_say_when_it_does_is_refused() {
        for expiration in [
            "2029-12-31T23:59:59Z",
            "2030-01-01T00:00:00Z",
            "",
            "tomorrow",
            "2030-02-31T00:00:00Z",
            "2030-01-01T09:00:00+",
            "2030-01-01T09:00:00+8:0",
            "2030-01-01T09:00:00+24:00",
            "2030-01-01T09:00:00+-8:00",
            "2030-01-01T09:00:00Z+08:00",
            "2030-01-01T09:00:00+é00",
        ] {
            let issued = key(expiration).and_then(|key| key.issued("there", at("2030-01-01T00:00:00Z")));
            assert!(issued.is_err(), "{expiration}");
        }
    }
}
