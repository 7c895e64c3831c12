//! What gives out credentials without a signature: metadata, a URI and CloudSSO.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

const CREDENTIALS: &str = "/latest/meta-data/ram/security-credentials/";

fn ask(emulator: &Emulator, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    emulator.send(&format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

fn get(emulator: &Emulator, path: &str, headers: &str) -> Reply {
    ask(emulator, "GET", path, headers, "")
}

fn token(emulator: &Emulator, seconds: &str) -> Reply {
    ask(emulator, "PUT", "/latest/api/token", &format!("X-aliyun-ecs-metadata-token-ttl-seconds: {seconds}\r\n"), "")
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}

fn with_metadata(metadata: Value) -> Emulator {
    Emulator::start_changed(|seed| seed["metadata"] = metadata)
}

/// Whether the key that a reply gave out is one that the service takes.
#[track_caller]
fn assert_works(emulator: &Emulator, key: &Value) {
    let field = |name: &str| key[name].as_str().unwrap().to_owned();
    let token = Some(field("SecurityToken"));
    emulator
        .call(&Call { key_id: field("AccessKeyId"), secret: field("AccessKeySecret"), token, ..Call::list() })
        .assert_ok();
}

#[test]
fn an_instance_tells_its_role_and_gives_its_key_for_a_token() {
    let emulator = with_metadata(json!({"role": "test-role", "tokens": "required"}));
    let token = token(&emulator, "60");
    let header = format!("X-aliyun-ecs-metadata-token: {}\r\n", text(&token));

    assert_eq!(text(&get(&emulator, CREDENTIALS, &header)), "test-role");
    assert_eq!(text(&get(&emulator, "/latest/meta-data/region-id", &header)), "cn-hangzhou");
    let key = get(&emulator, &format!("{CREDENTIALS}test-role"), &header).assert_ok().json;
    assert_eq!(key["Code"], "Success");
    assert_works(&emulator, &key);

    for header in ["", "X-aliyun-ecs-metadata-token: other\r\n"] {
        get(&emulator, CREDENTIALS, header).assert_refused(401, "Unauthorized");
    }
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 61_000}));
    get(&emulator, CREDENTIALS, &header).assert_refused(401, "Unauthorized");
}

#[test]
fn the_first_version_of_the_metadata_has_no_tokens() {
    let emulator = with_metadata(json!({"tokens": "absent", "session_seconds": 30}));

    token(&emulator, "60").assert_refused(404, "NotFound");
    assert_eq!(text(&get(&emulator, CREDENTIALS, "")), "test-role");
    let key = get(&emulator, &format!("{CREDENTIALS}test-role"), "").assert_ok().json;
    let lives = key["Expiration"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(lives.duration_since(jiff::Timestamp::now()).as_secs() <= 30);
    get(&emulator, &format!("{CREDENTIALS}other"), "").assert_refused(404, "NotFound");
}

#[test]
fn an_instance_may_have_no_role_and_a_token_has_a_lifetime() {
    let emulator = with_metadata(json!({"role": null}));

    get(&emulator, CREDENTIALS, "").assert_refused(404, "NotFound");
    for seconds in ["", "0", "21601", "soon"] {
        token(&emulator, seconds).assert_refused(400, "InvalidParameter");
    }
}

#[test]
fn a_uri_gives_a_role_s_key() {
    let emulator = Emulator::start();

    assert_works(&emulator, &get(&emulator, "/credentials/test-role", "").assert_ok().json);
    get(&emulator, "/credentials/other", "").assert_refused(404, "NotFound");
}

#[test]
fn cloud_sso_gives_a_key_for_an_access_token() {
    let emulator = Emulator::start();
    let sign_in = |token: &str, body: &str| {
        ask(&emulator, "POST", "/cloud-credentials", &format!("authorization: Bearer {token}\r\n"), body)
    };
    let wanted = r#"{"AccountId": "1000000000000001", "AccessConfigurationId": "test-role"}"#;

    assert_works(&emulator, &sign_in("test-access-token", wanted).assert_ok().json["CloudCredential"]);
    sign_in("other", wanted).assert_refused(401, "InvalidAccessToken");
    sign_in("test-access-token", &wanted.replace("01\"", "02\"")).assert_refused(401, "InvalidAccessToken");
    sign_in("test-access-token", &wanted.replace("test-role", "other")).assert_refused(404, "NotFound");
    sign_in("test-access-token", "{}").assert_refused(400, "InvalidParameter");
}

#[test]
fn a_web_page_is_given_nothing() {
    let emulator = Emulator::start();
    let reply = get(&emulator, "/credentials/test-role", "origin: https://example.com\r\n");

    reply.assert_refused(403, "Forbidden");
}

#[test]
fn they_are_in_the_log_and_meet_faults_by_their_names() {
    let emulator = Emulator::start();
    emulator.add_fault(json!({"action": "GetMetadataRole", "reply": {"status": 500, "body": "down"}}));

    token(&emulator, "60");
    let reply = get(&emulator, CREDENTIALS, "");
    get(&emulator, "/credentials/test-role", "").assert_ok();

    assert_eq!((reply.status, text(&reply)), (500, "down"));
    let log: Vec<_> =
        emulator.requests().iter().map(|entry| (entry["action"].clone(), entry["status"].clone())).collect();
    let expected = [("PutMetadataToken", 200), ("GetMetadataRole", 500), ("GetCredentials", 200)];
    assert_eq!(log, expected.map(|(action, status)| (json!(action), json!(status))));
}
