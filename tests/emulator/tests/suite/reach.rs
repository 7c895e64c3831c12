//! Who can reach it: this machine alone, unless it is opened on purpose and with a key of one's own.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::json;

use crate::signer::Call;
use crate::support::{Emulator, command, fail};

const KEY: [&str; 2] = ["--key", "mine:my-secret"];

/// Started with these, and its standard error.
fn start(arguments: &[&str]) -> (Emulator, BufReader<std::process::ChildStderr>) {
    let mut command = command(arguments);
    let mut emulator = Emulator::of(command.arg("--exit-with-stdin").stdin(Stdio::piped()).stderr(Stdio::piped()));
    let complaints = BufReader::new(emulator.child.stderr.take().unwrap());
    (emulator, complaints)
}

fn health(emulator: &Emulator, host: &str) -> u16 {
    let request = format!("GET /_emulator/health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    emulator.send(&request).status
}

#[test]
fn it_is_opened_to_others_on_purpose_and_with_a_key_of_ones_own_alone() {
    for (arguments, lacks) in [
        (&["--host", "0.0.0.0"][..], "--allow-host"),
        (&["--host", "0.0.0.0", "--key", "mine:my-secret"], "--allow-host"),
        (&["--host", "::", "--allow-host", "esa"], "--key"),
        (&["--host", "192.0.2.1", "--allow-host", "esa"], "--key"),
    ] {
        let said = fail(arguments);
        assert!(said.contains(lacks), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    for (option, wrong) in [
        ("--allow-host", "http://esa"),
        ("--allow-host", "esa:80"),
        ("--allow-host", ""),
        ("--allow-host", "*"),
        ("--key", "mine"),
        ("--key", ":secret"),
        ("--key", "mine:"),
        ("--key", "mi ne:secret"),
        ("--host", "localhost"),
    ] {
        assert!(fail(&[option, wrong]).contains(option), "{option} {wrong}");
    }
}

#[test]
fn opening_it_prints_a_warning_and_the_allowed_name() {
    let names = ["--allow-host", "ESA", "--allow-host", "fd00::1"];
    let (emulator, mut complaints) = start(&[&["--host", "0.0.0.0"][..], &names, &KEY].concat());
    let port = emulator.address.port();

    let mut warning = String::new();
    complaints.read_line(&mut warning).unwrap();
    assert!(
        warning.starts_with("esa-emulator: warning: ") && warning.contains(&format!("0.0.0.0:{port}")),
        "{warning}"
    );
    assert_eq!(emulator.ready["endpoint"], format!("esa:{port}"));
    assert_eq!(emulator.ready["url"], format!("http://esa:{port}"));
    for (host, status) in
        [("esa", 200), ("eSa:1", 200), ("[fd00::1]:1", 200), ("localhost", 200), ("evil.example.com", 403)]
    {
        assert_eq!(health(&emulator, host), status, "{host}");
    }
    let page = |origin: &str| emulator.plain("POST", "/_emulator/reset", &format!("origin: {origin}\r\n"), "").status;
    assert_eq!([page("http://esa:1"), page("http://evil.example.com")], [200, 403]);
}

#[test]
fn on_loopback_a_name_more_is_let_in_without_further_ado() {
    let emulator = Emulator::start_with(&["--allow-host", "esa.test"]);
    assert_eq!(emulator.ready["url"], format!("http://127.0.0.1:{}", emulator.address.port()));
    assert_eq!([health(&emulator, "esa.test"), health(&emulator, "esa")], [200, 403]);
}

#[test]
fn a_key_of_ones_own_takes_the_place_of_the_well_known_one_for_good() {
    let emulator = Emulator::start_with(&KEY);
    assert_eq!([&emulator.ready["access_key_id"], &emulator.ready["access_key_secret"]], ["mine", "my-secret"]);
    let well_known = || emulator.call(&Call::list());
    let own = || emulator.call(&Call::list().key("mine", "my-secret"));

    own().assert_ok();
    well_known().assert_refused(404, "InvalidAccessKeyId.NotFound");
    let key = json!({"access_key_id": "EsaEmulatorKeyId", "access_key_secret": "EsaEmulatorKeySecret"});
    let seed =
        json!({"accounts": [{"users": [{"name": "u", "keys": [key]}], "routines": [{"name": "test-routine1"}]}]});
    for change in [("reset", json!({})), ("seed", json!({})), ("seed", seed)] {
        emulator.admin_ok("POST", change.0, &change.1);
        own().assert_ok();
        well_known().assert_refused(404, "InvalidAccessKeyId.NotFound");
    }
    let twice = json!({"accounts": [{"users": [{"name": "u", "keys": [key, {"access_key_id": "mine", "access_key_secret": "s"}]}]}]});
    let refusal = emulator.admin("POST", "seed", &twice.to_string());
    assert!(
        refusal.json["error"].as_str().unwrap().contains("the access_key_id mine is there twice"),
        "{}",
        refusal.json
    );
}

#[test]
fn what_needs_no_signature_is_refused_under_a_foreign_host() {
    let emulator = Emulator::start();
    for path in [
        "/latest/meta-data/region-id",
        "/latest/meta-data/ram/security-credentials/test-role",
        "/credentials/test-role",
    ] {
        let ask =
            |host: &str| emulator.send(&format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"));
        assert_eq!(ask("localhost:1").status, 200, "{path}");
        assert_eq!(ask("rebound.example.com").status, 403, "{path}");
    }
}
