//! Taking on roles: who may, for how long, and what the key that one gets is good for.

use serde_json::{Value, json};

use crate::signer::{Call, join, pairs};
use crate::support::{Emulator, Reply};

const ROLE: &str = "acs:ram::1000000000000001:role/test-role";
const PROVIDER: &str = "acs:ram::1000000000000001:oidc-provider/test-provider";

fn sts(action: &str, form: &[(&str, &str)]) -> Call {
    Call { version: "2015-04-01".into(), ..Call::new(action, form) }
}

fn assume(role: &str) -> Call {
    sts("AssumeRole", &[("RoleArn", role), ("RoleSessionName", "test")])
}

/// `call`, signed with the key that a reply gave out.
fn signed_with(call: Call, credentials: &Value) -> Call {
    let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
    let token = Some(text("SecurityToken"));
    Call { key_id: text("AccessKeyId"), secret: text("AccessKeySecret"), token, ..call }
}

fn with_roles(roles: Value) -> Emulator {
    Emulator::start_changed(|seed| seed["accounts"][0]["roles"] = roles)
}

#[test]
fn a_role_s_key_works_with_both_signatures_and_its_token_only() {
    let emulator = Emulator::start();
    for request in [assume(ROLE).v1(), assume(ROLE).v3()] {
        let reply = emulator.send(&request).assert_ok();
        let credentials = &reply.json["Credentials"];
        assert!(credentials["AccessKeyId"].as_str().unwrap().starts_with("STS."));
        let arn = &reply.json["AssumedRoleUser"]["Arn"];
        assert_eq!(arn, "acs:ram::1000000000000001:assumed-role/test-role/test");

        emulator.send(&signed_with(Call::list(), credentials).v1()).assert_ok();
        let identity = emulator.call(&signed_with(sts("GetCallerIdentity", &[]), credentials)).assert_ok();
        assert_eq!((&identity.json["Arn"], &identity.json["IdentityType"]), (arn, &json!("AssumedRoleUser")));
        let without_token = Call { token: None, ..signed_with(Call::list(), credentials) };
        emulator.call(&without_token).assert_refused(400, "InvalidSecurityToken.Malformed");
    }
}

#[test]
fn a_role_can_be_taken_on_by_a_role() {
    let emulator = with_roles(json!([
        {"name": "first", "trusted": ["root"]},
        {"name": "second", "trusted": ["first"], "external_id": "x"},
    ]));
    let role = |name: &str| format!("acs:ram::1000000000000001:role/{name}");
    let first = emulator.call(&assume(&role("first"))).assert_ok();
    let second = assume(&role("second")).with("ExternalId", "x");

    emulator.call(&second).assert_refused(403, "NoPermission");
    let chained = emulator.call(&signed_with(second, &first.json["Credentials"])).assert_ok();
    emulator.call(&signed_with(Call::list(), &chained.json["Credentials"])).assert_ok();

    let without_id = signed_with(assume(&role("second")), &first.json["Credentials"]);
    emulator.call(&without_id).assert_refused(403, "NoPermission");
}

#[test]
fn a_session_has_what_its_role_and_its_own_policy_allow() {
    let allow =
        |action: &str| json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]});
    let emulator = with_roles(json!([{"name": "test-role", "policy": allow("esa:*Record*")}]));
    let narrow = assume(ROLE).with("Policy", &allow("esa:List*").to_string());

    let credentials = &emulator.call(&narrow).assert_ok().json["Credentials"];

    emulator.call(&signed_with(Call::list(), credentials)).assert_ok();
    emulator.call(&signed_with(Call::create("a.example.com"), credentials)).assert_refused(403, "NoPermission");
    emulator.call(&signed_with(Call::new("ListSites", &[]), credentials)).assert_refused(403, "NoPermission");
}

#[test]
fn a_session_ends() {
    let emulator = Emulator::start();
    let credentials = &emulator.call(&assume(ROLE).with("DurationSeconds", "900")).assert_ok().json["Credentials"];
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 901_000}));
    let mut call = signed_with(Call::list(), credentials);
    call.date = credentials["Expiration"].as_str().unwrap().to_owned();

    emulator.call(&call).assert_refused(400, "InvalidSecurityToken.Expired");
}

#[test]
fn what_is_wrong_with_the_parameters_is_said() {
    let emulator = Emulator::start();
    for (call, status, code) in [
        (assume(ROLE).without("RoleArn"), 400, "MissingRoleArn"),
        (assume("role"), 400, "InvalidParameter.RoleArn"),
        (assume("acs:ram::1000000000000001:role/other"), 404, "EntityNotExist.Role"),
        (assume("acs:ram::2:role/test-role"), 404, "EntityNotExist.Role"),
        (assume(ROLE).with("RoleSessionName", "a b"), 400, "InvalidParameter.RoleSessionName"),
        (assume(ROLE).with("DurationSeconds", "899"), 400, "InvalidParameter.DurationSeconds"),
        (assume(ROLE).with("DurationSeconds", "3601"), 400, "InvalidParameter.DurationSeconds"),
        (assume(ROLE).with("Policy", "{"), 400, "InvalidParameter.PolicyGrammar"),
        (assume(ROLE).key("EsaEmulatorKeyId", "wrong"), 400, "SignatureDoesNotMatch"),
        (sts("Other", &[]), 404, "InvalidAction.NotFound"),
    ] {
        emulator.call(&call).assert_refused(status, code);
    }
}

fn with_oidc(emulator: &Emulator, provider: &str, token: &str) -> Reply {
    let form = pairs(&[
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("RoleArn", ROLE),
        ("RoleSessionName", "test"),
        ("OIDCProviderArn", provider),
        ("OIDCToken", token),
    ]);
    let form = join(&form);
    emulator.send(&format!(
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{form}",
        form.len()
    ))
}

#[test]
fn a_token_of_a_provider_is_good_for_a_role_without_a_signature() {
    let emulator = Emulator::start();
    let reply = with_oidc(&emulator, PROVIDER, "test-oidc-token").assert_ok();
    emulator.call(&signed_with(Call::list(), &reply.json["Credentials"])).assert_ok();

    with_oidc(&emulator, PROVIDER, "wrong").assert_refused(400, "AuthenticationFail.OIDCToken.Invalid");
    let other = "acs:ram::1000000000000001:oidc-provider/other";
    with_oidc(&emulator, other, "test-oidc-token").assert_refused(404, "EntityNotExist.OIDCProvider");
    let actions: Vec<_> = emulator.requests().iter().map(|request| request["action"].clone()).collect();
    assert_eq!(actions[0], "AssumeRoleWithOIDC");
}
