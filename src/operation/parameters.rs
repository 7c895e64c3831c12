//! The parameters of an action: converts JSON and pairs into names and values, each in its place.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use super::actions::{Action, Place, Shape};
use super::any_action::ActionParameter;
use crate::error::Error;
use crate::json;

/// More than any action has, with every list item counted.
const MOST: usize = 1000;

/// The deepest nesting of a list that is sent as `Name.1`, `Name.2`.
const DEEPEST: u32 = 8;

/// Parameters that each request sets itself, in one version of the signature or the other.
pub(super) const RESERVED: [&str; 11] = [
    "AccessKeyId",
    "Action",
    "BearerToken",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

type Pairs = Vec<(String, String)>;

/// The parameters of an action that were read so far.
pub(super) struct Parameters {
    /// What the table knows about the action.
    action: Option<Action>,
    query: Pairs,
    form: Pairs,
    /// The names so far, sorted. They are few, and a hash table costs 3 kB of code.
    names: Vec<String>,
}

/// Where a value stands in the caller's arguments.
#[derive(Clone, Copy)]
struct At<'a> {
    field: &'a str,
    place: Place,
}

impl Parameters {
    pub(super) fn of(action: Option<Action>) -> Parameters {
        Parameters { action, query: Pairs::new(), form: Pairs::new(), names: Vec::new() }
    }

    /// Returns the query and the form.
    pub(super) fn placed(self) -> (Pairs, Pairs) {
        (self.query, self.form)
    }

    /// Adds a parameter that is sent unchanged. `number` is its index in the caller's array.
    pub(super) fn add(&mut self, number: usize, parameter: &ActionParameter<'_>) -> Result<(), Error> {
        let ActionParameter { name, value, place } = *parameter;
        let field = format!("parameters[{number}].name");
        let (known, _) = self.known(name);
        self.push(At { field: &field, place: place.unwrap_or(known) }, name.to_owned(), value.to_owned())
    }

    /// Adds the members of the JSON object in `field`. All go to `place`; if that is `None`, each goes where the action
    /// expects it.
    pub(super) fn add_json(&mut self, field: &str, text: Option<&str>, place: Option<Place>) -> Result<(), Error> {
        let Some(text) = text else { return Ok(()) };
        for (name, value) in object(field, text)? {
            let (known, shape) = self.known(&name);
            let at = At { field, place: place.unwrap_or(known) };
            let before = self.names.len();
            match shape {
                Shape::List => self.take_apart(at, &name, value, 0)?,
                Shape::Plain | Shape::Json => self.extend(at, &name, value)?,
            }
            // A name that isn't sent, or is sent in another form, must not occur twice either.
            if self.names.len() == before || self.place(&name).is_err() {
                self.claim(field, &name)?;
            }
        }
        Ok(())
    }

    /// Returns where a parameter goes and how it is written. The part of its name before the first dot decides.
    fn known(&self, name: &str) -> (Place, Shape) {
        let name = name.split('.').next().unwrap_or_default();
        let known = self.action.as_ref().and_then(|action| action.parameter(name));
        known.unwrap_or((Place::Query, Shape::Plain))
    }

    /// Adds a value. Objects and arrays are added as their JSON text.
    fn extend(&mut self, at: At<'_>, name: &str, value: &RawValue) -> Result<(), Error> {
        let text = match value.get() {
            "null" => return Ok(()),
            text if text.starts_with('"') => string(at.field, name, value)?,
            text => text.to_owned(),
        };
        self.push(at, name.to_owned(), text)
    }

    /// Adds the items of a value, with names that give their position: `Name.1.Key`.
    fn take_apart(&mut self, at: At<'_>, name: &str, value: &RawValue, depth: u32) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(Error::invalid_argument(at.field, format_args!("has {name:?}, which is nested too deep")));
        }
        match value.get().as_bytes().first() {
            Some(b'[') => {
                let elements: Vec<&RawValue> =
                    serde_json::from_slice(value.get().as_bytes()).map_err(|error| unreadable(at.field, &error))?;
                for (number, element) in elements.into_iter().enumerate() {
                    self.take_apart(at, &format!("{name}.{}", number + 1), element, depth + 1)?;
                }
                Ok(())
            }
            Some(b'{') => {
                for (key, member) in object(at.field, value.get())? {
                    self.take_apart(at, &format!("{name}.{key}"), member, depth + 1)?;
                }
                Ok(())
            }
            _ => self.extend(at, name, value),
        }
    }

    fn push(&mut self, at: At<'_>, name: String, value: String) -> Result<(), Error> {
        self.claim(at.field, &name)?;
        match at.place {
            Place::Query => self.query.push((name, value)),
            Place::Form => self.form.push((name, value)),
        }
        Ok(())
    }

    /// Reserves a name. No other parameter may have it.
    fn claim(&mut self, field: &str, name: &str) -> Result<(), Error> {
        let refused = |reason: fmt::Arguments<'_>| Err(Error::invalid_argument(field, reason));
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~');
        if name.is_empty() || !name.bytes().all(is_fine) {
            return refused(format_args!("has the invalid name {name:?}: letters, digits, '.', '-', '_' and '~'"));
        }
        if RESERVED.contains(&name) {
            return refused(format_args!("has {name:?}, which each request sets itself"));
        }
        if self.names.len() == MOST {
            return refused(format_args!("has too many parameters: {MOST} are the most"));
        }
        let Err(place) = self.place(name) else {
            return refused(format_args!("has {name:?}, which is there twice"));
        };
        self.names.insert(place, name.to_owned());
        Ok(())
    }

    /// Returns the name's position among the names so far, or where it would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.names.binary_search_by(|taken| taken.as_str().cmp(name))
    }
}

/// Returns the text of a JSON string.
fn string(field: &str, name: &str, value: &RawValue) -> Result<String, Error> {
    // Parses bytes, as for replies. Parsing a `str` would link a second parser.
    serde_json::from_slice(value.get().as_bytes())
        .map_err(|_| Error::invalid_argument(field, format_args!("has {name:?}, whose value isn't valid Unicode")))
}

type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Returns the members of the object in `text`, in their order.
fn object<'a>(field: &str, text: &'a str) -> Result<Members<'a>, Error> {
    let mut members = Members::new();
    let read = json::members(text.as_bytes(), &mut |name, value| members.push((name, value)));
    read.map_err(|error| unreadable(field, &error))?;
    Ok(members)
}

/// Returns an error that says where the JSON is wrong, without quoting it.
fn unreadable(field: &str, error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    Error::invalid_argument(field, format_args!("isn't a JSON object: see line {line}, column {column}"))
}

#[cfg(test)]
mod tests {
    use super::super::actions;
    use super::*;

    /// Reads the parameters of an action that has a list of objects.
    fn read(text: &str) -> Result<Vec<String>, Error> {
        let mut parameters = Parameters::of(actions::action("TagResources"));
        parameters.add_json("params", Some(text), None)?;
        let (query, form) = parameters.placed();
        Ok(query.into_iter().chain(form).map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn values_are_sent_as_they_are_written() {
        let text = r#"{"A":"x y","B":9007199254740993,"C":-1.50e3,"D":true,"E":false,"F":null,"G":"","H":"\u00e9\n\ud83d\ude00"}"#;
        assert_eq!(
            read(text).unwrap(),
            ["A=x y", "B=9007199254740993", "C=-1.50e3", "D=true", "E=false", "G=", "H=é\n😀"]
        );
        assert!(read(" {} ").unwrap().is_empty());
    }

    #[test]
    fn objects_and_arrays_are_text_unless_they_are_lists() {
        assert_eq!(read(r#"{"A":{ "b" : [1, 2.0] }}"#).unwrap(), [r#"A={ "b" : [1, 2.0] }"#]);
        assert_eq!(
            read(r#"{"Tag":[{"Key":"a","Value":null},{"Key":"b","Value":[1,"2"]}],"ResourceId":["x","y"]}"#).unwrap(),
            ["Tag.1.Key=a", "Tag.2.Key=b", "Tag.2.Value.1=1", "Tag.2.Value.2=2", "ResourceId.1=x", "ResourceId.2=y"]
        );
        assert_eq!(read(r#"{"Tag":[],"ResourceId":"x"}"#).unwrap(), ["ResourceId=x"]);
    }

    #[test]
    fn what_is_no_object_is_refused_without_being_repeated() {
        for text in ["", "null", "[]", "\"hunter2\"", "7", "{", r#"{"A":hunter2}"#, r#"{"A":1} hunter2"#, r#"{"A":1,}"#]
        {
            let error = read(text).unwrap_err();
            assert!(error.message().starts_with("params isn't a JSON object"), "{text}: {error}");
            assert!(!error.message().contains("hunter2"), "{error}");
        }
        assert!(read(r#"{"A":"\ud800"}"#).unwrap_err().message().contains("\"A\""));
    }

    #[test]
    fn a_name_is_there_once() {
        for text in [
            r#"{"A":1,"A":1}"#,
            r#"{"A":null,"A":1}"#,
            r#"{"A":1,"A":null}"#,
            r#"{"Tag":[],"Tag":[]}"#,
            r#"{"Tag":[1],"Tag.1":1}"#,
            r#"{"Tag":[{"Key":1,"Key":2}]}"#,
        ] {
            assert!(read(text).unwrap_err().message().ends_with("is there twice"), "{text}");
        }
    }

    #[test]
    fn a_name_is_one_that_can_be_sent() {
        for name in ["", "a b", "ä", "a=b", "a&b", "a\\n", "Action", "Signature", "Timestamp"] {
            let text = format!(r#"{{"{name}":1}}"#);
            assert!(read(&text).unwrap_err().message().starts_with("params has "), "{text}");
        }
        assert_eq!(read(r#"{"A.1-_~b":1}"#).unwrap(), ["A.1-_~b=1"]);
    }

    #[test]
    fn there_are_bounds() {
        let many = |count: usize| read(&format!(r#"{{"ResourceId":[{}1]}}"#, "1,".repeat(count - 1)));
        // The list has a name as well.
        assert_eq!(many(MOST - 1).unwrap().len(), MOST - 1);
        assert!(many(MOST + 1).unwrap_err().message().contains("too many"));

        let deep = |depth: usize| read(&format!(r#"{{"Tag":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth)));
        assert_eq!(deep(8).unwrap(), ["Tag.1.1.1.1.1.1.1.1=1"]);
        assert!(deep(9).unwrap_err().message().contains("nested"));
        assert!(deep(200_000).is_err());
    }
}
