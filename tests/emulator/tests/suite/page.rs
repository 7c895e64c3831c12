//! The page under /_emulator/, and what the interface has for it.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

fn get(emulator: &Emulator, resource: &str) -> Value {
    emulator.admin_ok("GET", resource, &json!({}))
}

fn details(emulator: &Emulator, number: u64) -> Value {
    get(emulator, &format!("requests/{number}"))["details"].clone()
}

fn numbers(listed: &Value) -> Vec<u64> {
    listed["requests"].as_array().unwrap().iter().map(|entry| entry["number"].as_u64().unwrap()).collect()
}

#[test]
fn the_page_is_whole_and_may_load_nothing_else() {
    let emulator = Emulator::start();
    let scripts = "calls clients comparison connect dom json page reasons request requests rules state";
    let scripts = scripts.split(' ').map(|name| (format!("{name}.js"), "text/javascript"));
    let styles = ["page.css", "layout.css", "requests.css", "panels.css"].map(|name| (name.to_owned(), "text/css"));
    for (name, content_type) in [(String::new(), "text/html")].into_iter().chain(styles).chain(scripts) {
        let name = name.as_str();
        let reply = emulator.admin("GET", name, "");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type").unwrap(), format!("{content_type};charset=utf-8"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"));
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");

        let text = std::str::from_utf8(&reply.body).unwrap();
        assert!(!text.is_empty());
        for foreign in ["https://", "//cdn", "innerHTML", "document.write", "eval(", " style=", " onclick="] {
            assert!(!text.contains(foreign), "{name} contains {foreign}");
        }
    }
}

#[test]
fn the_page_and_the_manual_tell_of_the_same_clients() {
    let script = Emulator::start().admin("GET", "clients.js", "").text().to_owned();
    let manual = include_str!("../../README.md").split_once("\n## Point a client at it\n").unwrap().1;
    let rows = manual.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| "));
    let named: Vec<_> = rows.skip(2).map(|row| row.split(" | ").next().unwrap().replace('`', "")).collect();
    assert!(named.len() > 10, "{named:?}");
    for client in &named {
        assert!(script.contains(client.as_str()), "{client}");
    }
    let told = script.lines().filter(|line| line.trim_start().starts_with(['"', 'T']) && line.contains(": ")).count();
    assert!(told >= named.len(), "{told}");
}

#[test]
fn the_page_is_read_only() {
    let emulator = Emulator::start();
    let whole = emulator.admin("GET", "", "").body.len().to_string();
    let head = emulator.admin("HEAD", "", "");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some(whole.as_str()), 0));
    for method in ["POST", "PUT", "DELETE"] {
        let reply = emulator.admin(method, "", "");
        assert_eq!(reply.status, 400);
        assert!(reply.json["error"].as_str().unwrap().contains(method), "{}", reply.json);
    }
}

#[test]
fn another_site_gets_neither_page_nor_details() {
    let emulator = Emulator::start();
    emulator.call(&Call::list()).assert_ok();
    let status = |resource: &str, headers: &str| {
        let request = format!("GET /_emulator/{resource} HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n");
        emulator.send(&request).status
    };
    let own = format!("host: {0}\r\norigin: http://{0}", emulator.address);
    for resource in ["", "page.js", "requests/1", "requests?after=0"] {
        assert_eq!(status(resource, "host: rebound.example.com"), 403, "{resource}");
        assert_eq!(status(resource, "host: localhost\r\norigin: https://evil.example.com"), 403, "{resource}");
        assert_eq!(status(resource, &own), 200, "{resource}");
    }
}

#[test]
fn only_what_is_new_or_has_changed_is_sent_again() {
    let emulator = Emulator::start();
    emulator.call(&Call::list()).assert_ok();
    emulator.add_fault(json!({"delay_ms": 300}));
    let (waiting, start) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| emulator.call(&Call::list()));
        let waiting = loop {
            let listed = get(&emulator, "requests");
            if listed["requests"].as_array().unwrap().iter().any(|entry| entry["fault"] == true) {
                break listed;
            }
        };
        emulator.call(&Call::list()).assert_ok();
        slow.join().unwrap().assert_ok();
        (waiting, get(&emulator, "requests"))
    });
    let after = |listed: &Value| get(&emulator, &format!("requests?after={}", listed["mark"]));
    let changed = after(&waiting);
    assert_eq!(numbers(&waiting), [1, 2]);
    assert_eq!(numbers(&changed), [2, 3], "the answered one, and the new one");
    assert_eq!(changed["requests"][0]["status"], 200);
    assert!(numbers(&after(&start)).is_empty());
    assert_eq!(numbers(&get(&emulator, "requests?limit=2")), [2, 3]);
    assert_eq!(numbers(&get(&emulator, "requests?after=0&limit=0")), [0u64; 0]);
    assert_eq!(start["log"], waiting["log"]);
    for wrong in ["after=-1", "after=x", "before=1", "limit"] {
        assert_eq!(emulator.admin("GET", &format!("requests?{wrong}"), "").status, 400, "{wrong}");
    }

    emulator.admin_ok("DELETE", "requests", &json!({}));
    let cleared = get(&emulator, "requests");
    emulator.admin_ok("POST", "reset", &json!({}));
    let reset = get(&emulator, "requests");
    assert!(start["log"] != cleared["log"] && cleared["log"] != reset["log"]);
}

#[test]
fn a_mismatch_shows_what_was_sent_and_what_the_server_computed() {
    let emulator = Emulator::start();
    let call = Call::create("a.example.com").key("EsaEmulatorKeyId", "wrong");
    let refused: Reply = emulator.call(&call);
    refused.assert_refused(400, "SignatureDoesNotMatch");
    emulator.call(&call.key("EsaEmulatorKeyId", "EsaEmulatorKeySecret")).assert_ok();

    let (wrong, right) = (details(&emulator, 1), details(&emulator, 2));
    let canonical = wrong["computed"]["canonical_request"].as_str().unwrap();
    assert!(canonical.starts_with("POST\n/\n\ncontent-type:application/x-www-form-urlencoded\nhost:127.0.0.1\n"));
    assert!(refused.json["Message"].as_str().unwrap().ends_with(canonical));
    assert!(wrong["computed"]["string_to_sign"].as_str().unwrap().starts_with("ACS3-HMAC-SHA256\n"));
    assert_eq!(wrong["message"], refused.json["Message"]);
    assert_ne!(wrong["signed"]["signature"], wrong["computed"]["signature"]);
    assert_eq!(wrong["signed"]["headers"][1], "host");
    assert_eq!(wrong["sent"]["path"], "/");
    assert!(wrong["sent"]["body"].as_str().unwrap().contains("RecordName=a.example.com"));
    assert!(wrong["sent"]["headers"].as_array().unwrap().contains(&json!(["host", "127.0.0.1"])));

    assert_eq!(right["signed"]["signature"], right["computed"]["signature"]);
    assert_eq!(right["computed"]["canonical_request"], wrong["computed"]["canonical_request"]);
    assert_eq!(right["computed"]["signature"], wrong["computed"]["signature"]);
    assert_eq!(right["message"], Value::Null);
}

#[test]
fn there_are_details_of_v1_and_of_what_has_no_signature() {
    let emulator = Emulator::start();
    emulator.send(&Call::list().key("nobody", "s").v1()).assert_refused(404, "InvalidAccessKeyId.NotFound");
    emulator
        .send("GET /?a=%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .assert_refused(400, "InvalidParameter");
    let (v1, unsigned) = (details(&emulator, 1), details(&emulator, 2));
    assert!(v1["computed"]["string_to_sign"].as_str().unwrap().starts_with("POST&%2F&AccessKeyId%3Dnobody%26"));
    assert_eq!((&v1["computed"]["canonical_request"], &v1["computed"]["signature"]), (&Value::Null, &Value::Null));
    assert_eq!(unsigned["sent"]["query"], "a=%zz");
    assert_eq!((&unsigned["signed"], &unsigned["computed"]), (&Value::Null, &Value::Null));
    assert!(unsigned["message"].as_str().unwrap().contains('%'));
    for gone in ["requests/3", "requests/x", "requests/"] {
        assert_eq!(emulator.admin("GET", gone, "").status, 400, "{gone}");
    }
}

#[test]
fn a_token_is_not_in_the_details() {
    let emulator = Emulator::start_changed(|seed| {
        seed["accounts"][0]["users"][0]["keys"][0]["security_token"] = json!("CAIS/secret+token=");
    });
    let mut call = Call::list();
    call.token = Some("CAIS/secret+token=".into());
    emulator.call(&call).assert_ok();
    call.nonce.push('b');
    emulator.send(&call.v1()).assert_ok();
    emulator.call(&call.key("EsaEmulatorKeyId", "wrong")).assert_refused(400, "SignatureDoesNotMatch");
    for number in 1..=3 {
        let details = details(&emulator, number).to_string();
        assert!(details.contains("(hidden)"), "{details}");
        assert!(!details.contains("CAIS") && !details.contains("secret"), "{details}");
    }
}

#[test]
fn the_answer_is_in_the_details_and_the_rule_that_made_it() {
    let emulator = Emulator::start();
    emulator.call(&Call::create("a.example.com")).assert_ok();
    emulator
        .add_fault(json!({"reply": {"status": 503, "code": "ServiceUnavailable", "headers": {"Retry-After": "2"}}}));
    let reply = emulator.call(&Call::list());
    emulator.add_fault(json!({"wire": {"kind": "drop"}}));
    assert!(emulator.exchange(&Call::list().v3()).unwrap().is_empty());

    let (made, faulty, lost) = (details(&emulator, 1), details(&emulator, 2), details(&emulator, 3));
    assert!(made["answered"]["body"].as_str().unwrap().contains("RecordId"));
    assert_eq!(made["fault"], Value::Null);
    assert_eq!(faulty["answered"]["body"].as_str().unwrap().as_bytes(), reply.body);
    assert!(faulty["answered"]["headers"].as_array().unwrap().contains(&json!(["retry-after", "2"])));
    assert_eq!(faulty["fault"]["reply"]["status"], 503);
    let codes: Vec<_> = emulator.requests().iter().map(|entry| entry["code"].clone()).collect();
    assert_eq!(codes, [Value::Null, json!("ServiceUnavailable"), Value::Null]);
    assert_eq!(lost["answered"], Value::Null);
    assert_eq!(lost["fault"]["wire"]["kind"], "drop");
}

#[test]
fn no_key_that_is_given_out_is_in_the_details() {
    let emulator = Emulator::start();
    let get =
        |path: &str| emulator.send(&format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"));
    let key = get("/credentials/test-role");
    let token = emulator.send(
        "PUT /latest/api/token HTTP/1.1\r\nhost: 127.0.0.1\r\nx-aliyun-ecs-metadata-token-ttl-seconds: 60\r\n\
         connection: close\r\n\r\n",
    );
    let answered = details(&emulator, 1)["answered"]["body"].as_str().unwrap().to_owned();
    assert!(answered.contains(key.json["AccessKeyId"].as_str().unwrap()), "{answered}");
    for secret in ["AccessKeySecret", "SecurityToken"] {
        assert!(!answered.contains(key.json[secret].as_str().unwrap()), "{answered}");
    }
    assert!(!token.body.is_empty());
    assert_eq!(details(&emulator, 2)["answered"]["body"], "(hidden)");
}

#[test]
fn the_log_says_how_long_each_request_took() {
    let emulator = Emulator::start();
    emulator.add_fault(json!({"delay_ms": 300}));
    emulator.call(&Call::list()).assert_ok();
    emulator.call(&Call::list()).assert_ok();
    let listed = get(&emulator, "requests");
    let duration = |number: usize| listed["requests"][number]["duration_ms"].as_f64().unwrap();
    assert!(duration(0) >= 300.0, "{listed}");
    assert!(duration(1) > 0.0, "{listed}");
}

#[test]
fn the_last_500_have_details_of_bounded_size() {
    let emulator = Emulator::start();
    let long = "x".repeat(100_000);
    emulator.call(&Call::list().with("Long", &long)).assert_ok();
    assert!(details(&emulator, 1).to_string().len() < 40_000);
    for _ in 0..500 {
        emulator.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    }
    assert_eq!(details(&emulator, 1), Value::Null);
    assert_eq!(details(&emulator, 2)["sent"]["headers"][0], json!(["host", "a"]));
    assert_eq!(numbers(&get(&emulator, "requests")).len(), 501);
}

#[test]
fn an_account_is_locked_and_unlocked_in_place() {
    let emulator = Emulator::start();
    emulator.call(&Call::create("a.example.com")).assert_ok();
    emulator.admin_ok("POST", "lock", &json!({"locked": true}));
    emulator.call(&Call::create("b.example.com")).assert_refused(400, "UserOperationStatusIsLocked");
    emulator.admin_ok("POST", "lock", &json!({"account": "1000000000000001", "locked": false}));
    emulator.call(&Call::create("b.example.com")).assert_ok();
    assert_eq!(emulator.record_names(), ["a.example.com", "b.example.com"]);
    for wrong in [json!({}), json!({"locked": 1}), json!({"locked": true, "account": "2"})] {
        assert_eq!(emulator.admin("POST", "lock", &wrong.to_string()).status, 400, "{wrong}");
    }
}
