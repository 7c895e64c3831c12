//! GetCallerIdentity: who a key is.

use serde_json::{Value, json};

use crate::ram::Principal;

pub(super) const ACTION: &str = "GetCallerIdentity";

pub(super) fn run(principal: &Principal) -> Value {
    json!({
        "AccountId": principal.account_id,
        "Arn": principal.arn,
        "IdentityType": if principal.is_role { "AssumedRoleUser" } else { "RAMUser" },
        "PrincipalId": principal.user_name,
    })
}
