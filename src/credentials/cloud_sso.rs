//! CloudSSO, which issues credentials to users who have signed in with the command line.

use serde::Serialize;

use super::context::Context;
use super::issued::GivenKey;
use super::setting::Settings;
use super::{Failure, Issued};
use crate::endpoint::Endpoint;
use crate::http::HttpRequest;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted<'a> {
    account_id: &'a str,
    access_configuration_id: &'a str,
}

/// Returns the credentials of the account and the access configuration in the profile.
pub(super) async fn sign_in(profile: &Settings, context: &Context<'_>) -> Result<Issued, Failure> {
    let account_id = profile.require("cloud_sso_account_id")?;
    let access_configuration_id = profile.require("cloud_sso_access_config")?;
    let url = profile.require("cloud_sso_sign_in_url")?;
    let (endpoint, _) =
        Endpoint::of_url(url).map_err(|reason| Failure::of(format!("cloud_sso_sign_in_url {reason}")))?;
    if !endpoint.is_tls() && !endpoint.is_loopback() {
        return Err(Failure::of("cloud_sso_sign_in_url is plain http, which would expose the access token"));
    }
    let token = profile.require("access_token")?;
    if profile.left("cloud_sso_access_token_expire", context.asker.clock.now())?.is_zero() {
        return Err(Failure::of("the access token has expired: sign in again with the command line"));
    }
    let wanted = serde_json::to_string(&Wanted { account_id, access_configuration_id })
        .map_err(|_| Failure::of("the request can't be written"))?;
    let host = endpoint.host_header();
    let mut request = HttpRequest::new("POST", "/cloud-credentials", |_| ());
    request
        .header("host", &host)
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .header("authorization", &format!("Bearer {token}"))
        .set_body(|body| body.push_str(&wanted));
    let server = format!("CloudSSO at {host}");
    let (key, time) = context.ask(&server, &endpoint, request, &[token], GivenKey::read).await?;
    key.issued(server, time)
}
