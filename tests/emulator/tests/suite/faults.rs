//! Fault rules: which calls they hit, and what the client then sees.

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, PATIENCE, Reply};

fn with_fault(rule: Value) -> Emulator {
    let emulator = Emulator::start();
    emulator.add_fault(rule);
    emulator
}

fn create() -> Call {
    Call::create("a.example.com")
}

#[test]
fn a_reply_takes_the_place_of_the_operation() {
    let emulator = with_fault(json!({
        "action": "CreateRoutineRelatedRecord",
        "reply": {"status": 502, "headers": {"Content-Type": "text/html", "Date": null, "X-Two": ["1", "2"]}, "body": "<html>"},
    }));
    let reply = emulator.call(&create());
    assert_eq!((reply.status, reply.body.as_slice()), (502, &b"<html>"[..]));
    assert_eq!((reply.header("content-type"), reply.header("date")), (Some("text/html"), None));
    assert_eq!(reply.headers.iter().filter(|(name, _)| name == "x-two").count(), 2);
    assert!(reply.header("x-acs-request-id").is_some());
    assert!(emulator.record_names().is_empty());
    emulator.call(&create()).assert_ok();

    let log = emulator.requests();
    let shown =
        |entry: &Value| [&entry["fault"], &entry["executed"], &entry["status"], &entry["verdict"]].map(Value::clone);
    assert_eq!(shown(&log[0]), [json!(true), json!(false), json!(502), json!("OK")]);
    assert_eq!(shown(&log[1]), [json!(false), json!(true), json!(200), json!("OK")]);
}

#[test]
fn a_reply_can_come_after_the_operation() {
    let emulator = with_fault(json!({"when": "after", "reply": {"status": 503}}));
    let reply = emulator.call(&create());
    assert_eq!((reply.status, reply.body.len()), (503, 0));
    assert_eq!(emulator.record_names(), ["a.example.com"]);
    assert_eq!(emulator.requests()[0]["executed"], true);
}

#[test]
fn a_reply_can_be_a_service_error() {
    let emulator = with_fault(json!([
        {"reply": {"code": "UserOperationStatusIsLocked"}},
        {"reply": {"status": 429, "code": "Throttling.User", "message": "Slow down.", "headers": {"Retry-After": "1"}}, "nth": 2},
    ]));
    let reply = emulator.call(&create());
    reply.assert_refused(400, "UserOperationStatusIsLocked");
    assert!(reply.json["Message"].as_str().unwrap().starts_with("You are calling"));
    assert_eq!(reply.header("x-acs-request-id"), reply.json["RequestId"].as_str());
    let reply = emulator.call(&create());
    reply.assert_refused(429, "Throttling.User");
    assert_eq!((reply.json["Message"].as_str(), reply.header("retry-after")), (Some("Slow down."), Some("1")));
}

#[test]
fn a_reply_can_be_binary_and_huge() {
    let emulator = with_fault(json!({"reply": {"body_base64": STANDARD.encode([0xff, 0, 1]), "repeat": 5_000_000}}));
    let reply = emulator.call(&create());
    assert_eq!(reply.header("content-length"), Some("15000000"));
    assert_eq!(reply.body.len(), 15_000_000);
    assert!(reply.body.chunks(3).all(|chunk| chunk == [0xff, 0, 1]));
}

#[test]
fn rules_pick_calls_by_action_parameters_and_number() {
    let emulator = with_fault(json!({
        "action": "CreateRoutineRelatedRecord", "parameters": {"RecordName": "x.example.com", "SiteId": 54362329990032i64},
        "nth": 2, "times": 2, "reply": {"status": 500},
    }));
    let status = |call: Call| emulator.call(&call).status;
    let x = || status(Call::create("x.example.com"));
    assert_eq!(status(Call::list()), 200);
    assert_eq!(x(), 200);
    assert_eq!(status(Call::create("y.example.com")), 200);
    assert_eq!([x(), x(), x()], [500, 500, 400]);
    let shown = emulator.admin_ok("GET", "faults", &json!({}));
    assert_eq!((&shown["faults"][0]["matched"], &shown["faults"][0]["applied"]), (&json!(4), &json!(2)));

    emulator.admin_ok("DELETE", "faults", &json!({}));
    emulator.add_fault(json!({"times": 0, "reply": {"status": 500}}));
    assert!((0..5).all(|_| status(Call::list()) == 500));
}

#[test]
fn a_probability_follows_the_seed() {
    let draw = |random_seed: u64| -> Vec<u16> {
        let emulator = Emulator::start_changed(|seed| {
            seed["random_seed"] = json!(random_seed);
            seed["faults"] = json!([{"times": 0, "probability": 0.5, "reply": {"status": 500}}]);
        });
        (0..20).map(|_| emulator.call(&Call::list()).status).collect()
    };
    let first = draw(1);
    assert!(first.contains(&200) && first.contains(&500));
    assert_eq!(first, draw(1));
    assert_ne!(first, draw(2));
}

#[test]
fn a_refused_signature_does_not_use_a_rule_up() {
    let emulator = with_fault(json!({"reply": {"status": 500}}));
    let forged = create().key("EsaEmulatorKeyId", "wrong");
    emulator.call(&forged).assert_refused(400, "SignatureDoesNotMatch");
    assert_eq!(emulator.call(&create()).status, 500);
}

#[test]
fn a_delay_alone_keeps_the_reply() {
    let emulator = with_fault(json!({"delay_ms": 300}));
    let started = Instant::now();
    emulator.call(&create()).assert_ok();
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[test]
fn drop_closes_without_a_reply() {
    for (when, records) in [("before", 0), ("after", 1)] {
        let emulator = with_fault(json!({"when": when, "wire": {"kind": "drop"}}));
        assert_eq!(emulator.exchange(&create().v3()).unwrap(), b"");
        assert_eq!(emulator.record_names().len(), records);
        assert_eq!(emulator.requests()[0]["status"], Value::Null);
    }
}

#[test]
fn reset_resets() {
    let emulator = with_fault(json!({"wire": {"kind": "reset"}}));
    assert_eq!(emulator.exchange(&create().v3()).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert!(emulator.record_names().is_empty());
}

#[test]
fn cut_ends_the_reply_early_and_the_operation_is_done() {
    for bytes in [0, 1, 20, 150] {
        let emulator = with_fault(json!({"wire": {"kind": "cut", "after_bytes": bytes}}));
        let received = emulator.exchange(&create().v3()).unwrap();
        assert_eq!(received.len(), bytes);
        assert!(b"HTTP/1.1 200 OK\r\n".starts_with(&received[..bytes.min(17)]));
        assert_eq!(emulator.record_names(), ["a.example.com"]);
    }
}

#[test]
fn cut_at_the_very_end_still_closes() {
    let emulator = Emulator::start();
    let keep_alive = |call: &Call| call.v3().replace("connection: close\r\n", "");
    let whole = emulator.call(&Call::list()).assert_ok();
    let length = emulator.exchange(&Call::list().v3()).unwrap().len() - "connection: close\r\n".len();
    assert!(whole.body.len() < length);
    emulator.add_fault(json!({"wire": {"kind": "cut", "after_bytes": length}}));
    assert_eq!(emulator.exchange(&keep_alive(&Call::list())).unwrap().len(), length);
}

#[test]
fn drip_sends_piece_by_piece() {
    let emulator = with_fault(json!({"wire": {"kind": "drip", "bytes": 50, "interval_ms": 50}}));
    let mut stream = emulator.connect();
    stream.write_all(create().v3().as_bytes()).unwrap();
    let started = Instant::now();
    let (mut whole, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let length = stream.read(&mut piece).unwrap();
        if length == 0 {
            break;
        }
        whole.extend_from_slice(&piece[..length]);
    }
    Reply::parse(&whole).assert_ok();
    let pauses = (whole.len() as u32 - 1) / 50;
    assert!(started.elapsed() >= Duration::from_millis(50) * pauses);
}

#[test]
fn raw_sends_other_bytes_instead() {
    let garbage = [b"HTTP/0.9 \xff\0 nonsense".as_slice(), &vec![b'x'; 1_000_000]].concat();
    let emulator = with_fault(json!({"when": "after", "wire": {"kind": "raw", "base64": STANDARD.encode(&garbage)}}));
    assert_eq!(emulator.exchange(&create().v3()).unwrap(), garbage);
    assert_eq!(emulator.record_names(), ["a.example.com"]);
}

#[test]
fn hang_never_answers_and_ends_with_the_client() {
    let emulator = with_fault(json!({"when": "after", "wire": {"kind": "hang"}}));
    let mut stream = emulator.connect();
    stream.write_all(create().v3().as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(matches!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
    assert_eq!(emulator.record_names(), ["a.example.com"]);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the emulator holds a connection that its client has closed");
}

#[test]
fn late_executes_after_the_client_has_gone() {
    let emulator = with_fault(json!({"when": "late", "delay_ms": 400, "wire": {"kind": "hang"}}));
    let started = Instant::now();
    let mut stream = emulator.connect();
    stream.write_all(create().v3().as_bytes()).unwrap();
    while emulator.requests().is_empty() {
        assert!(started.elapsed() < PATIENCE);
    }
    drop(stream);
    assert!(emulator.record_names().is_empty());
    while emulator.record_names().is_empty() {
        assert!(started.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(10));
    }
    assert!(started.elapsed() >= Duration::from_millis(400));
}

#[test]
fn a_connection_is_whole_again_after_a_drip() {
    let emulator = with_fault(json!({"wire": {"kind": "drip", "bytes": 100, "interval_ms": 300}}));
    let mut stream = emulator.connect();
    let started = Instant::now();
    stream.write_all(Call::list().v3().replace("connection: close\r\n", "").as_bytes()).unwrap();
    stream.write_all(create().v3().as_bytes()).unwrap();
    let mut both = String::new();
    stream.read_to_string(&mut both).unwrap();
    assert_eq!(both.matches("HTTP/1.1 200 OK").count(), 2, "{both}");
    assert!(started.elapsed() < Duration::from_millis(300) * (both.len() as u32 / 100), "the second reply drips too");
    let log = emulator.requests();
    assert_eq!(log[0]["connection"], log[1]["connection"]);
}

#[test]
fn a_senseless_rule_is_refused_with_the_reason() {
    let emulator = Emulator::start();
    for (rule, reason) in [
        (json!({"wire": {"kind": "explode"}}), "explode"),
        (json!({"wire": {"kind": "cut"}}), "after_bytes"),
        (json!({"wire": {"kind": "drop", "after_bytes": 1}}), "after_bytes"),
        (json!({"wire": {"kind": "raw", "base64": "*"}}), "Base64"),
        (json!({"reply": {}, "wire": {"kind": "hang"}}), "never be seen"),
        (json!({"reply": {"body": "a", "code": "b"}}), "one of"),
        (json!({"reply": {"message": "a"}}), "code"),
        (json!({"reply": {"status": 100}}), "status"),
        (json!({"reply": {"headers": {"Content-Length": "1"}}}), "raw"),
        (json!({"reply": {"headers": {"a b": "1"}}}), "header name"),
        (json!({"reply": {"headers": {"a": "1\r\nb: 2"}}}), "can't be sent"),
        (json!({"when": "before", "delay_ms": 1}), "before"),
        (json!({"when": "soon", "delay_ms": 1}), "soon"),
        (json!({"nth": 0, "delay_ms": 1}), "nth"),
        (json!({"probability": 1.5, "delay_ms": 1}), "probability"),
        (json!({"parameters": {"a": []}, "delay_ms": 1}), "parameter a"),
        (json!({"acton": "x", "delay_ms": 1}), "did you mean `action`?"),
        (json!({"action": "CreateRoutineRelatedRecords", "delay_ms": 1}), "did you mean `CreateRoutineRelatedRecord`?"),
        (json!({"action": "assumerole", "delay_ms": 1}), "did you mean `AssumeRole`?"),
        (json!({"action": "GetMetadataRol", "delay_ms": 1}), "did you mean `GetMetadataRole`?"),
        (json!({"wire": {"kind": "dorp"}}), "did you mean `drop`?"),
        (json!({"wire": {"kind": "cut", "after_byte": 1}}), "did you mean `after_bytes`?"),
        (json!({"reply": {"header": {}}}), "did you mean `headers`?"),
        (json!({"when": "befor", "reply": {}}), "did you mean `before`?"),
        (json!({}), "does nothing"),
    ] {
        let reply = emulator.admin("POST", "faults", &rule.to_string());
        assert_eq!(reply.status, 400, "{rule}");
        assert!(reply.json["error"].as_str().unwrap().contains(reason), "{rule}: {}", reply.json);
    }
    assert_eq!(emulator.admin_ok("GET", "faults", &json!({}))["faults"], json!([]));
}
