//! AssumeRole: returns keys of a role to a user or another role's session that the role trusts.

use serde_json::Value;

use super::session_request::SessionRequest;
use super::{Call, Operation};
use crate::ram::{Identity, authorize};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation =
    Operation { action: "AssumeRole", required: &["RoleArn", "RoleSessionName"], takes_unsigned: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let signer = call.signer()?;
    let request = SessionRequest::read(call)?;
    let external_id = call.parameters.get("ExternalId");
    let role = request.role(call)?;
    authorize(signer, "sts:AssumeRole", request.role_arn)?;
    let who = match &signer.identity {
        Identity::User { name } => format!("user/{name}"),
        Identity::Session { role, .. } => format!("role/{role}"),
    };
    let is_trusted = signer.account_id == request.account_id && role.trusts(&who);
    let knows_external_id = role.external_id.is_none() || role.external_id.as_deref() == external_id;
    if !(is_trusted && knows_external_id) {
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        return Err(ServiceError::new(403, "NoPermission", message));
    }
    request.open(call)
}
