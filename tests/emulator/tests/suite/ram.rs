//! RAM policies: who may do what on which site.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

/// What a user with that policy is answered.
fn call_with_policy(statement: Value, call: Call) -> Reply {
    let emulator = Emulator::start_changed(|seed| {
        let users = seed["accounts"][0]["users"].as_array_mut().unwrap();
        users.push(json!({
            "name": "deployer",
            "policy": {"Version": "1", "Statement": statement},
            "keys": [{"access_key_id": "user-key", "access_key_secret": "user-secret"}],
        }));
    });
    emulator.call(&call.key("user-key", "user-secret"))
}

fn allow_on_site(action: &str, site: &str) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": format!("acs:esa:*:1000000000000001:site/{site}")}])
}

#[test]
fn a_policy_for_one_site_allows_the_create_there_but_not_the_list() {
    let policy = || allow_on_site("esa:*", "54362329990032");
    call_with_policy(policy(), Call::create("a.example.com")).assert_ok();
    call_with_policy(policy(), Call::list()).assert_refused(403, "NoPermission");
    let everywhere = json!([{"Effect": "Allow", "Action": ["esa:List*"], "Resource": ["*"]}]);
    call_with_policy(everywhere, Call::list()).assert_ok();
}

#[test]
fn what_no_statement_allows_is_refused_with_the_details() {
    for policy in [
        allow_on_site("esa:CreateRoutineRelatedRecord", "1"),
        allow_on_site("esa:DeleteRoutineRelatedRecord", "54362329990032"),
        json!([]),
    ] {
        let reply = call_with_policy(policy, Call::create("a.example.com"));
        reply.assert_refused(403, "NoPermission");
        let detail = &reply.json["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], "esa:CreateRoutineRelatedRecord");
        assert_eq!(detail["AuthPrincipalDisplayName"], "deployer");
        assert_eq!(detail["AuthPrincipalOwnerId"], "1000000000000001");
        assert_eq!(detail["NoPermissionType"], "ImplicitDeny");
        for key in ["AuthPrincipalType", "PolicyType", "EncodedDiagnosticMessage"] {
            assert!(detail[key].is_string(), "{key}");
        }
    }
}

#[test]
fn a_denial_wins_over_an_allowance() {
    let reply = call_with_policy(
        json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "esa:Create*", "Resource": "*"},
        ]),
        Call::create("a.example.com"),
    );
    reply.assert_refused(403, "NoPermission");
    assert_eq!(reply.json["AccessDeniedDetail"]["NoPermissionType"], "ExplicitDeny");
}
