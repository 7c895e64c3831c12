//! STS: who may take a role on, and what the reply holds.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::Emulator;

/// An emulator with the roles test-role, base and target, and the user deployer with the key user-key.
fn with_roles(change: impl FnOnce(&mut Value)) -> Emulator {
    Emulator::start_changed(|seed| {
        let account = &mut seed["accounts"][0];
        account["roles"].as_array_mut().unwrap().extend([json!({"name": "base"}), json!({"name": "target"})]);
        let key = json!({"access_key_id": "user-key", "access_key_secret": "user-secret"});
        account["users"].as_array_mut().unwrap().push(json!({"name": "deployer", "keys": [key]}));
        change(account);
    })
}

fn as_user(call: Call) -> Call {
    call.key("user-key", "user-secret")
}

#[test]
fn both_signatures_get_a_key_that_the_service_takes() {
    let emulator = Emulator::start();
    let signed = [Call::assume_role("test-role").v3(), Call::assume_role("test-role").v1()];
    for (request, record) in signed.iter().zip(["a.example.com", "b.example.com"]) {
        let before = jiff::Timestamp::now().as_second();
        let reply = emulator.send(request).assert_ok();
        assert_eq!(reply.json["RequestId"].as_str(), reply.header("x-acs-request-id"));
        let user = &reply.json["AssumedRoleUser"];
        assert_eq!(user["Arn"], "acs:ram::1000000000000001:role/test-role/a-session");
        assert!(user["AssumedRoleId"].as_str().unwrap().ends_with(":a-session"));
        let credentials = &reply.json["Credentials"];
        assert!(credentials["AccessKeyId"].as_str().unwrap().starts_with("STS."));
        let expires: jiff::Timestamp = credentials["Expiration"].as_str().unwrap().parse().unwrap();
        assert!((3595..=3605).contains(&(expires.as_second() - before)), "{expires}");
        emulator.call(&Call::create(record).temporary(credentials)).assert_ok();
    }
    assert_eq!(emulator.record_names(), ["a.example.com", "b.example.com"]);
}

#[test]
fn parameters_may_be_in_the_query_of_a_get() {
    let emulator = Emulator::start();
    let mut call = Call { method: "GET", ..Call::assume_role("test-role") };
    call.query = std::mem::take(&mut call.form);
    emulator.send(&call.v1()).assert_ok();
}

#[test]
fn the_duration_is_asked_for_within_bounds() {
    let emulator = with_roles(|account| account["roles"][1]["max_session_seconds"] = json!(7200));
    let ask = |role: &str, seconds: &str| emulator.call(&Call::assume_role(role).with("DurationSeconds", seconds));
    for (role, seconds) in [("test-role", "900"), ("test-role", "3600"), ("base", "7200")] {
        let now = jiff::Timestamp::now().as_second();
        let reply = ask(role, seconds).assert_ok();
        let expires: jiff::Timestamp = reply.json["Credentials"]["Expiration"].as_str().unwrap().parse().unwrap();
        assert!((expires.as_second() - now - seconds.parse::<i64>().unwrap()).abs() <= 2);
    }
    for (role, seconds) in [
        ("test-role", "899"),
        ("test-role", "3601"),
        ("base", "7201"),
        ("base", "+900"),
        ("base", "1e3"),
        ("base", "-1"),
    ] {
        ask(role, seconds).assert_refused(400, "InvalidParameter.DurationSeconds");
    }
}

#[test]
fn what_is_wrongly_formed_or_not_there_is_refused() {
    let emulator = Emulator::start();
    let assume = || Call::assume_role("test-role");
    let long = "a".repeat(65);
    for (call, status, code) in [
        (assume().without("RoleArn"), 400, "MissingRoleArn"),
        (assume().without("RoleSessionName"), 400, "MissingRoleSessionName"),
        (assume().with("RoleArn", "test-role"), 400, "InvalidParameter.RoleArn"),
        (assume().with("RoleArn", "acs:ram::1000000000000001:user/test-role"), 400, "InvalidParameter.RoleArn"),
        (assume().with("RoleArn", "acs:ram::1000000000000001:role/nobody"), 404, "EntityNotExist.Role"),
        (assume().with("RoleArn", "acs:ram::2:role/test-role"), 404, "EntityNotExist.Role"),
        (assume().with("RoleSessionName", "a"), 400, "InvalidParameter.RoleSessionName"),
        (assume().with("RoleSessionName", "a b"), 400, "InvalidParameter.RoleSessionName"),
        (assume().with("RoleSessionName", &long), 400, "InvalidParameter.RoleSessionName"),
        (assume().with("Policy", "{"), 400, "InvalidParameter.PolicyGrammar"),
        (assume().with("Policy", r#"{"Version": "1"}"#), 400, "InvalidParameter.PolicyGrammar"),
        (assume().with("Policy", &" ".repeat(2049)), 400, "InvalidParameter.PolicySize"),
        (assume().key("nobody", "s"), 404, "InvalidAccessKeyId.NotFound"),
        (assume().key("EsaEmulatorKeyId", "wrong"), 400, "SignatureDoesNotMatch"),
        (Call::sts("AssumeRoleWithSAML", &[]), 404, "InvalidAction.NotFound"),
        (Call { version: "2024-09-10".into(), ..assume() }, 404, "InvalidAction.NotFound"),
        (Call { version: "2015-04-01".into(), ..Call::list() }, 404, "InvalidAction.NotFound"),
    ] {
        emulator.call(&call).assert_refused(status, code);
    }
    emulator.send(&assume().unsigned()).assert_refused(400, "IncompleteSignature");
    assert_eq!(emulator.state()["accounts"][0]["roles"][0]["sessions"], json!([]));
}

#[test]
fn only_those_whom_a_role_trusts_can_assume_it() {
    let emulator = with_roles(|account| {
        account["roles"][1]["trusted"] = json!(["user/deployer"]);
        account["roles"][2]["trusted"] = json!([]);
    });
    emulator.call(&as_user(Call::assume_role("test-role"))).assert_ok();
    emulator.call(&as_user(Call::assume_role("base"))).assert_ok();
    emulator.call(&Call::assume_role("base")).assert_refused(403, "NoPermission");
    emulator.call(&as_user(Call::assume_role("target"))).assert_refused(403, "NoPermission");
}

#[test]
fn the_callers_own_policy_has_to_allow_it() {
    let allow = |role: &str| {
        let resource = format!("acs:ram::1000000000000001:role/{role}");
        json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}]})
    };
    let emulator = with_roles(|account| account["users"][1]["policy"] = allow("target"));
    emulator.call(&as_user(Call::assume_role("target"))).assert_ok();
    let reply = emulator.call(&as_user(Call::assume_role("base")));
    reply.assert_refused(403, "NoPermission");
    assert_eq!(reply.json["AccessDeniedDetail"]["AuthAction"], "sts:AssumeRole");
}

#[test]
fn an_external_id_has_to_be_known() {
    let emulator = with_roles(|account| account["roles"][1]["external_id"] = json!("shared words"));
    let base = || Call::assume_role("base");
    emulator.call(&base().with("ExternalId", "shared words")).assert_ok();
    emulator.call(&base()).assert_refused(403, "NoPermission");
    emulator.call(&base().with("ExternalId", "other words")).assert_refused(403, "NoPermission");
    emulator.call(&Call::assume_role("test-role").with("ExternalId", "not asked for")).assert_ok();
}

#[test]
fn a_chain_goes_from_role_to_role() {
    let emulator = with_roles(|account| {
        account["roles"][1]["trusted"] = json!(["user/deployer"]);
        account["roles"][2]["trusted"] = json!(["role/base"]);
    });
    emulator.call(&as_user(Call::assume_role("target"))).assert_refused(403, "NoPermission");
    let first = emulator.call(&as_user(Call::assume_role("base"))).assert_ok().json["Credentials"].clone();
    for sign in [Call::v3 as fn(&Call) -> String, Call::v1] {
        let second = emulator.send(&sign(&Call::assume_role("target").temporary(&first))).assert_ok();
        let who = Call::sts("GetCallerIdentity", &[]).temporary(&second.json["Credentials"]);
        let who = emulator.send(&sign(&who)).assert_ok().json;
        assert_eq!(who["Arn"], "acs:ram::1000000000000001:assumed-role/target/a-session");
    }
}

#[test]
fn the_owner_of_a_key_is_returned() {
    let emulator = Emulator::start();
    let who = |call: Call| emulator.call(&call).assert_ok().json;
    let user = who(Call::sts("GetCallerIdentity", &[]));
    assert_eq!(user["IdentityType"], "RAMUser");
    assert_eq!((&user["AccountId"], &user["UserId"]), (&json!("1000000000000001"), &user["PrincipalId"]));
    assert_eq!(user["Arn"], "acs:ram::1000000000000001:user/root");

    let assumed = emulator.call(&Call::assume_role("test-role")).assert_ok().json;
    let role = who(Call::sts("GetCallerIdentity", &[]).temporary(&assumed["Credentials"]));
    assert_eq!(role["IdentityType"], "AssumedRoleUser");
    assert_eq!(role["Arn"], "acs:ram::1000000000000001:assumed-role/test-role/a-session");
    assert_eq!(role["PrincipalId"], assumed["AssumedRoleUser"]["AssumedRoleId"]);
    assert_eq!(format!("{}:a-session", role["RoleId"].as_str().unwrap()), role["PrincipalId"].as_str().unwrap());
    emulator.send(&Call::sts("GetCallerIdentity", &[]).unsigned()).assert_refused(400, "IncompleteSignature");
}

#[test]
fn calls_are_logged_and_meet_faults_as_others_do() {
    let emulator = Emulator::start();
    emulator
        .add_fault(json!({"action": "AssumeRole", "nth": 2, "reply": {"status": 503, "code": "ServiceUnavailable"}}));
    emulator.call(&Call::assume_role("test-role")).assert_ok();
    emulator.call(&Call::assume_role("test-role")).assert_refused(503, "ServiceUnavailable");
    emulator.call(&Call::assume_role("nobody")).assert_refused(404, "EntityNotExist.Role");
    let log = emulator.requests();
    assert!(log.iter().all(|entry| entry["action"] == "AssumeRole" && entry["signature_version"] == "V3"));
    assert_eq!(log[0]["parameters"]["RoleArn"], "acs:ram::1000000000000001:role/test-role");
    let shown = |entry: &Value| json!([entry["verdict"], entry["executed"], entry["fault"], entry["status"]]);
    assert_eq!(shown(&log[0]), json!(["OK", true, false, 200]));
    assert_eq!(shown(&log[1]), json!(["OK", false, true, 503]));
    assert_eq!(shown(&log[2]), json!(["EntityNotExist.Role", false, false, 404]));
}
