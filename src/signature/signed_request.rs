//! A signed request, for others to send.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::http::HttpRequest;

/// A signed request. Any program may send it, once, within 15 minutes of its date.
///
/// Send all of it unchanged, because the signature covers it. The sender adds the rest of the request, such as its
/// length.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole URL, with its query.
    pub url: String,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The encoded form. Empty if there is none.
    pub body: String,
}

/// Leaves out the signature. It is a secret until it has been used.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl SignedRequest {
    /// Returns the request to the server of this URL. The URL has no path.
    pub(crate) fn of(request: &HttpRequest, method: &'static str, server: &str) -> Result<SignedRequest, Error> {
        let apart = request.taken_apart();
        let (target, headers, body) =
            apart.ok_or_else(|| Error::new(ErrorKind::Internal, "a header that has more than one line"))?;
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(SignedRequest { method, url: [server, target].concat(), headers, body: body.to_owned() })
    }
}
