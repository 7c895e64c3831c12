//! A signed request, for whoever sends it.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::http::HttpRequest;

/// A signed request, ready to be sent once, by anything, within 15 minutes of its date.
///
/// All of it is under the signature or is the signature: send it as it is. What else a request has, such as its length, is
/// whoever sends it to add.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole URL, with its query.
    pub url: String,
    /// Names, in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// The form, encoded; empty where there is none.
    pub body: String,
}

/// Without the signature, which is a secret until it has been used.
impl fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl SignedRequest {
    /// The request to the server of this URL, which has no path.
    pub(crate) fn of(request: &HttpRequest, method: &'static str, server: &str) -> Result<SignedRequest, Error> {
        let apart = request.taken_apart();
        let (target, headers, body) =
            apart.ok_or_else(|| Error::new(ErrorKind::Internal, "a header that has more than one line"))?;
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(SignedRequest { method, url: [server, target].concat(), headers, body: body.to_owned() })
    }
}
