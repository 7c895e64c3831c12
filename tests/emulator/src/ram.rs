//! RAM: which user may do what on which resource.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::arn;
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

impl Policy {
    /// What keeps the action out, if anything does: a statement that denies it, or that none allows it.
    fn denial(&self, action: &str, resource: &str) -> Option<&'static str> {
        let says = |effect| {
            self.statement
                .iter()
                .any(|one| one.effect == effect && matches(&one.action, action) && matches(&one.resource, resource))
        };
        match (says(Effect::Deny), says(Effect::Allow)) {
            (true, _) => Some("ExplicitDeny"),
            (false, true) => None,
            (false, false) => Some("ImplicitDeny"),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) account_id: String,
    pub(crate) identity: Identity,
    /// The user's or the role's. None allows everything.
    pub(crate) policy: Option<Policy>,
    /// The session's, which allows no more than the role's.
    pub(crate) session_policy: Option<Policy>,
}

#[derive(Clone, Debug)]
pub(crate) enum Identity {
    User { name: String },
    Session { role: String, name: String },
}

impl Principal {
    pub(crate) fn arn(&self) -> String {
        match &self.identity {
            Identity::User { name } => arn::of(&self.account_id, "user", name),
            Identity::Session { role, name } => arn::of(&self.account_id, "assumed-role", &format!("{role}/{name}")),
        }
    }
}

/// Refuses unless each policy has a statement that allows it and none that denies it.
pub(crate) fn authorize(principal: &Principal, action: &str, resource: &str) -> Result<(), ServiceError> {
    let policies =
        [("AccountLevelIdentityBasedPolicy", &principal.policy), ("SessionPolicy", &principal.session_policy)];
    let denial = |(kind, policy): (_, &Option<Policy>)| Some((kind, policy.as_ref()?.denial(action, resource)?));
    let Some((policy_type, denial)) = policies.into_iter().find_map(denial) else { return Ok(()) };
    let (name, principal_type) = match &principal.identity {
        Identity::User { name } => (name.clone(), "SubUser"),
        Identity::Session { role, name } => (format!("{role}:{name}"), "AssumedRoleUser"),
    };
    let message = format!("You are not authorized to perform this operation. Action: {action}, Resource: {resource}.");
    Err(ServiceError::new(403, "NoPermission", message).with_access_denied_detail(json!({
        "AuthAction": action,
        "AuthPrincipalDisplayName": name,
        "AuthPrincipalOwnerId": principal.account_id,
        "AuthPrincipalType": principal_type,
        "NoPermissionType": denial,
        "PolicyType": policy_type,
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
