//! The environment variables that the library knows, read once, when a client is made.

use std::collections::HashMap;

/// The variables that are set, are UTF-8 and aren't empty: empty means unset, as in the official SDKs.
#[derive(Clone)]
pub(crate) struct Environment(HashMap<&'static str, String>);

pub(crate) const ACCESS_KEY_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
pub(crate) const ACCESS_KEY_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
pub(crate) const SECURITY_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
pub(crate) const REGION_ID: &str = "ALIBABA_CLOUD_REGION_ID";
pub(crate) const ENDPOINT: &str = "ESA_ENDPOINT";

const KNOWN: [&str; 5] = [ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN, REGION_ID, ENDPOINT];

impl Environment {
    /// The process's own.
    pub(crate) fn of_process() -> Environment {
        Environment::of(KNOWN.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?))))
    }

    /// One made of these variables.
    pub(crate) fn of(variables: impl IntoIterator<Item = (&'static str, String)>) -> Environment {
        Environment(variables.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
