//! CloudSSO: keys of an account's role, for a user who has signed in and sends the access token.

use std::collections::BTreeMap;

use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Body, Endpoint, Request};
use crate::reply::Content;
use crate::role::BearerToken;
use crate::service_error::ServiceError;
use crate::world::World;

const SESSION_SECONDS: u32 = 3600;

pub(super) const CREDENTIALS: Endpoint = Endpoint {
    action: "CreateCloudCredential",
    method: Method::POST,
    path: "/cloud-credentials",
    product: "CloudSSO",
    name_follows: false,
    body: Body::Members,
    run,
};

/// The signed-in user and the access configurations, in a seed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CloudSso {
    access_tokens: Vec<BearerToken>,
    /// The role of each access configuration, in the account of the request.
    access_configurations: BTreeMap<String, String>,
}

impl Default for CloudSso {
    fn default() -> Self {
        Self {
            access_tokens: vec![BearerToken::new("EsaEmulatorAccessToken")],
            access_configurations: [("ac-test".into(), crate::seed::ROLE.into())].into(),
        }
    }
}

fn run(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    let now = world.clock.now();
    check_token(request.bearer_token.as_deref(), &world.cloud_sso, now)?;
    let parameters = &request.parameters;
    parameters.require(&["AccountId", "AccessConfigurationId"])?;
    let account = world.accounts.iter_mut().find(|account| parameters.get("AccountId") == Some(&account.id));
    let account = account.ok_or_else(|| not_found("Account"))?;
    let configuration = parameters.get("AccessConfigurationId").unwrap_or_default();
    let role = world.cloud_sso.access_configurations.get(configuration).and_then(|name| account.role_mut(name));
    let role = role.ok_or_else(|| not_found("AccessConfiguration"))?;
    let credentials = role.open_session("cloud-sso", None, SESSION_SECONDS, now);
    Ok(Content::Json(json!({"CloudCredential": credentials})))
}

fn check_token(given: Option<&str>, cloud_sso: &CloudSso, now: jiff::Timestamp) -> Result<(), ServiceError> {
    match cloud_sso.access_tokens.iter().find(|known| Some(known.token.as_str()) == given) {
        None => Err(ServiceError::new(401, "InvalidAccessToken", "The access token is missing or unknown.")),
        Some(token) if token.has_expired(now) => {
            Err(ServiceError::new(401, "InvalidAccessToken.Expired", "The access token is expired."))
        }
        Some(_) => Ok(()),
    }
}

fn not_found(what: &str) -> ServiceError {
    ServiceError::new(404, format!("EntityNotExist.{what}"), format!("The specified {what} not exists."))
}
