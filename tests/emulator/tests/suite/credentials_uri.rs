//! The credentials URI.

use serde_json::json;

use crate::signer::Call;
use crate::support::Emulator;

#[test]
fn it_gives_the_keys_of_the_named_role() {
    let emulator = Emulator::start_changed(|seed| {
        let policy =
            json!({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "esa:List*", "Resource": "*"}]});
        seed["accounts"][0]["roles"].as_array_mut().unwrap().push(json!({"name": "reader", "policy": policy}));
    });
    let reply = emulator.plain("GET", "/credentials/reader", "", "").assert_ok();
    assert_eq!(
        (reply.header("content-type"), &reply.json["Code"]),
        (Some("application/json;charset=utf-8"), &json!("Success"))
    );
    let expires: jiff::Timestamp = reply.json["Expiration"].as_str().unwrap().parse().unwrap();
    assert!((expires.as_second() - jiff::Timestamp::now().as_second() - 3600).abs() <= 2);
    emulator.call(&Call::list().temporary(&reply.json)).assert_ok();
    emulator.call(&Call::create("a.example.com").temporary(&reply.json)).assert_refused(403, "NoPermission");
    let log = &emulator.requests()[0];
    assert_eq!((&log["action"], &log["parameters"]), (&json!("GetCredentials"), &json!({"RoleName": "reader"})));
}

#[test]
fn what_is_not_there_is_not_found() {
    let emulator = Emulator::start();
    let get = |path: &str| emulator.plain("GET", path, "", "");
    get("/credentials/nobody").assert_refused(404, "EntityNotExist.Role");
    get("/credentials/root").assert_refused(404, "EntityNotExist.Role");
    get("/credentials/").assert_refused(404, "NotFound");
    emulator.plain("POST", "/credentials/test-role", "", "").assert_refused(405, "UnsupportedHTTPMethod");
}

#[test]
fn another_sites_page_gets_no_key() {
    let emulator = Emulator::start();
    let from = |origin: &str| emulator.plain("GET", "/credentials/test-role", &format!("origin: {origin}\r\n"), "");
    from("https://evil.example.com").assert_refused(403, "Forbidden");
    from("http://localhost").assert_ok();
}

#[test]
fn a_fault_meets_it() {
    let emulator = Emulator::start();
    emulator.add_fault(json!({"action": "GetCredentials", "reply": {"status": 502, "body": "<html>"}}));
    let get = || emulator.plain("GET", "/credentials/test-role", "", "");
    assert_eq!((get().status, get().status), (502, 200));
}
