//! AssumeRoleWithOIDC: whoever has a token of an identity provider that the account trusts takes on a role.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{parse_arn, required, role_not_found, session_json, session_name, session_policy, session_seconds};
use crate::request::Parameters;
use crate::service_error::ServiceError;
use crate::state::Account;

pub(super) const ACTION: &str = "AssumeRoleWithOIDC";

pub(crate) fn run(parameters: &Parameters, accounts: &mut [Account], now: Timestamp) -> Result<Value, ServiceError> {
    let malformed = |name| ServiceError::new(400, format!("InvalidParameter.{name}"), format!("{name} is malformed."));
    let (role_arn, provider_arn) = (required(parameters, "RoleArn")?, required(parameters, "OIDCProviderArn")?);
    let token = required(parameters, "OIDCToken")?;
    let (account_id, role_name) = parse_arn(role_arn, "role").ok_or_else(|| malformed("RoleArn"))?;
    let (provider_account, provider_name) =
        parse_arn(provider_arn, "oidc-provider").ok_or_else(|| malformed("OIDCProviderArn"))?;
    let session_name = session_name(parameters)?;
    let account = accounts.iter_mut().find(|account| account.id == account_id).ok_or_else(role_not_found)?;
    let provider = account.oidc_providers.iter().find(|provider| provider.name == provider_name);
    let provider = provider.filter(|_| provider_account == account_id).ok_or_else(|| {
        ServiceError::new(404, "EntityNotExist.OIDCProvider", "The specified OIDC Provider not exists.")
    })?;
    if !provider.tokens.iter().any(|known| known == token) {
        let message = "This JSON Web Token is not one that the provider has given out, or it has expired.";
        return Err(ServiceError::new(400, "AuthenticationFail.OIDCToken.Invalid", message));
    }
    let role = account.role(role_name).ok_or_else(role_not_found)?;
    let (seconds, policy) = (session_seconds(parameters, role)?, session_policy(parameters)?);
    let mut body = session_json(account.open_session(role_name, session_name, policy, seconds, now)?, account_id);
    body["OIDCTokenInfo"] = json!({"Subject": "emulated", "Issuer": provider_name, "ClientIds": "emulated"});
    Ok(body)
}
