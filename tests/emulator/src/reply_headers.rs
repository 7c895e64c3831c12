//! The headers that a rule wants in a reply.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::seed::OneOrMore;

/// Null takes away a header that the emulator would send.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct ReplyHeaders(BTreeMap<String, Option<OneOrMore>>);

impl ReplyHeaders {
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, values) in &self.0 {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                return Err(format!("{name:?} is no header name"));
            }
            if ["content-length", "transfer-encoding"].iter().any(|framing| framing.eq_ignore_ascii_case(name)) {
                return Err(format!("a wrong {name} takes a fault rule with a wire kind of raw"));
            }
            let values = values.as_ref().map_or(&[][..], OneOrMore::as_slice);
            if values.iter().any(|value| HeaderValue::from_bytes(value.as_bytes()).is_err()) {
                return Err(format!("the header {name} has a value that can't be sent"));
            }
        }
        Ok(())
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for (name, values) in &self.0 {
            let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
            headers.remove(&name);
            for value in values.as_ref().map_or(&[][..], OneOrMore::as_slice) {
                if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                    headers.append(&name, value);
                }
            }
        }
    }
}
