//! Any action of the service, by its name. Combines the caller's arguments with what the table knows about the action.

use std::fmt;

use serde_json::value::RawValue;

use super::actions::{self, Effect, Place};
use super::parameters::Parameters;
use super::{API_VERSION, Action, Operation, Receipt};
use crate::error::Error;
use crate::http::LargestBody;
use crate::signature::Parameter;

/// An action of the service, with its parameters. Created with [`AnyAction::new`].
///
/// The library knows the service's actions and sends each parameter where the service expects it. An unknown parameter
/// goes into the query. An unknown action is sent with POST and treated as a write.
///
/// ```
/// use esa::{ActionParameter, AnyAction};
///
/// let get = AnyAction::new("GetRoutine").with_params(r#"{"Name": "my-routine"}"#);
/// let parameters = [ActionParameter::new("Name", "my-routine")];
/// let the_same = AnyAction::new("GetRoutine").with_parameters(&parameters);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct AnyAction<'a> {
    /// The action's name, such as `CreateRoutine`: 1 to 128 letters and digits.
    pub action: &'a str,
    /// The parameters: a JSON object.
    ///
    /// - Strings are sent unchanged.
    /// - Numbers are sent as they are written here.
    /// - Booleans are sent as `true` and `false`.
    /// - `null` means that the parameter isn't sent.
    /// - Objects and arrays are sent as the action expects them: as JSON text, or as `Name.1`, `Name.2`.
    pub params: Option<&'a str>,
    /// Parameters that always go into the query: a JSON object.
    pub query: Option<&'a str>,
    /// Parameters that always go into the form: a JSON object.
    pub form: Option<&'a str>,
    /// Parameters whose names and values are sent unchanged.
    pub parameters: &'a [ActionParameter<'a>],
    /// `GET` or `POST`. `None`: the action's own method.
    pub method: Option<&'a str>,
    /// The version of the service's interface. `None`: `2024-09-10`.
    pub version: Option<&'a str>,
    /// Whether the action changes something. This decides whether a lost call is repeated. `None`: as the library knows
    /// it.
    pub effect: Option<Effect>,
}

/// A parameter whose name and value are sent unchanged.
///
/// ```
/// let parameter = esa::ActionParameter::new("SiteId", "54362329990032").with_place(esa::Place::Query);
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ActionParameter<'a> {
    /// The name, such as `SiteId` or `Tag.1.Key`: letters, digits, `.`, `-`, `_` and `~`.
    pub name: &'a str,
    /// The value.
    pub value: &'a str,
    /// Where it goes. `None`: where the action expects it.
    pub place: Option<Place>,
}

/// The reply to an action.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionReply {
    /// The JSON object that the service answered with, unchanged.
    pub body: String,
    /// The service's id of the request.
    pub request_id: String,
    /// Which of the call's requests the reply answers, from 1 on. 0 if the call sent no request.
    pub attempts: u32,
    /// 200 to 299.
    pub http_status: u16,
}

impl<'a> ActionParameter<'a> {
    /// Returns the parameter `name`, in the place where the action expects it.
    pub fn new(name: &'a str, value: &'a str) -> ActionParameter<'a> {
        ActionParameter { name, value, place: None }
    }

    /// Sends the parameter in this place.
    pub fn with_place(self, place: Place) -> ActionParameter<'a> {
        ActionParameter { place: Some(place), ..self }
    }
}

/// Leaves out the parameters: they may hold secrets.
impl fmt::Debug for AnyAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyAction").field("action", &self.action).finish_non_exhaustive()
    }
}

/// Leaves out the value: it may be a secret.
impl fmt::Debug for ActionParameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionParameter").field("name", &self.name).field("place", &self.place).finish_non_exhaustive()
    }
}

/// Leaves out the body: it may hold secrets.
impl fmt::Debug for ActionReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ActionReply { request_id, attempts, http_status, .. } = self;
        f.debug_struct("ActionReply")
            .field("request_id", request_id)
            .field("attempts", attempts)
            .field("http_status", http_status)
            .finish_non_exhaustive()
    }
}

impl<'a> AnyAction<'a> {
    /// Returns the action of this name, without parameters.
    pub fn new(action: &'a str) -> AnyAction<'a> {
        AnyAction {
            action,
            params: None,
            query: None,
            form: None,
            parameters: &[],
            method: None,
            version: None,
            effect: None,
        }
    }

    /// Sets the parameters: a JSON object.
    pub fn with_params(self, params: &'a str) -> AnyAction<'a> {
        AnyAction { params: Some(params), ..self }
    }

    /// Sets parameters that go into the query: a JSON object.
    pub fn with_query(self, query: &'a str) -> AnyAction<'a> {
        AnyAction { query: Some(query), ..self }
    }

    /// Sets parameters that go into the form: a JSON object.
    pub fn with_form(self, form: &'a str) -> AnyAction<'a> {
        AnyAction { form: Some(form), ..self }
    }

    /// Sets parameters whose names and values are sent unchanged.
    pub fn with_parameters(self, parameters: &'a [ActionParameter<'a>]) -> AnyAction<'a> {
        AnyAction { parameters, ..self }
    }

    /// Sets the method: `GET` or `POST`.
    pub fn with_method(self, method: &'a str) -> AnyAction<'a> {
        AnyAction { method: Some(method), ..self }
    }

    /// Sets the version of the service's interface, such as `2024-09-10`.
    pub fn with_version(self, version: &'a str) -> AnyAction<'a> {
        AnyAction { version: Some(version), ..self }
    }

    /// Sets whether the action changes something, instead of what the library knows.
    pub fn with_effect(self, effect: Effect) -> AnyAction<'a> {
        AnyAction { effect: Some(effect), ..self }
    }

    /// Returns the action as it is sent, or an error if it can't be sent.
    pub(crate) fn prepare(&self) -> Result<PreparedAction, Error> {
        check_action(self.action)?;
        let known = actions::action(self.action);
        let mut parameters = Parameters::of(known);
        parameters.add_json("params", self.params, None)?;
        parameters.add_json("query", self.query, Some(Place::Query))?;
        parameters.add_json("form", self.form, Some(Place::Form))?;
        for (number, parameter) in self.parameters.iter().enumerate() {
            parameters.add(number, parameter)?;
        }
        let (query, form) = parameters.placed();
        let version = self.version.unwrap_or(API_VERSION);
        check_version(version)?;
        Ok(PreparedAction {
            name: self.action.to_owned(),
            version: version.to_owned(),
            method: match self.method {
                None => known.map_or("POST", |known| known.method),
                Some("GET") => "GET",
                Some("POST") => "POST",
                Some(_) => return Err(Error::invalid_argument("method", "is neither GET nor POST")),
            },
            effect: effect_of(self.action, self.effect),
            serial: known.is_some_and(|known| known.serial),
            query,
            form,
        })
    }
}

/// Returns the action's effect: the caller's, else the table's. An unknown action counts as a write.
pub(crate) fn effect_of(action: &str, effect: Option<Effect>) -> Effect {
    effect.or_else(|| Some(actions::action(action)?.effect)).unwrap_or(Effect::Writes)
}

/// Refuses a text that can't be the name of an action.
pub(crate) fn check_action(name: &str) -> Result<(), Error> {
    const LONGEST: usize = 128;
    if !(1..=LONGEST).contains(&name.len()) || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Error::invalid_argument("action", "is invalid: 1 to 128 letters and digits"));
    }
    Ok(())
}

fn check_version(version: &str) -> Result<(), Error> {
    let is_like = |(byte, sample): (u8, u8)| if sample == b'0' { byte.is_ascii_digit() } else { byte == sample };
    if version.len() != API_VERSION.len() || !version.bytes().zip(*b"0000-00-00").all(is_like) {
        return Err(Error::invalid_argument("version", "is invalid: a date such as 2024-09-10"));
    }
    Ok(())
}

/// An action that can be sent.
#[derive(Clone)]
pub(crate) struct PreparedAction {
    name: String,
    version: String,
    method: &'static str,
    effect: Effect,
    serial: bool,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
}

impl PreparedAction {
    /// The action's subject, for the log: the first of these parameters that the action has.
    fn record_name(&self) -> &str {
        let value = |key| self.query.iter().chain(&self.form).find(|(name, _)| name == key).map(|(_, value)| value);
        ["RecordName", "Name", "SiteName", "SiteId"].into_iter().find_map(value).map_or("", String::as_str)
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<Parameter<'_>> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.into())).collect()
}

impl Operation for PreparedAction {
    /// Any JSON. The caller reads it.
    type Reply = Box<RawValue>;
    type Output = ActionReply;

    fn action(&self) -> Action<'_> {
        Action {
            name: &self.name,
            method: self.method,
            version: &self.version,
            writes: self.effect == Effect::Writes,
            serial: self.serial && self.effect == Effect::Writes,
            largest_reply: LargestBody::EightMebibytes,
            record_name: self.record_name(),
        }
    }

    /// A call reads only JSON. A signed request may ask for another format, because its sender reads the reply.
    fn check(&self) -> Result<(), Error> {
        let is_other = |(name, value): &(String, String)| name == "Format" && !value.eq_ignore_ascii_case("JSON");
        match self.query.iter().chain(&self.form).any(is_other) {
            true => Err(Error::invalid_argument("Format", "must be JSON")),
            false => Ok(()),
        }
    }

    fn query(&self) -> Vec<Parameter<'_>> {
        borrowed(&self.query)
    }

    fn form(&self) -> Vec<Parameter<'_>> {
        borrowed(&self.form)
    }

    fn output(&self, reply: Box<RawValue>, receipt: Receipt) -> Result<ActionReply, Error> {
        Ok(ActionReply::of(reply, receipt))
    }
}

impl ActionReply {
    pub(crate) fn of(reply: Box<RawValue>, receipt: Receipt) -> ActionReply {
        let Receipt { attempt, http_status, request_id } = receipt;
        ActionReply { body: Box::<str>::from(reply).into(), request_id, attempts: attempt, http_status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(parameters: Vec<Parameter<'_>>) -> Vec<String> {
        parameters.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    fn refusal(action: &AnyAction<'_>) -> String {
        action.prepare().err().unwrap().message().to_owned()
    }

    #[test]
    fn what_is_known_of_an_action_decides() {
        let params = Some(r#"{"Name":"a","Description":"b"}"#);
        let create = AnyAction { params, ..AnyAction::new("CreateRoutine") }.prepare().unwrap();
        let Action { method, writes, serial, .. } = create.action();
        assert_eq!((method, writes, serial), ("POST", true, true));
        assert_eq!(
            (pairs(create.query()), pairs(create.form())),
            (vec![], vec!["Name=a".into(), "Description=b".into()])
        );

        let get = AnyAction { params: Some(r#"{"SiteId":7}"#), ..AnyAction::new("GetSite") }.prepare().unwrap();
        let Action { method, writes, serial, .. } = get.action();
        assert_eq!((method, writes, serial), ("GET", false, false));
        assert_eq!(pairs(get.query()), ["SiteId=7"]);
    }

    #[test]
    fn of_an_unknown_action_the_worst_is_thought() {
        let new = AnyAction { params: Some(r#"{"A":[1]}"#), ..AnyAction::new("BrandNew") }.prepare().unwrap();
        let Action { method, version, writes, serial, .. } = new.action();

        assert_eq!((method, version, writes, serial), ("POST", API_VERSION, true, false));
        assert_eq!(pairs(new.query()), ["A=[1]"]);
    }

    #[test]
    fn the_caller_decides_what_it_says() {
        let action = AnyAction {
            query: Some(r#"{"Name":"a"}"#),
            form: Some(r#"{"B":1}"#),
            parameters: &[ActionParameter { name: "C", value: "", place: Some(Place::Form) }],
            method: Some("GET"),
            version: Some("2030-01-02"),
            effect: Some(Effect::Reads),
            ..AnyAction::new("CreateRoutine")
        };
        let prepared = action.prepare().unwrap();
        let Action { method, version, writes, serial, .. } = prepared.action();

        assert_eq!((method, version, writes, serial), ("GET", "2030-01-02", false, false));
        assert_eq!(
            (pairs(prepared.query()), pairs(prepared.form())),
            (vec!["Name=a".into()], vec!["B=1".into(), "C=".into()])
        );
    }

    #[test]
    fn a_call_asks_for_json() {
        let checked = |params, form| {
            let action = AnyAction { params: Some(params), form: Some(form), ..AnyAction::new("GetRoutine") };
            action.prepare().unwrap().check()
        };
        for format in [r#"{"Format":"JSON"}"#, r#"{"Format":"json"}"#, r#"{"Name":"XML"}"#] {
            assert!(checked(format, "{}").is_ok(), "{format}");
        }
        for format in [r#"{"Format":"XML"}"#, r#"{"Format":""}"#, r#"{"Format":1}"#] {
            assert!(checked(format, "{}").unwrap_err().message().starts_with("Format "), "{format}");
            assert!(checked("{}", format).is_err(), "{format}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_its_field() {
        let new = AnyAction::new("A");
        for name in ["", "a b", "Ä", "A\0", "A-B", &"A".repeat(129)] {
            assert!(refusal(&AnyAction { action: name, ..new }).starts_with("action "), "{name:?}");
        }
        for method in ["", "get", "PUT", "POST "] {
            assert!(refusal(&AnyAction { method: Some(method), ..new }).starts_with("method "), "{method:?}");
        }
        for version in ["", "2024-9-10", "2024-09-1x", "2024-09-100", "2024/09/10", "v"] {
            assert!(refusal(&AnyAction { version: Some(version), ..new }).starts_with("version "), "{version:?}");
        }
        assert!(AnyAction { action: &"A".repeat(128), ..new }.prepare().is_ok());
    }

    #[test]
    fn debugging_shows_no_values() {
        let parameters = [ActionParameter { name: "Token", value: "hunter2", place: None }];
        let params = Some(r#"{"A":"hunter2"}"#);
        let action = AnyAction { params, parameters: &parameters, ..AnyAction::new("A") };
        let request_id = "R".to_owned();
        let reply = ActionReply { body: r#"{"T":"hunter2"}"#.to_owned(), request_id, attempts: 1, http_status: 200 };

        let shown = format!("{action:?} {parameters:?} {reply:?}");

        assert!(shown.contains("\"A\"") && shown.contains("Token") && shown.contains("200"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
