//! Reads the members of a JSON object, of any type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Passes the members of the object in `json` to `each`, in their order. If the JSON is invalid, the members before the
/// error have been passed.
pub(crate) fn members<'a>(json: &'a [u8], each: &mut dyn FnMut(Cow<'a, str>, &'a RawValue)) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    deserializer.deserialize_map(Members(each))?;
    deserializer.end()
}

struct Members<'a, 'e>(&'e mut dyn FnMut(Cow<'a, str>, &'a RawValue));

impl<'de> Visitor<'de> for Members<'de, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Name(name), value)) = map.next_entry()? {
            (self.0)(name, value);
        }
        Ok(())
    }
}

/// A name, borrowed if possible.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
