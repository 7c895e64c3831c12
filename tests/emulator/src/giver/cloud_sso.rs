//! CloudSSO: an access token of somebody who has signed in is good for keys of a role, its access configuration.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Givers;
use crate::service_error::ServiceError;

pub(super) const PATH: &str = "/cloud-credentials";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wanted {
    account_id: String,
    access_configuration_id: String,
}

pub(super) fn credential(
    authorization: Option<&str>,
    body: &[u8],
    givers: &mut Givers<'_>,
) -> Result<Value, ServiceError> {
    let wanted: Wanted = serde_json::from_slice(body)
        .map_err(|problem| ServiceError::new(400, "InvalidParameter", format!("The body is wrong: {problem}.")))?;
    let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
    let account = givers.accounts.iter().find(|account| account.id == wanted.account_id);
    let is_known = |token| account.is_some_and(|account| account.cloud_sso_tokens.iter().any(|known| known == token));
    if !token.is_some_and(is_known) {
        return Err(ServiceError::new(401, "InvalidAccessToken", "The access token is not known, or has expired."));
    }
    let key = givers.key_of(&wanted.access_configuration_id, None)?;
    Ok(json!({"CloudCredential": key}))
}
