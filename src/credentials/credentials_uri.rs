//! The provider that asks the user's own server, such as a side-car.

use super::context::{Context, parse_answer};
use super::{Failure, Issued};
use crate::endpoint::Endpoint;
use crate::environment::CREDENTIALS_URI;
use crate::http::HttpRequest;

pub(super) async fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    ask(CREDENTIALS_URI, context.environment().require(CREDENTIALS_URI)?, context).await
}

/// Returns the credentials that the server at `uri` gives. `uri` is the value of the setting `name`.
pub(super) async fn ask(name: &str, uri: &str, context: &Context<'_>) -> Result<Issued, Failure> {
    // The URI isn't quoted, because it may hold a password.
    let (endpoint, resource) = Endpoint::of_url(uri).map_err(|reason| Failure::of(format!("{name} {reason}")))?;
    let (path, query) = resource.split_once('?').unwrap_or((&resource, ""));
    let host = endpoint.host_header();
    let mut request = HttpRequest::new("GET", path, |text| text.push_str(query));
    request.header("host", &host);
    let (key, time) = context.ask(&host, &endpoint, request, &[], parse_answer).await?;
    key.issued(host, time)
}
