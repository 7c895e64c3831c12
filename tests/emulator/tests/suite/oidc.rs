//! AssumeRoleWithOIDC: a key for whoever shows the right token, without a signature.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::Emulator;

fn assume() -> Call {
    Call { action: "AssumeRoleWithOIDC".into(), ..Call::assume_role("test-role") }
        .with("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/test-oidc")
        .with("OIDCToken", "EsaEmulatorOidcToken")
}

/// The built-in state with another provider and changed roles.
fn with_provider(change: impl FnOnce(&mut Value)) -> Emulator {
    Emulator::start_changed(|seed| {
        let account = &mut seed["accounts"][0];
        let tokens = json!([{"token": "one"}, {"token": "old", "expires": "2001-01-01T00:00:00Z"}]);
        account["oidc_providers"].as_array_mut().unwrap().push(json!({"name": "ci", "tokens": tokens}));
        change(account);
    })
}

fn from_ci(token: &str) -> Call {
    assume().with("OIDCProviderArn", "acs:ram::1000000000000001:oidc-provider/ci").with("OIDCToken", token)
}

#[test]
fn a_token_gets_a_key_that_the_service_takes() {
    let emulator = Emulator::start();
    let reply = emulator.send(&assume().unsigned()).assert_ok();
    assert_eq!(reply.json["AssumedRoleUser"]["Arn"], "acs:ram::1000000000000001:role/test-role/a-session");
    emulator.call(&Call::create("a.example.com").temporary(&reply.json["Credentials"])).assert_ok();
    let log = &emulator.requests()[0];
    assert_eq!((&log["action"], &log["verdict"]), (&json!("AssumeRoleWithOIDC"), &json!("OK")));
    assert_eq!((&log["access_key_id"], &log["signature_version"]), (&Value::Null, &Value::Null));
}

#[test]
fn action_and_version_may_be_in_headers_and_a_signature_does_no_harm() {
    let emulator = Emulator::start();
    let call = assume();
    let unsigned = call.v3();
    let authorization = unsigned.lines().find(|line| line.starts_with("authorization")).unwrap().to_owned() + "\r\n";
    emulator.send(&unsigned.replace(&authorization, "")).assert_ok();
    emulator.call(&call).assert_ok();
    emulator.call(&assume().key("EsaEmulatorKeyId", "wrong")).assert_refused(400, "SignatureDoesNotMatch");
}

#[test]
fn what_is_wrong_is_refused() {
    let emulator = with_provider(|_| {});
    let provider = |arn: &str| assume().with("OIDCProviderArn", arn);
    for (call, status, code) in [
        (assume().with("OIDCToken", "wrong"), 401, "AuthenticationFail.OIDCToken.Invalid"),
        (from_ci("EsaEmulatorOidcToken"), 401, "AuthenticationFail.OIDCToken.Invalid"),
        (from_ci("old"), 401, "AuthenticationFail.OIDCToken.Expired"),
        (provider("test-oidc"), 401, "AuthenticationFail.NoPermission"),
        (provider("acs:ram::1000000000000001:oidc-provider/none"), 401, "AuthenticationFail.NoPermission"),
        (provider("acs:ram::2:oidc-provider/test-oidc"), 401, "AuthenticationFail.NoPermission"),
        (assume().with("RoleArn", "acs:ram::1000000000000001:role/nobody"), 404, "EntityNotExist.Role"),
        (assume().with("DurationSeconds", "60"), 400, "InvalidParameter.DurationSeconds"),
        (assume().without("OIDCToken"), 400, "MissingOIDCToken"),
        (assume().without("OIDCProviderArn"), 400, "MissingOIDCProviderArn"),
        (assume().without("RoleArn"), 400, "MissingRoleArn"),
        (assume().without("RoleSessionName"), 400, "MissingRoleSessionName"),
        (Call { version: "2024-09-10".into(), ..assume() }, 400, "IncompleteSignature"),
    ] {
        emulator.send(&call.unsigned()).assert_refused(status, code);
    }
    assert_eq!(emulator.state()["accounts"][0]["roles"][0]["sessions"], json!([]));
    emulator.send(&from_ci("one").unsigned()).assert_ok();
}

#[test]
fn a_role_may_trust_one_provider_only() {
    let emulator = with_provider(|account| account["roles"][0]["trusted"] = json!(["oidc-provider/ci"]));
    emulator.send(&from_ci("one").unsigned()).assert_ok();
    emulator.send(&assume().unsigned()).assert_refused(401, "AuthenticationFail.NoPermission");
    emulator.call(&Call::assume_role("test-role")).assert_refused(403, "NoPermission");
}

#[test]
fn a_policy_narrows_the_session() {
    let emulator = Emulator::start();
    let policy = json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "esa:List*", "Resource": "*"}]});
    let reply = emulator.send(&assume().with("Policy", &policy.to_string()).unsigned()).assert_ok();
    emulator.call(&Call::list().temporary(&reply.json["Credentials"])).assert_ok();
    let create = Call::create("a.example.com").temporary(&reply.json["Credentials"]);
    emulator.call(&create).assert_refused(403, "NoPermission");
}

#[test]
fn another_sites_page_gets_no_key() {
    let emulator = Emulator::start();
    let from = |origin: &str| assume().unsigned().replacen("host:", &format!("origin: {origin}\r\nhost:"), 1);
    emulator.send(&from("https://evil.example.com")).assert_refused(403, "Forbidden");
    emulator.send(&from("http://localhost:1")).assert_ok();
}

#[test]
fn a_fault_meets_the_first_call_only() {
    let emulator = Emulator::start();
    emulator.add_fault(json!({"action": "AssumeRoleWithOIDC", "reply": {"body": "{}"}}));
    assert_eq!(emulator.send(&assume().unsigned()).assert_ok().json, json!({}));
    assert!(emulator.send(&assume().unsigned()).assert_ok().json["Credentials"].is_object());
}
