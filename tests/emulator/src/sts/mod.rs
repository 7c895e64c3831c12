//! STS, which the service's own address answers for as well: temporary keys for whom may take on a role.

mod assume_role;
mod assume_role_with_oidc;
mod get_caller_identity;

use serde_json::{Value, json};

use crate::ram::Principal;
use crate::request::Parameters;
use crate::service_error::ServiceError;
use crate::session::{Session, key_json};
use crate::state::{Account, Role};

pub(crate) const API_VERSION: &str = "2015-04-01";

/// Needs no signature: the token says who asks.
pub(crate) const UNSIGNED_ACTION: &str = assume_role_with_oidc::ACTION;

const SHORTEST_SESSION: i64 = 900;
const DEFAULT_SESSION: i64 = 3600;

/// Carries out a signed action.
pub(crate) fn run(
    action: &str,
    parameters: &Parameters,
    principal: &Principal,
    accounts: &mut [Account],
    now: jiff::Timestamp,
) -> Result<Value, ServiceError> {
    match action {
        assume_role::ACTION => assume_role::run(parameters, principal, accounts, now),
        get_caller_identity::ACTION => Ok(get_caller_identity::run(principal)),
        _ => Err(crate::handler::unknown_action()),
    }
}

pub(crate) use assume_role_with_oidc::run as run_unsigned;

fn required<'p>(parameters: &'p Parameters, name: &str) -> Result<&'p str, ServiceError> {
    match parameters.get(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(ServiceError::missing(name)),
    }
}

/// The account and the name in `acs:ram::<account>:<kind>/<name>`, in any case.
fn parse_arn<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (account, resource) = arn.strip_prefix("acs:ram::")?.split_once(':')?;
    let (found, name) = resource.split_once('/')?;
    (found == kind && !name.is_empty()).then_some((account, name))
}

fn role_not_found() -> ServiceError {
    ServiceError::new(404, "EntityNotExist.Role", "The specified Role not exists.")
}

fn session_name(parameters: &Parameters) -> Result<&str, ServiceError> {
    let name = required(parameters, "RoleSessionName")?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    if !(2..=64).contains(&name.len()) || !name.bytes().all(is_good) {
        return Err(ServiceError::new(
            400,
            "InvalidParameter.RoleSessionName",
            "The parameter RoleSessionName is wrongly formed.",
        ));
    }
    Ok(name)
}

fn session_seconds(parameters: &Parameters, role: &Role) -> Result<i64, ServiceError> {
    let longest = role.max_session_seconds;
    let seconds = match parameters.get("DurationSeconds") {
        None => DEFAULT_SESSION.min(longest),
        Some(text) => text.parse().unwrap_or(0),
    };
    if (SHORTEST_SESSION..=longest).contains(&seconds) {
        return Ok(seconds);
    }
    let message = format!("The Min/Max value of DurationSeconds is {SHORTEST_SESSION}/{longest}.");
    Err(ServiceError::new(400, "InvalidParameter.DurationSeconds", message))
}

fn session_policy(parameters: &Parameters) -> Result<Option<crate::ram::Policy>, ServiceError> {
    let Some(text) = parameters.get("Policy").filter(|text| !text.is_empty()) else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|problem| {
        let message = format!("The parameter Policy has not passed grammar check: {problem}.");
        ServiceError::new(400, "InvalidParameter.PolicyGrammar", message)
    })
}

fn session_json(session: &Session, account_id: &str) -> Value {
    json!({
        "AssumedRoleUser": {"AssumedRoleId": format!("3{account_id}:{}", session.name), "Arn": session.arn(account_id)},
        "Credentials": key_json(&session.key),
    })
}
