//! The common part of AssumeRole and AssumeRoleWithOIDC: the role and the properties of the session.

use serde_json::{Value, json};

use super::Call;
use crate::arn;
use crate::identifier::number_of;
use crate::ram::Policy;
use crate::role::Role;
use crate::service_error::ServiceError;

const SHORTEST_SECONDS: u32 = 900;
const DEFAULT_SECONDS: u32 = 3600;
const LARGEST_POLICY: usize = 2048;

pub(super) struct SessionRequest<'a> {
    pub(super) role_arn: &'a str,
    pub(super) account_id: &'a str,
    role_name: &'a str,
    session_name: &'a str,
    policy: Option<Policy>,
}

impl<'a> SessionRequest<'a> {
    pub(super) fn read(call: &Call<'a>) -> Result<Self, ServiceError> {
        let role_arn = call.text("RoleArn");
        let (account_id, role_name) = arn::parse(role_arn, "role").ok_or_else(|| wrongly_formed("RoleArn"))?;
        let session_name = call.text("RoleSessionName");
        if !is_session_name(session_name) {
            return Err(wrongly_formed("RoleSessionName"));
        }
        let policy = read_policy(call.text("Policy"))?;
        Ok(Self { role_arn, account_id, role_name, session_name, policy })
    }

    pub(super) fn role<'r>(&self, call: &'r mut Call<'_>) -> Result<&'r mut Role, ServiceError> {
        let account = call.accounts.iter_mut().find(|account| account.id == self.account_id);
        let role = account.and_then(|account| account.role_mut(self.role_name));
        role.ok_or_else(|| ServiceError::new(404, "EntityNotExist.Role", "The specified Role not exists."))
    }

    /// Opens the requested session.
    pub(super) fn open(self, call: &mut Call<'_>) -> Result<Value, ServiceError> {
        let (now, wanted) = (call.now, call.text("DurationSeconds"));
        let role = self.role(call)?;
        let seconds = read_duration(wanted, role.max_session_seconds)?;
        let credentials = role.open_session(self.session_name, self.policy, seconds, now);
        let (role_id, session) = (number_of(self.role_arn), self.session_name);
        Ok(json!({
            "AssumedRoleUser": {
                "Arn": format!("{}/{session}", self.role_arn),
                "AssumedRoleId": format!("{role_id}:{session}"),
            },
            "Credentials": credentials,
        }))
    }
}

fn is_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'@' | b'-' | b'_'))
}

fn read_duration(text: &str, longest: u32) -> Result<u32, ServiceError> {
    if text.is_empty() {
        return Ok(DEFAULT_SECONDS);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let in_range = |seconds: &u32| is_number && (SHORTEST_SECONDS..=longest).contains(seconds);
    text.parse().ok().filter(in_range).ok_or_else(|| {
        let message = format!("The Min/Max value of DurationSeconds is {SHORTEST_SECONDS}s/{longest}s.");
        ServiceError::new(400, "InvalidParameter.DurationSeconds", message)
    })
}

fn read_policy(text: &str) -> Result<Option<Policy>, ServiceError> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > LARGEST_POLICY {
        let message = format!("The size of Policy must be smaller than {LARGEST_POLICY} bytes.");
        return Err(ServiceError::new(400, "InvalidParameter.PolicySize", message));
    }
    serde_json::from_str(text).map(Some).map_err(|problem| {
        let message = format!("The parameter Policy has not passed grammar check: {problem}.");
        ServiceError::new(400, "InvalidParameter.PolicyGrammar", message)
    })
}

fn wrongly_formed(name: &str) -> ServiceError {
    ServiceError::new(400, format!("InvalidParameter.{name}"), format!("The parameter {name} is wrongly formed."))
}
