//! CloudSSO: keys for whoever has signed in.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

const JSON: &str = "content-type: application/json\r\n";

fn post(emulator: &Emulator, token: &str, body: &Value) -> Reply {
    emulator.plain("POST", "/cloud-credentials", &format!("{JSON}authorization: Bearer {token}\r\n"), &body.to_string())
}

fn wanted() -> Value {
    json!({"AccountId": "1000000000000001", "AccessConfigurationId": "ac-test"})
}

#[test]
fn an_access_token_gets_the_keys_of_the_configurations_role() {
    let emulator = Emulator::start();
    let reply = post(&emulator, "EsaEmulatorAccessToken", &wanted()).assert_ok();
    assert!(reply.json["RequestId"].is_string());
    let credentials = &reply.json["CloudCredential"];
    assert!(credentials["Expiration"].is_string());
    emulator.call(&Call::create("a.example.com").temporary(credentials)).assert_ok();
    let who = emulator.call(&Call::sts("GetCallerIdentity", &[]).temporary(credentials)).assert_ok();
    assert_eq!(who.json["Arn"], "acs:ram::1000000000000001:assumed-role/test-role/cloud-sso");
    let log = &emulator.requests()[0];
    assert_eq!((&log["action"], &log["parameters"]), (&json!("CreateCloudCredential"), &wanted()));
}

#[test]
fn the_token_is_known_and_fresh() {
    let emulator = Emulator::start_changed(|seed| {
        seed["cloud_sso"]["access_tokens"] = json!([{"token": "old", "expires": "2001-01-01T00:00:00Z"}, {"token": "new", "expires": "2999-01-01T00:00:00Z"}]);
    });
    post(&emulator, "new", &wanted()).assert_ok();
    post(&emulator, "old", &wanted()).assert_refused(401, "InvalidAccessToken.Expired");
    post(&emulator, "EsaEmulatorAccessToken", &wanted()).assert_refused(401, "InvalidAccessToken");
    let without = emulator.plain("POST", "/cloud-credentials", JSON, &wanted().to_string());
    without.assert_refused(401, "InvalidAccessToken");
}

#[test]
fn what_is_wrong_is_refused() {
    let emulator = Emulator::start();
    let account = "1000000000000001";
    for (body, status, code) in [
        (json!({"AccountId": account}), 400, "MissingAccessConfigurationId"),
        (json!({"AccessConfigurationId": "ac-test"}), 400, "MissingAccountId"),
        (json!({"AccountId": 1, "AccessConfigurationId": "ac-test"}), 400, "InvalidParameter"),
        (json!([]), 400, "InvalidParameter"),
        (json!({"AccountId": "2", "AccessConfigurationId": "ac-test"}), 404, "EntityNotExist.Account"),
        (json!({"AccountId": account, "AccessConfigurationId": "ac-x"}), 404, "EntityNotExist.AccessConfiguration"),
    ] {
        post(&emulator, "EsaEmulatorAccessToken", &body).assert_refused(status, code);
    }
    let form = emulator.plain("POST", "/cloud-credentials", "authorization: Bearer EsaEmulatorAccessToken\r\n", "{}");
    form.assert_refused(400, "InvalidContentType");
    emulator.plain("GET", "/cloud-credentials", "", "").assert_refused(405, "UnsupportedHTTPMethod");
}

#[test]
fn a_fault_meets_it() {
    let emulator = Emulator::start();
    emulator.add_fault(json!({"action": "CreateCloudCredential", "reply": {"status": 500}}));
    assert_eq!(post(&emulator, "EsaEmulatorAccessToken", &wanted()).status, 500);
    post(&emulator, "EsaEmulatorAccessToken", &wanted()).assert_ok();
}
