//! What goes out, and what comes back.

use std::borrow::Cow;

use ureq::http::HeaderMap;
use zeroize::Zeroize;

/// A request that can be sent as it stands.
pub(crate) struct HttpRequest {
    pub(crate) method: &'static str,
    /// Encoded, from its slash on.
    pub(crate) path: Cow<'static, str>,
    /// Encoded; empty where there is none.
    pub(crate) query: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Empty where there is none.
    pub(crate) body: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// A header's value; `None` where it is missing or isn't text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The gateway's id of the request; empty where there is none.
    pub(crate) fn request_id(&self) -> &str {
        self.header("x-acs-request-id").unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Wipes the body from memory.
    pub(crate) fn wipe(&mut self) {
        self.body.zeroize();
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn new(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        let headers = headers.iter().map(|(name, value)| {
            (ureq::http::HeaderName::from_static(name), ureq::http::HeaderValue::from_str(value).unwrap())
        });
        Reply { status, headers: headers.collect(), body: body.into() }
    }
}
