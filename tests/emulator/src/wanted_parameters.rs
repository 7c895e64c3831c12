//! The parameter values that select which calls of an action a rule applies to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::request::Parameters;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct WantedParameters(BTreeMap<String, Value>);

impl WantedParameters {
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.0.iter().find(|(_, value)| text(value).is_none()) {
            Some((name, _)) => Err(format!("the parameter {name} must be a string, a number or a boolean")),
            None => Ok(()),
        }
    }

    /// Whether the call has all of them.
    pub(crate) fn are_in(&self, parameters: &Parameters) -> bool {
        self.0.iter().all(|(name, value)| parameters.get(name) == text(value).as_deref())
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
