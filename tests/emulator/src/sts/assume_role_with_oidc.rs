//! AssumeRoleWithOIDC: returns keys of a role for a token of an identity provider that the role trusts.

use serde_json::Value;

use super::session_request::SessionRequest;
use super::{Call, Operation};
use crate::arn;
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation {
    action: "AssumeRoleWithOIDC",
    required: &["RoleArn", "OIDCProviderArn", "OIDCToken", "RoleSessionName"],
    takes_unsigned: true,
    run,
};

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let request = SessionRequest::read(call)?;
    let (account_id, provider) = arn::parse(call.text("OIDCProviderArn"), "oidc-provider")
        .ok_or_else(|| failed("NoPermission", "Parameter OIDCProviderArn is not valid"))?;
    check_token(call, account_id, provider)?;
    let is_trusted = request.role(call)?.trusts(&format!("oidc-provider/{provider}"));
    if account_id != request.account_id || !is_trusted {
        return Err(failed("NoPermission", "There is no permission"));
    }
    request.open(call)
}

fn check_token(call: &Call<'_>, account_id: &str, provider: &str) -> Result<(), ServiceError> {
    let account = call.accounts.iter().find(|account| account.id == account_id);
    let provider = account.and_then(|account| account.oidc_providers.iter().find(|known| known.name == provider));
    let provider = provider.ok_or_else(|| failed("NoPermission", "No such OIDC Provider registered."))?;
    match provider.tokens.iter().find(|known| known.token == call.text("OIDCToken")) {
        None => Err(failed("OIDCToken.Invalid", "The Jwt content is invalid that cannot be recognized.")),
        Some(token) if token.has_expired(call.now) => Err(failed("OIDCToken.Expired", "This JsonWebToken is expired.")),
        Some(_) => Ok(()),
    }
}

fn failed(what: &str, message: &str) -> ServiceError {
    ServiceError::new(401, format!("AuthenticationFail.{what}"), message)
}
