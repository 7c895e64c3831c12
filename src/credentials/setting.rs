//! The settings of a profile, by their keys.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use zeroize::Zeroizing;

use super::Failure;

/// The type of a setting that isn't null.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A number or a date. The command line writes numbers. People and other programs write text, or numbers with a
    /// fraction.
    Scalar,
    Flag,
}

/// Settings. An unused setting is empty, missing or null.
#[derive(Default)]
pub(super) struct Settings(Vec<(&'static str, Value)>);

enum Value {
    Null,
    Text(Zeroizing<String>),
    Number(i64),
    Flag(bool),
}

impl Value {
    fn is_of(&self, kind: Kind) -> bool {
        match self {
            Value::Null => true,
            Value::Text(_) => !matches!(kind, Kind::Flag),
            Value::Number(_) => matches!(kind, Kind::Scalar),
            Value::Flag(_) => matches!(kind, Kind::Flag),
        }
    }
}

impl Settings {
    /// Reads the members of an object that have one of these `keys`. A derived reader would be ten times as large.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        keys: &'static [(&'static str, Kind)],
        deserializer: D,
    ) -> Result<Settings, D::Error> {
        struct Members(&'static [(&'static str, Kind)]);

        impl<'de> Visitor<'de> for Members {
            type Value = Settings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
                let mut settings = Settings::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let Some(&(key, kind)) = self.0.iter().find(|(key, _)| *key == name) else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let value: Value = map.next_value()?;
                    if !value.is_of(kind) || settings.get(key).is_some() {
                        return Err(A::Error::custom("a setting of another type, or one that is there twice"));
                    }
                    settings.0.push((key, value));
                }
                Ok(settings)
            }
        }

        deserializer.deserialize_map(Members(keys))
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Returns a text, if it exists and isn't empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Returns a text, or the error that it is missing or empty.
    pub(super) fn require(&self, key: &str) -> Result<&str, Failure> {
        self.text(key).ok_or_else(|| Failure::of(format!("{key} is missing")))
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.get(key) {
            Some(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    /// Returns a number of seconds. Zero counts as missing, as in the command line.
    pub(super) fn seconds(&self, key: &str) -> Result<Option<i64>, Failure> {
        let seconds = match self.get(key) {
            Some(Value::Number(seconds)) => *seconds,
            Some(Value::Text(text)) if !text.trim().is_empty() => {
                number(text.trim()).ok_or_else(|| Failure::of(format!("{key} is not a number")))?
            }
            _ => 0,
        };
        Ok(Some(seconds).filter(|&seconds| seconds != 0))
    }

    /// Returns the time from `now` to the time in a setting, in seconds since 1970. Zero if that has passed or is
    /// missing.
    pub(super) fn left(&self, key: &str, now: SystemTime) -> Result<Duration, Failure> {
        Ok(self.seconds(key)?.map(|end| until(end, now)).unwrap_or_default())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct AnyValue;

        impl Visitor<'_> for AnyValue {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a setting")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Flag(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Number(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Number(i64::try_from(value).unwrap_or(i64::MAX)))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Number(value as i64))
            }

            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(Zeroizing::new(value.to_owned())))
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

/// Returns the time from `now` to `end`, in seconds since 1970. Zero if that has passed.
pub(super) fn until(end: i64, now: SystemTime) -> Duration {
    let end = u64::try_from(end).ok().and_then(|end| UNIX_EPOCH.checked_add(Duration::from_secs(end)));
    end.and_then(|end| end.duration_since(now).ok()).unwrap_or_default()
}

/// Parses a whole number, with or without a fraction.
fn number(text: &str) -> Option<i64> {
    // Parses it as JSON, because that parser is linked already. The standard library's would add 16 kB.
    let of_fraction = || serde_json::from_slice(text.as_bytes()).ok().map(|number: f64| number as i64);
    text.parse().ok().or_else(of_fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Option<i64>, String> {
        let object = format!(r#"{{"other": [], "key": {json}}}"#);
        let settings = Settings::read(&[("key", Kind::Scalar)], &mut serde_json::Deserializer::from_str(&object));
        let seconds = settings.map_err(|error| error.to_string())?.seconds("key");
        seconds.map_err(|failure| failure.reason)
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
    fn what_is_no_number_is_refused_by_its_key() {
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
