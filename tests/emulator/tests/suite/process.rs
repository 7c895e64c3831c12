//! How the program starts and ends.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::signer::Call;
use crate::support::{Emulator, command, fail, wait};

#[test]
fn the_ready_line_has_all_that_a_test_needs() {
    let emulator = Emulator::start();
    let mut ready = emulator.ready.clone();
    assert_eq!(ready["url"], format!("http://127.0.0.1:{}", emulator.address.port()));
    assert_eq!(ready["endpoint"], emulator.address.to_string());
    ready.as_object_mut().unwrap().retain(|key, _| key != "url" && key != "endpoint");
    let expected = json!({
        "access_key_id": "EsaEmulatorKeyId", "access_key_secret": "EsaEmulatorKeySecret", "account_id": "1000000000000001",
        "site_id": 54362329990032i64, "site_name": "example.com", "routine": "test-routine1", "ca_file": null,
    });
    assert_eq!(ready, expected);
}

#[test]
fn it_ends_when_its_input_closes_where_that_is_asked_for() {
    let mut emulator = Emulator::start();
    emulator.child.stdin.as_mut().unwrap().write_all(b"ignored\n").unwrap();
    emulator.call(&Call::list()).assert_ok();
    assert!(emulator.child.try_wait().unwrap().is_none());
    drop(emulator.child.stdin.take());
    assert_eq!(wait(&mut emulator.child).unwrap().code(), Some(0));
}

#[test]
fn it_serves_until_a_signal_whatever_its_input_is() {
    for (signal, input) in [("-TERM", Stdio::null()), ("-INT", Stdio::piped())] {
        let mut emulator = Emulator::of(command(&[]).stdin(input));
        drop(emulator.child.stdin.take()); // the pipe's other end has been read as empty, if anything reads it
        for _ in 0..3 {
            emulator.call(&Call::list()).assert_ok();
        }
        emulator.signal(signal);
        assert_eq!(wait(&mut emulator.child).unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn it_ends_on_signals_while_its_input_is_open() {
    for signal in ["-TERM", "-INT"] {
        let mut emulator = Emulator::start();
        emulator.signal(signal);
        assert_eq!(wait(&mut emulator.child).unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn what_stops_the_start_is_said_in_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.json");
    std::fs::write(&seed, r#"{"accounts": [{"id": "1", "colour": "red"}]}"#).unwrap();
    let seed = seed.to_str().unwrap();
    let taken = Emulator::start();
    let port = taken.address.port().to_string();
    for (arguments, reason) in [
        (["--seed", seed], "colour"),
        (["--seed", "/nonexistent/seed.json"], "/nonexistent/seed.json"),
        (["--port", &port], &port),
    ] {
        let said = fail(&arguments);
        assert!(said.starts_with("esa-emulator: ") && said.contains(reason), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert!(fail(&["--tls-dir", "anywhere"]).contains("--tls"));
}

#[test]
fn help_and_version_are_there() {
    for (argument, expected) in [("--help", "--exit-with-stdin"), ("--version", "esa-emulator 0.")] {
        let output = command(&[argument]).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(expected));
    }
}

#[test]
fn a_seed_file_is_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let seed = directory.path().join("seed.json");
    let document = json!({"accounts": [{
        "id": "7", "overdue": true,
        "users": [{"name": "u", "policy": null, "keys": [{"access_key_id": "k", "access_key_secret": "s", "security_token": null, "expires": null}]}],
        "sites": [{"site_id": 5, "site_name": "example.org"}],
        "routines": [{"name": "r", "related_records": [{"record_name": "a.example.org", "site_id": 5, "record_id": 77}]}],
    }]});
    std::fs::write(&seed, document.to_string()).unwrap();
    let emulator = Emulator::start_with(&["--seed", seed.to_str().unwrap()]);
    let ready = &emulator.ready;
    assert_eq!([&ready["account_id"], &ready["access_key_id"], &ready["routine"]], ["7", "k", "r"]);
    let list = Call::new("ListRoutineRelatedRecords", &[("Name", "r")]).key("k", "s");
    assert_eq!(emulator.call(&list).assert_ok().json["RelatedRecords"][0]["RecordId"], 77);
    let create = Call::create("b.example.org").with("Name", "r").with("SiteId", "5").key("k", "s");
    emulator.call(&create).assert_refused(400, "RoutineUserServiceStatusHalt");
}

#[test]
fn it_listens_on_the_other_loopback_address_too() {
    let emulator = Emulator::start_with(&["--host", "::1"]);
    assert!(emulator.ready["url"].as_str().unwrap().starts_with("http://[::1]:"));
    emulator.call(&Call::list()).assert_ok();
}
