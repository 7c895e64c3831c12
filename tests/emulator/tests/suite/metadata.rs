//! The metadata server of an ECS instance, with tokens and without.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use serde_json::json;

use crate::signer::Call;
use crate::support::{Emulator, Reply};

const TTL: &str = "X-aliyun-ecs-metadata-token-ttl-seconds";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

fn with_tokens(tokens: &str) -> Emulator {
    Emulator::start_changed(|seed| seed["metadata"]["tokens"] = json!(tokens))
}

fn put_token(emulator: &Emulator, seconds: &str) -> Reply {
    emulator.plain("PUT", "/latest/api/token", &format!("{TTL}: {seconds}\r\n"), "")
}

/// Asks without a token where it is empty.
fn get(emulator: &Emulator, path: &str, token: &str) -> Reply {
    let header = format!("X-aliyun-ecs-metadata-token: {token}\r\n");
    emulator.plain("GET", path, if token.is_empty() { "" } else { &header }, "")
}

#[test]
fn the_hardened_mode_gives_the_roles_keys_for_a_token() {
    let emulator = with_tokens("required");
    let token = put_token(&emulator, "21600").assert_ok().text().to_owned();
    assert_eq!(get(&emulator, ROLES, &token).assert_ok().text(), "test-role");
    assert_eq!(get(&emulator, "/latest/meta-data/region-id", &token).assert_ok().text(), "cn-hangzhou");
    let reply = get(&emulator, &format!("{ROLES}test-role"), &token).assert_ok();
    assert_eq!((reply.header("content-type"), reply.json["Code"].as_str()), (Some("text/plain"), Some("Success")));
    let time = |name: &str| reply.json[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(time("Expiration") - time("LastUpdated"), 21600);
    emulator.call(&Call::create("a.example.com").temporary(&reply.json)).assert_ok();
    let who = emulator.call(&Call::sts("GetCallerIdentity", &[]).temporary(&reply.json)).assert_ok();
    assert_eq!(who.json["Arn"], "acs:ram::1000000000000001:assumed-role/test-role/i-esa-emulator");

    let again = get(&emulator, &format!("{ROLES}test-role"), &token).assert_ok();
    assert_ne!(again.json["AccessKeyId"], reply.json["AccessKeyId"]);
}

#[test]
fn a_token_is_needed_known_and_fresh_as_the_seed_says() {
    for (tokens, without, unknown) in [("required", 403, 403), ("optional", 200, 403), ("absent", 200, 200)] {
        let emulator = with_tokens(tokens);
        for path in [ROLES, &format!("{ROLES}test-role"), "/latest/meta-data/region-id"] {
            assert_eq!(get(&emulator, path, "").status, without, "{tokens} {path}");
            assert_eq!(get(&emulator, path, "unknown").status, unknown, "{tokens} {path}");
        }
        assert_eq!(put_token(&emulator, "60").status, if tokens == "absent" { 404 } else { 200 });
    }
}

#[test]
fn a_token_ends_at_its_time() {
    let emulator = with_tokens("required");
    let token = put_token(&emulator, "60").assert_ok().text().to_owned();
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 50_000}));
    get(&emulator, ROLES, &token).assert_ok();
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 61_000}));
    assert_eq!(get(&emulator, ROLES, &token).status, 403);
    let verdicts = [("PutMetadataToken", "OK"), ("GetMetadataRole", "OK"), ("GetMetadataRole", "Forbidden")];
    assert_eq!(emulator.actions(), verdicts.map(|(action, verdict)| (action.into(), verdict.into())));
}

#[test]
fn a_reset_forgets_the_tokens() {
    let emulator = Emulator::start();
    let token = put_token(&emulator, "60").assert_ok().text().to_owned();
    get(&emulator, ROLES, &token).assert_ok();
    emulator.admin_ok("POST", "reset", &json!({}));
    assert_eq!(get(&emulator, ROLES, &token).status, 403);
}

#[test]
fn a_tokens_lifetime_lies_within_bounds() {
    let emulator = Emulator::start();
    for good in ["1", "21600"] {
        put_token(&emulator, good).assert_ok();
    }
    for bad in ["0", "21601", "-1", "x", "", "1.5", "99999999999999999999"] {
        assert_eq!(put_token(&emulator, bad).status, 400, "{bad}");
    }
    assert_eq!(emulator.plain("PUT", "/latest/api/token", "", "").status, 400);
}

#[test]
fn an_instance_may_have_no_role() {
    let emulator = Emulator::start_changed(|seed| seed["metadata"]["role"] = json!(""));
    for path in [ROLES, &format!("{ROLES}test-role")] {
        let reply = get(&emulator, path, "");
        assert_eq!((reply.status, reply.header("content-type")), (404, Some("text/html")));
        assert!(reply.text().contains("404"), "{}", reply.text());
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let emulator = Emulator::start();
    for (method, path, status) in [
        ("GET", "/latest/meta-data/ram/security-credentials/other-role", 404),
        ("GET", "/latest/meta-data/", 404),
        ("GET", "/latest/", 404),
        ("GET", "/latest/api/token", 405),
        ("POST", "/latest/api/token", 405),
        ("PUT", ROLES, 405),
        ("POST", ROLES, 405),
    ] {
        assert_eq!(emulator.plain(method, path, "", "").status, status, "{method} {path}");
    }
}

#[test]
fn the_log_distinguishes_the_two_modes() {
    let emulator = Emulator::start();
    let token = put_token(&emulator, "60").assert_ok().text().to_owned();
    get(&emulator, &format!("{ROLES}test-role"), &token).assert_ok();
    get(&emulator, &format!("{ROLES}test-role"), "").assert_ok();
    let log = emulator.requests();
    assert_eq!(log[0]["parameters"], json!({"x-aliyun-ecs-metadata-token-ttl-seconds": "60"}));
    assert_eq!(log[1]["action"], "GetMetadataCredentials");
    assert_eq!(log[1]["parameters"], json!({"RoleName": "test-role", "x-aliyun-ecs-metadata-token": token}));
    assert_eq!(log[2]["parameters"], json!({"RoleName": "test-role"}));
    assert_eq!((&log[2]["method"], &log[2]["status"], &log[2]["executed"]), (&json!("GET"), &json!(200), &json!(true)));
}

#[test]
fn another_sites_page_gets_no_key() {
    let emulator = Emulator::start();
    let from = |origin: &str| emulator.plain("GET", &format!("{ROLES}test-role"), &format!("origin: {origin}\r\n"), "");
    for origin in ["https://evil.example.com", "null", "http://127.0.0.1.example.com"] {
        let reply = from(origin);
        assert_eq!(reply.status, 403, "{origin}");
        assert!(!reply.text().contains("AccessKey"));
    }
    from("http://127.0.0.1:1").assert_ok();
}

#[test]
fn faults_meet_it() {
    let emulator = Emulator::start();
    emulator.add_fault(json!([
        {"action": "PutMetadataToken", "reply": {"status": 404}},
        {"action": "GetMetadataCredentials", "parameters": {"RoleName": "test-role"}, "reply": {"status": 500, "body": "oops"}},
        {"action": "GetMetadataCredentials", "nth": 2, "reply": {"body": "{\"Code\": \"Success\"}"}},
        {"action": "GetMetadataCredentials", "nth": 3, "reply": {"body": "x", "repeat": 2000000}},
        {"action": "GetMetadataCredentials", "nth": 4, "wire": {"kind": "drop"}},
        {"action": "GetMetadataCredentials", "nth": 5, "wire": {"kind": "cut", "after_bytes": 10}},
    ]));
    assert_eq!(put_token(&emulator, "60").status, 404);
    let credentials = || get(&emulator, &format!("{ROLES}test-role"), "");
    let first = credentials();
    assert_eq!((first.status, first.text()), (500, "oops"));
    assert_eq!(credentials().json, json!({"Code": "Success"}));
    assert_eq!(credentials().body.len(), 2_000_000);
    let request = format!("GET {ROLES}test-role HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert!(emulator.exchange(&request).unwrap().is_empty());
    assert_eq!(emulator.exchange(&request).unwrap(), b"HTTP/1.1 2");
    assert_eq!(credentials().json["Code"], "Success");
    assert_eq!(emulator.requests().iter().filter(|entry| entry["fault"] == true).count(), 6);

    emulator.add_fault(json!({"action": "GetMetadataRole", "wire": {"kind": "hang"}}));
    let mut stream = emulator.connect();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    stream.write_all(format!("GET {ROLES} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}
