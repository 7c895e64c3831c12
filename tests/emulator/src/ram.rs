//! RAM: which user may do what on which resource.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::seed::OneOrMore;
use crate::service_error::ServiceError;

/// A policy document. Conditions are not emulated, and refused rather than ignored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Policy {
    pub(crate) version: PolicyVersion,
    pub(crate) statement: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum PolicyVersion {
    #[serde(rename = "1")]
    One,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    pub(crate) action: OneOrMore,
    pub(crate) resource: OneOrMore,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) account_id: String,
    /// The user's name, or the role's whose session it is.
    pub(crate) user_name: String,
    pub(crate) arn: String,
    pub(crate) is_role: bool,
    /// Each of them has to allow what is asked for: a role's own policy, and that of its session.
    pub(crate) policies: Vec<Policy>,
}

/// Refuses unless a statement of each policy allows it and none denies it. Without a policy everything is allowed.
pub(crate) fn authorize(principal: &Principal, action: &str, resource: &str) -> Result<(), ServiceError> {
    principal.policies.iter().try_for_each(|policy| authorize_by(policy, principal, action, resource))
}

fn authorize_by(policy: &Policy, principal: &Principal, action: &str, resource: &str) -> Result<(), ServiceError> {
    let action = format!("esa:{action}");
    let says = |effect| {
        policy
            .statement
            .iter()
            .any(|one| one.effect == effect && matches(&one.action, &action) && matches(&one.resource, resource))
    };
    let kind = match (says(Effect::Deny), says(Effect::Allow)) {
        (true, _) => "ExplicitDeny",
        (false, true) => return Ok(()),
        (false, false) => "ImplicitDeny",
    };
    let message = format!("You are not authorized to perform this operation. Action: {action}, Resource: {resource}.");
    Err(ServiceError::new(403, "NoPermission", message).with_access_denied_detail(json!({
        "AuthAction": action,
        "AuthPrincipalDisplayName": principal.user_name,
        "AuthPrincipalOwnerId": principal.account_id,
        "AuthPrincipalType": if principal.is_role { "AssumedRoleUser" } else { "SubUser" },
        "NoPermissionType": kind,
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "EncodedDiagnosticMessage": "AQEAAAAAZXNhLWVtdWxhdG9y",
    })))
}

fn matches(patterns: &OneOrMore, text: &str) -> bool {
    patterns.as_slice().iter().any(|pattern| wildcard_match(pattern, text))
}

/// `*` stands for any text and `?` for one character; letter case doesn't count.
fn wildcard_match(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut position) = (0, 0);
    let mut last_star = None;
    while position < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at + 1, position));
                at += 1;
            }
            Some(b'?') => (at, position) = (at + 1, position + 1),
            Some(byte) if byte.eq_ignore_ascii_case(&text[position]) => (at, position) = (at + 1, position + 1),
            _ => match &mut last_star {
                // Let the last star swallow one character more.
                Some((after_star, swallowed)) => {
                    *swallowed += 1;
                    (at, position) = (*after_star, *swallowed);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_as_ram_does() {
        for (pattern, text) in [
            ("*", ""),
            ("esa:Create*", "esa:CreateRoutine"),
            ("ESA:*Record", "esa:CreateRoutineRelatedRecord"),
            ("acs:esa:*:*:site/1", "acs:esa:cn-hangzhou:1:site/1"),
            ("a?c*", "abc"),
            ("*ab", "aab"),
        ] {
            assert!(wildcard_match(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("acs:esa:*:*:site/1", "acs:esa:cn-hangzhou:1:site/12"), ("a?", "a"), ("a*b", "a")]
        {
            assert!(!wildcard_match(pattern, text), "{pattern} {text}");
        }
    }
}
