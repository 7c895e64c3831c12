//! What a temporary key can do, and for how long.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::Emulator;

const SITE: &str = "acs:esa:*:1000000000000001:site/54362329990032";

fn allow(action: &str, resource: &str) -> Value {
    json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

/// A session of test-role, which has the given policy, narrowed to `narrower`.
fn session(policy: Value, narrower: Option<Value>) -> (Emulator, Value) {
    let emulator = Emulator::start_changed(|seed| seed["accounts"][0]["roles"][0]["policy"] = policy);
    let mut call = Call::assume_role("test-role");
    if let Some(policy) = narrower {
        call = call.with("Policy", &policy.to_string());
    }
    let credentials = emulator.call(&call).assert_ok().json["Credentials"].clone();
    (emulator, credentials)
}

#[test]
fn a_session_may_do_what_role_and_session_policy_both_allow() {
    let everything = || allow("*", "*");
    let create_only = || allow("esa:CreateRoutineRelatedRecord", SITE);
    // The policies of role and session, whether they allow creating and listing, and which one says no.
    for (policy, narrower, create, list, says_no) in [
        (Value::Null, None, true, true, ""),
        (create_only(), None, true, false, "AccountLevelIdentityBasedPolicy"),
        (Value::Null, Some(create_only()), true, false, "SessionPolicy"),
        (everything(), Some(create_only()), true, false, "SessionPolicy"),
        (create_only(), Some(everything()), true, false, "AccountLevelIdentityBasedPolicy"),
        (allow("esa:List*", "*"), Some(create_only()), false, false, ""),
    ] {
        let (emulator, credentials) = session(policy, narrower);
        let created = emulator.call(&Call::create("a.example.com").temporary(&credentials));
        let listed = emulator.call(&Call::list().temporary(&credentials));
        assert_eq!((created.status == 200, listed.status == 200), (create, list), "{says_no}");
        if !says_no.is_empty() {
            listed.assert_refused(403, "NoPermission");
            let detail = &listed.json["AccessDeniedDetail"];
            assert_eq!((&detail["PolicyType"], &detail["NoPermissionType"]), (&json!(says_no), &json!("ImplicitDeny")));
            assert_eq!(detail["AuthPrincipalType"], "AssumedRoleUser");
            assert_eq!(detail["AuthPrincipalDisplayName"], "test-role:a-session");
        }
    }
}

#[test]
fn a_narrowed_session_cannot_widen_itself_by_a_chain() {
    let (emulator, credentials) = session(Value::Null, Some(allow("esa:*", "*")));
    emulator.call(&Call::assume_role("test-role").temporary(&credentials)).assert_refused(403, "NoPermission");
}

#[test]
fn a_key_is_worth_nothing_without_its_token() {
    let (emulator, credentials) = session(Value::Null, None);
    let call = || Call::list().temporary(&credentials);
    emulator.call(&Call { token: None, ..call() }).assert_refused(400, "InvalidSecurityToken.Malformed");
    emulator
        .call(&Call { token: Some("x".into()), ..call() })
        .assert_refused(400, "InvalidSecurityToken.MismatchWithAccessKey");
    emulator.call(&call()).assert_ok();
    emulator.send(&call().v1()).assert_ok();
}

#[test]
fn a_session_ends_by_the_emulators_clock() {
    let (emulator, credentials) = session(Value::Null, None);
    let list_after = |seconds: i64| {
        emulator.admin_ok("POST", "clock", &json!({"offset_ms": seconds * 1000}));
        let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        let date = date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        emulator.call(&Call { date, ..Call::list().temporary(&credentials) })
    };
    list_after(3590).assert_ok();
    list_after(3601).assert_refused(400, "InvalidSecurityToken.Expired");
    list_after(0).assert_ok();
}

#[test]
fn a_role_can_keep_its_sessions_short() {
    let emulator = Emulator::start_changed(|seed| seed["accounts"][0]["roles"][0]["session_seconds"] = json!(2));
    let credentials = emulator.call(&Call::assume_role("test-role")).assert_ok().json["Credentials"].clone();
    let expires: jiff::Timestamp = credentials["Expiration"].as_str().unwrap().parse().unwrap();
    assert!(expires.as_second() - jiff::Timestamp::now().as_second() <= 2);
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 3000}));
    emulator.call(&Call::list().temporary(&credentials)).assert_refused(400, "InvalidSecurityToken.Expired");
}

#[test]
fn sessions_are_part_of_the_state() {
    let (emulator, credentials) = session(Value::Null, Some(allow("esa:List*", "*")));
    let state = emulator.state();
    let kept = &state["accounts"][0]["roles"][0]["sessions"][0];
    assert_eq!((&kept["name"], &kept["key"]["access_key_id"]), (&json!("a-session"), &credentials["AccessKeyId"]));

    let other = Emulator::start();
    other.call(&Call::list().temporary(&credentials)).assert_refused(404, "InvalidAccessKeyId.NotFound");
    other.admin_ok("POST", "seed", &state);
    assert_eq!(other.state(), state);
    other.call(&Call::list().temporary(&credentials)).assert_ok();
    other.call(&Call::create("a.example.com").temporary(&credentials)).assert_refused(403, "NoPermission");
    other.admin_ok("POST", "reset", &json!({}));
    other.call(&Call::list().temporary(&credentials)).assert_refused(404, "InvalidAccessKeyId.NotFound");
}
