//! GetCallerIdentity: returns the owner of the key.

use serde_json::{Value, json};

use super::{Call, Operation};
use crate::arn;
use crate::identifier::number_of;
use crate::ram::Identity;
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation =
    Operation { action: "GetCallerIdentity", required: &[], takes_unsigned: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let signer = call.signer()?;
    let mut reply = json!({"AccountId": signer.account_id, "Arn": signer.arn()});
    match &signer.identity {
        Identity::User { .. } => {
            let user_id = number_of(&signer.arn());
            reply["IdentityType"] = "RAMUser".into();
            reply["PrincipalId"] = user_id.as_str().into();
            reply["UserId"] = user_id.into();
        }
        Identity::Session { role, name } => {
            let role_id = number_of(&arn::of(&signer.account_id, "role", role));
            reply["IdentityType"] = "AssumedRoleUser".into();
            reply["PrincipalId"] = format!("{role_id}:{name}").into();
            reply["RoleId"] = role_id.into();
        }
    }
    Ok(reply)
}
