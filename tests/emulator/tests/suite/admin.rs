//! The interface under /_emulator/.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::Emulator;

fn create(name: &str) -> Call {
    Call::create(name)
}

#[test]
fn the_log_has_the_request_its_signer_and_its_result() {
    let emulator = Emulator::start();
    let call = create("a.example.com");
    emulator.call(&call).assert_ok();
    emulator.send(&create("a.example.com").v1()).assert_refused(400, "ParameterAlreadyExist");
    emulator.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").assert_refused(400, "IncompleteSignature");
    let log = emulator.requests();
    let mut first = log[0].clone();
    let time: jiff::Timestamp = first["time"].as_str().unwrap().parse().unwrap();
    assert!((jiff::Timestamp::now().as_second() - time.as_second()).abs() <= 5);
    first.as_object_mut().unwrap().remove("time");
    assert!(first.as_object_mut().unwrap().remove("duration_ms").unwrap().as_f64().unwrap() > 0.0);
    let expected = json!({
        "number": 1, "connection": 1, "method": "POST", "action": "CreateRoutineRelatedRecord",
        "parameters": {"Name": "test-routine1", "SiteId": "54362329990032", "RecordName": "a.example.com"},
        "access_key_id": "EsaEmulatorKeyId", "signature_version": "V3", "nonce": call.nonce,
        "nearest_action": null, "verdict": "OK", "executed": true, "fault": false, "canned": false, "status": 200,
        "code": null,
    });
    assert_eq!(first, expected);
    assert_eq!((&log[1]["signature_version"], &log[1]["executed"]), (&json!("V1"), &json!(false)));
    assert_eq!((&log[1]["verdict"], &log[1]["connection"]), (&json!("ParameterAlreadyExist"), &json!(2)));
    assert_eq!((&log[2]["action"], &log[2]["verdict"]), (&Value::Null, &json!("IncompleteSignature")));

    emulator.admin_ok("DELETE", "requests", &json!({}));
    assert!(emulator.requests().is_empty());
    emulator.call(&Call::list()).assert_ok();
    assert_eq!(emulator.requests()[0]["number"], 4);
}

#[test]
fn reset_goes_back_to_the_start_in_everything() {
    let emulator = Emulator::start();
    let start = emulator.state();
    let replay = create("a.example.com");
    emulator.call(&replay).assert_ok();
    emulator.add_fault(json!({"times": 0, "reply": {"status": 500}}));
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 3_600_000}));
    assert_ne!(emulator.state(), start);
    emulator.admin_ok("POST", "reset", &json!({}));
    assert_eq!(emulator.state(), start);
    assert!(emulator.requests().is_empty());
    assert_eq!(emulator.admin_ok("GET", "clock", &json!({}))["offset_ms"], 0);
    emulator.call(&replay).assert_ok();
}

#[test]
fn a_state_is_a_seed() {
    let emulator = Emulator::start();
    emulator.call(&create("a.example.com")).assert_ok();
    emulator.add_fault(json!({"reply": {"body_base64": "AAE="}, "action": "ListSites"}));
    emulator.add_fault(json!({"wire": {"kind": "cut", "after_bytes": 3}, "action": "ListSites"}));
    let state = emulator.state();
    let other = Emulator::start();
    other.admin_ok("POST", "seed", &state);
    assert_eq!(other.state(), state);
    other.call(&create("a.example.com")).assert_refused(400, "ParameterAlreadyExist");
    let fresh = other.call(&create("b.example.com")).assert_ok().json["RecordId"].clone();
    assert_ne!(fresh, state["accounts"][0]["routines"][0]["related_records"][0]["record_id"]);
}

#[test]
fn an_empty_seed_is_the_built_in_state_and_an_account_needs_nothing() {
    let emulator = Emulator::start();
    let start = emulator.state();
    emulator.admin_ok("POST", "seed", &json!({}));
    assert_eq!(emulator.state(), start);
    emulator.admin_ok("POST", "seed", &json!({"accounts": [{}]}));
    emulator.call(&create("a.example.com")).assert_refused(404, "InvalidAccessKeyId.NotFound");
}

#[test]
fn a_wrong_seed_is_refused_with_the_reason_and_changes_nothing() {
    let emulator = Emulator::start();
    let start = emulator.state();
    let site = json!([{"site_id": 1, "site_name": "example.com"}]);
    let with_record = |record: Value| json!({"accounts": [{"sites": site, "routines": [{"name": "r", "related_records": [record]}]}]});
    let key = json!({"access_key_id": "k", "access_key_secret": "s"});
    for (seed, reason) in [
        (json!({"acounts": []}), "did you mean `accounts`?"),
        (json!({"accounts": [{"routines": [{"name": "r", "state": "bussy"}]}]}), "did you mean `busy`?"),
        (json!({"accounts": [{"routines": [{"name": "r", "state": "Ready"}]}]}), "did you mean `ready`?"),
        (json!({"accounts": [{"sites": [{"site_id": 1, "site_nam": "a.b"}]}]}), "did you mean `site_name`?"),
        (
            json!({"accounts": [{"sites": [{"site_id": 1, "site_name": "a.b", "backend": "flakey"}]}]}),
            "did you mean `flaky`?",
        ),
        (json!({"metadata": {"tokens": "require"}}), "did you mean `required`?"),
        (json!({"faults": [{"action": "GetRoutin", "delay_ms": 1}]}), "did you mean `GetRoutine`?"),
        (json!({"accounts": [{"quota": 1}]}), "quota"),
        (json!({"accounts": [{"users": [{"name": "u", "keys": [{"access_key_id": "k"}]}]}]}), "access_key_secret"),
        (json!({"accounts": [{"users": [{"name": "u", "keys": [key, key]}]}]}), "access_key_id k"),
        (json!({"accounts": [{}, {}]}), "account id 1000000000000001"),
        (json!({"accounts": [{"sites": [{"site_id": 1, "site_name": "a.b", "status": "gone"}]}]}), "gone"),
        (json!({"accounts": [{"routines": [{"name": "r"}, {"name": "r"}]}]}), "routine r"),
        (json!({"accounts": [{"users": [{"name": "u", "policy": {"Version": "2", "Statement": []}}]}]}), "variant"),
        (with_record(json!({"record_name": "a.example.com", "site_id": 2})), "site 2"),
        (with_record(json!({"record_name": "a.example.org", "site_id": 1})), "below"),
        (with_record(json!({"record_name": "a.example.com", "site_id": 1, "record_id": -1})), "negative"),
        (json!({"accounts": [{"roles": [{"name": "r"}, {"name": "r"}]}]}), "role r"),
        (json!({"accounts": [{"roles": [{"name": "a/b"}]}]}), "a/b"),
        (json!({"accounts": [{"roles": [{"name": "r", "trusted": ["user/nobody"]}]}]}), "user/nobody"),
        (json!({"accounts": [{"roles": [{"name": "r", "max_session_seconds": 60}]}]}), "max_session_seconds"),
        (json!({"accounts": [{"roles": [{"name": "r", "session_seconds": 0}]}]}), "session_seconds"),
        (json!({"accounts": [{"oidc_providers": [{"name": "p", "tokens": ["x"]}]}]}), "BearerToken"),
        (json!({"metadata": {"tokens": "maybe"}}), "maybe"),
        (json!({"cloud_sso": {"url": "x"}}), "url"),
        (json!({"faults": [{"delay_ms": 1}, {}]}), "faults[1]"),
    ] {
        let reply = emulator.admin("POST", "seed", &seed.to_string());
        assert_eq!(reply.status, 400, "{seed}");
        assert!(reply.json["error"].as_str().unwrap().contains(reason), "{seed}: {}", reply.json);
    }
    assert_eq!(emulator.state(), start);
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let emulator = Emulator::start();
    assert_eq!(emulator.admin_ok("GET", "health", &json!({}))["status"], "ok");
    for (method, resource, body, reason) in [
        ("GET", "nothing", "", "/_emulator/nothing"),
        ("GET", "reset", "", "GET"),
        ("POST", "clock", "{", "EOF"),
        ("POST", "clock", "{\"offset_ms\": 1e30}", "offset_ms"),
        ("POST", "clock", "{\"offset_ms\": 9223372036854775807}", "offset_ms"),
        ("POST", "clock", "{\"offset\": 1}", "offset"),
        ("POST", "lock", "{\"lock\": true}", "did you mean `locked`?"),
    ] {
        let reply = emulator.admin(method, resource, body);
        assert_eq!(reply.status, 400, "{method} {resource} {body}");
        let error = reply.json["error"].as_str().unwrap();
        assert!(error.contains(reason) || reason == "offset_ms" && error.contains("i64"), "{error}");
    }
}

#[test]
fn a_web_page_cannot_reach_it() {
    let emulator = Emulator::start();
    let post = |headers: &str| {
        emulator
            .send(&format!("POST /_emulator/reset HTTP/1.1\r\n{headers}connection: close\r\ncontent-length: 0\r\n\r\n"))
    };
    for headers in [
        "",
        "host: evil.example.com\r\n",
        "host: localhost\r\nhost: localhost\r\n",
        "host: localhost\r\norigin: https://evil.example.com\r\n",
        "host: localhost\r\norigin: null\r\n",
    ] {
        assert_eq!(post(headers).status, 403, "{headers}");
    }
    for headers in ["host: localhost:1\r\n", "host: [::1]\r\n", "host: 127.0.0.1\r\norigin: http://localhost:1\r\n"] {
        assert_eq!(post(headers).status, 200, "{headers}");
    }
}
