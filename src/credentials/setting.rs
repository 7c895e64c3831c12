//! Settings of a profile.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Visitor};

use super::Failure;

/// A number or a date. The command line writes numbers as such; people and other programs write them as text, or with a
/// fraction as well.
pub(super) struct Scalar(String);

impl AsRef<str> for Scalar {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
        struct AnyScalar;

        impl Visitor<'_> for AnyScalar {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a text")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.trim().to_owned()))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}

/// A setting that is there and isn't empty.
pub(super) fn given(setting: &Option<impl AsRef<str>>) -> Option<&str> {
    setting.as_ref().map(|value| value.as_ref()).filter(|value| !value.is_empty())
}

/// A setting that is there and isn't empty, or that it is missing.
pub(super) fn require<'a>(key: &str, setting: &'a Option<impl AsRef<str>>) -> Result<&'a str, Failure> {
    given(setting).ok_or_else(|| Failure::of(format!("{key} is missing")))
}

/// A number of seconds; zero is as good as none, as in the command line.
pub(super) fn seconds(key: &str, setting: &Option<Scalar>) -> Result<Option<i64>, Failure> {
    let Some(text) = given(setting) else { return Ok(None) };
    let seconds = number(text).ok_or_else(|| Failure::of(format!("{key} is not a number")))?;
    Ok(Some(seconds).filter(|&seconds| seconds != 0))
}

/// How long it is from `now` to the time in a setting, in seconds since 1970; zero where that has passed or isn't given.
pub(super) fn left(key: &str, setting: &Option<Scalar>, now: SystemTime) -> Result<Duration, Failure> {
    Ok(seconds(key, setting)?.map(|end| until(end, now)).unwrap_or_default())
}

/// How long it is from `now` to so many seconds since 1970; zero where that has passed.
pub(super) fn until(end: i64, now: SystemTime) -> Duration {
    let end = u64::try_from(end).ok().and_then(|end| UNIX_EPOCH.checked_add(Duration::from_secs(end)));
    end.and_then(|end| end.duration_since(now).ok()).unwrap_or_default()
}

/// The whole number that a text is, with a fraction or without.
pub(super) fn number(text: &str) -> Option<i64> {
    let of_fraction = || text.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| number as i64);
    text.parse().ok().or_else(of_fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Option<i64>, String> {
        let setting: Option<Scalar> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        seconds("key", &setting).map_err(|failure| failure.reason)
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for json in ["1800", "1800.0", "1.8e3", r#""1800""#, r#"" 1800.5 ""#, "1800.9"] {
            assert_eq!(read(json), Ok(Some(1800)), "{json}");
        }
        for json in ["0", "0.0", "-0.0", r#""0""#, r#""""#, "null"] {
            assert_eq!(read(json), Ok(None), "{json}");
        }
        assert_eq!(read("-1"), Ok(Some(-1)));
        assert_eq!(read("1e300"), Ok(Some(i64::MAX)));
        assert_eq!(read("18446744073709551615"), Ok(Some(i64::MAX)));
    }

    #[test]
    fn what_is_no_number_is_told_by_its_key() {
        for json in [r#""an hour""#, r#""NaN""#, r#""inf""#, r#""2030-01-01T00:00:00Z""#] {
            assert_eq!(read(json), Err("key is not a number".to_owned()), "{json}");
        }
        assert!(read("[]").is_err() && read("{}").is_err() && read("true").is_err());
    }

    #[test]
    fn a_time_that_has_passed_or_is_no_time_leaves_nothing() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);

        assert_eq!(until(1_800_000_060, now), Duration::from_secs(60));
        assert_eq!(until(1_800_000_000, now), Duration::ZERO);
        assert_eq!(until(-1, now), Duration::ZERO);
        assert!(until(i64::MAX, now) > Duration::from_secs(1 << 40) || until(i64::MAX, now).is_zero());
    }
}
