//! AssumeRole: a user, or another role, takes on a role that trusts it.

use jiff::Timestamp;
use serde_json::Value;

use super::{parse_arn, required, role_not_found, session_json, session_name, session_policy, session_seconds};
use crate::ram::Principal;
use crate::request::Parameters;
use crate::service_error::ServiceError;
use crate::state::Account;

pub(super) const ACTION: &str = "AssumeRole";

pub(super) fn run(
    parameters: &Parameters,
    principal: &Principal,
    accounts: &mut [Account],
    now: Timestamp,
) -> Result<Value, ServiceError> {
    let arn = required(parameters, "RoleArn")?;
    let (account_id, role_name) = parse_arn(arn, "role").ok_or_else(|| {
        ServiceError::new(400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.")
    })?;
    let session_name = session_name(parameters)?;
    let account = accounts.iter_mut().find(|account| account.id == account_id).ok_or_else(role_not_found)?;
    let role = account.role(role_name).ok_or_else(role_not_found)?;
    let names = |trusted: &Vec<String>| trusted.contains(&principal.user_name);
    let is_trusted = principal.account_id == account_id && role.trusted.as_ref().is_none_or(names);
    let external_id = parameters.get("ExternalId").filter(|id| !id.is_empty());
    if !is_trusted || role.external_id.as_deref() != external_id {
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        return Err(ServiceError::new(403, "NoPermission", message));
    }
    let (seconds, policy) = (session_seconds(parameters, role)?, session_policy(parameters)?);
    let session = account.open_session(role_name, session_name, policy, seconds, now)?;
    Ok(session_json(session, account_id))
}
