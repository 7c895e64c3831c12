//! Numbers in replies. Ids are integers of 15 and more digits, as a JSON number or a string of digits. They are never
//! converted to a float.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// Reads an id: a positive integer. `None` for null.
pub(super) fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(Id)
}

/// Reads an id: a positive integer.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    optional_id(deserializer)?.ok_or_else(|| D::Error::custom("id is null"))
}

/// Reads a count, as a number or a string of digits. 0 for any other value.
pub(super) fn count_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = <&RawValue>::deserialize(deserializer)?;
    Ok(Some(value.get().trim_matches('"').parse().unwrap_or(0)))
}

struct Id;

impl Visitor<'_> for Id {
    type Value = Option<i64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a positive integer, or one in a string")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<i64>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<i64>, E> {
        i64::try_from(number).ok().filter(|&id| id > 0).map(Some).ok_or_else(|| E::custom("id out of range"))
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<Option<i64>, E> {
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(E::custom("id is not a number"));
        }
        digits.parse().map_err(E::custom).and_then(|number| self.visit_u64(number))
    }
}

#[cfg(test)]
mod tests {
    fn id(json: &str) -> Option<Option<i64>> {
        super::optional_id(&mut serde_json::Deserializer::from_str(json)).ok()
    }

    #[test]
    fn an_id_is_read_exactly() {
        assert_eq!(id("3227405728754048"), Some(Some(3227405728754048)));
        assert_eq!(id("9007199254740993"), Some(Some(9007199254740993)));
        assert_eq!(id("9223372036854775807"), Some(Some(i64::MAX)));
        assert_eq!(id(r#""9007199254740993""#), Some(Some(9007199254740993)));
        assert_eq!(id("null"), Some(None));
    }

    #[test]
    fn what_is_not_a_positive_integer_is_no_id() {
        for json in
            ["0", "-1", "1e3", "1.0", "9223372036854775808", r#""""#, r#""+1""#, r#""1e3""#, "true", "[1]", "{}"]
        {
            assert_eq!(id(json), None, "{json}");
        }
    }
}
