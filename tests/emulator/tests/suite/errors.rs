//! Every error that a state leads to, with the service's own text.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

const TRY_LATER: &str = "Failed to call the service. Try again later or contact technical support.";

/// Changes the built-in state, creates a.example.com and expects the refusal, without a record.
#[track_caller]
fn expect(change: impl FnOnce(&mut Value), call: &Call, code: &str, message: &str) {
    let emulator = Emulator::start_changed(change);
    let before = emulator.record_names();
    let reply = emulator.call(call);
    reply.assert_refused(400, code);
    assert_eq!(reply.json["Message"], message);
    assert_eq!(reply.json["HostId"], "127.0.0.1");
    assert_eq!(reply.header("x-acs-request-id"), reply.json["RequestId"].as_str());
    assert!(reply.json["Recommend"].as_str().unwrap().contains(code));
    assert_eq!(emulator.record_names(), before);
}

fn account(key: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |seed| seed["accounts"][0][key] = value
}

fn site(key: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |seed| seed["accounts"][0]["sites"][0][key] = value
}

fn routine(key: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |seed| seed["accounts"][0]["routines"][0][key] = value
}

fn unchanged(_: &mut Value) {}

fn create() -> Call {
    Call::create("a.example.com")
}

#[test]
fn routine_not_exist() {
    let message = "The routine name does not exist. Check the routine name and try again.";
    expect(unchanged, &create().with("Name", "nope"), "RoutineNotExist", message);
}

#[test]
fn site_parameter_not_match() {
    let message = "Failed to verify website parameters.Check the parameters and try again.";
    for call in [create().with("SiteId", "1"), Call::create("a.notexample.com"), Call::create("a.example.org")] {
        expect(unchanged, &call, "SiteParameterNotMatch", message);
    }
    let emulator = Emulator::start();
    emulator.call(&Call::create("A.EXAMPLE.COM")).assert_ok();
    emulator.call(&Call::create("example.com")).assert_ok();
}

#[test]
fn invalid_parameter() {
    let message = "The specified parameter is invalid.";
    for (name, value) in [
        ("RecordName", "a..example.com"),
        ("RecordName", "bücher.example.com"),
        ("RecordName", "a\r\n.example.com"),
        ("Name", "not a name"),
        ("SiteId", "0"),
        ("SiteId", "-5"),
        ("SiteId", "1e3"),
        ("SiteId", "9223372036854775808"),
    ] {
        expect(unchanged, &create().with(name, value), "InvalidParameter", message);
    }
}

#[test]
fn parameter_already_exist() {
    let message = "Parameter uniqueness verification failed. Check for duplicate parameter values.";
    let record = json!([{"record_name": "A.example.com", "site_id": 54362329990032i64}]);
    expect(routine("related_records", record), &create(), "ParameterAlreadyExist", message);
    let record = json!([{"record_name": "a.example.com", "site_id": 54362329990032i64}]);
    let other_routine = |seed: &mut Value| seed["accounts"][0]["routines"][1]["related_records"] = record;
    expect(other_routine, &create(), "ParameterAlreadyExist", message);
}

#[test]
fn depended_by_others() {
    expect(site("dns_records", json!(["a.example.com"])), &create(), "DependedByOthers", TRY_LATER);
}

#[test]
fn related_record_number_exceed_quota_limit() {
    let message = "The maximum number of records associated with the routine has been reached. Check your plan quota and upgrade the plan to request a quota increase.";
    let code = "RelatedRecordNumberExceedQuotaLimit";
    expect(account("record_quota", json!(0)), &create(), code, message);
    expect(routine("record_quota", json!(0)), &create(), code, message);
    let own_quota = Emulator::start_changed(|seed| {
        seed["accounts"][0]["record_quota"] = json!(0);
        seed["accounts"][0]["routines"][0]["record_quota"] = json!(1);
    });
    own_quota.call(&create()).assert_ok();
    own_quota.call(&Call::create("b.example.com")).assert_refused(400, code);
}

#[test]
fn routine_user_service_status_halt() {
    let message = "Failed to update the configurations because you have overdue payments.";
    expect(account("overdue", json!(true)), &create(), "RoutineUserServiceStatusHalt", message);
}

#[test]
fn user_operation_status_is_locked() {
    let message =
        "You are calling an another routine related api. Please wait for the api finished, and try again later.";
    expect(account("locked", json!(true)), &create(), "UserOperationStatusIsLocked", message);
}

#[test]
fn contention_can_have_another_code() {
    for code in ["LockFailed", "Site.ServiceBusy", "TooManyRequests", "UserOperationStatusIsLocked"] {
        let emulator = Emulator::start_changed(|seed| {
            account("contention", json!(code))(seed);
            account("lock_hold_ms", json!(1_000_000))(seed);
        });
        thread::scope(|scope| {
            // Its client goes before the write has been answered.
            scope.spawn(|| emulator.connect().write_all(create().v3().as_bytes()).unwrap()).join().unwrap();
        });
        while emulator.record_names().is_empty() {
            thread::yield_now();
        }
        emulator.call(&Call::create("b.example.com")).assert_refused(400, code);
        emulator.call(&Call::list()).assert_ok();
    }
    let emulator = Emulator::start();
    emulator.admin_ok("POST", "contention", &json!({"contention": "TooManyRequests"}));
    emulator.call(&create()).assert_ok();
    emulator.admin_ok("POST", "lock", &json!({"locked": true}));
    emulator.call(&Call::create("b.example.com")).assert_refused(400, "TooManyRequests");
    let refusal = emulator.admin("POST", "contention", r#"{"contention": "TooManyRequest"}"#);
    assert!(refusal.json["error"].as_str().unwrap().contains("did you mean `TooManyRequests`?"), "{}", refusal.json);
}

#[test]
fn the_documented_texts_are_sent() {
    let routine = || Call::new("CreateRoutine", &[("Name", "new")]);
    let message = "You have not activated Edge Routine. Activate the service and try again.";
    expect(account("activated", json!(false)), &routine(), "ServiceNotOpen", message);
    let message = "The maximum number of configuration items for the feature has been reached. Adjust your configurations and try again.";
    expect(account("routine_quota", json!(2)), &routine(), "RoutineNumberExceedQuotaLimit", message);
    let message = "The specified parameter does not exist. Check your configurations and try again.";
    let delete =
        [("Name", "test-routine1"), ("SiteId", "54362329990032"), ("RecordName", "a.example.com"), ("RecordId", "1")];
    expect(unchanged, &Call::new("DeleteRoutineRelatedRecord", &delete), "ParameterNotExist", message);
}

#[test]
fn a_refusal_recommends_the_product_that_said_it() {
    let emulator = Emulator::start();
    let recommended = |reply: Reply| reply.json["Recommend"].as_str().unwrap().to_owned();
    assert!(recommended(emulator.call(&Call::new("GetRoutine", &[("Name", "none")]))).contains("&product=ESA&"));
    let sts = || Call { version: "2015-04-01".into(), ..Call::new("AssumeRole", &[]) };
    assert!(recommended(emulator.call(&sts())).contains("&product=Sts&"));
    assert!(recommended(emulator.call(&sts().key("EsaEmulatorKeyId", "wrong"))).contains("&product=Sts&"));
    let sso = emulator.plain("POST", "/cloud-credentials", "content-type: application/json\r\n", "{}");
    assert!(recommended(sso).contains("&product=CloudSSO&"));
}

#[test]
fn a_request_whose_connection_is_half_closed_is_answered() {
    let emulator = Emulator::start_changed(account("lock_hold_ms", json!(100)));
    let mut stream = emulator.connect();
    stream.write_all(create().v3().as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    Reply::parse(&reply).assert_ok();
}

#[test]
fn a_write_in_progress_locks_the_account_for_writes_only() {
    let emulator = Emulator::start_changed(account("lock_hold_ms", json!(3000)));
    let started = Instant::now();
    thread::scope(|scope| {
        let first = scope.spawn(|| emulator.call(&create()));
        while emulator.record_names().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(3));
        }
        emulator.call(&Call::create("b.example.com")).assert_refused(400, "UserOperationStatusIsLocked");
        let routine = Call::new("CreateRoutine", &[("Name", "c")]);
        emulator.call(&routine).assert_refused(400, "UserOperationStatusIsLocked");
        emulator.call(&Call::list()).assert_ok();
        assert!(started.elapsed() < Duration::from_secs(3), "the refusals came only after the lock was free");
        first.join().unwrap().assert_ok();
        assert!(started.elapsed() >= Duration::from_secs(3));
    });
    emulator.call(&Call::create("b.example.com")).assert_ok();
}

#[test]
fn internal_exception_without_and_with_effect() {
    expect(site("backend", json!("down")), &create(), "InternalException", TRY_LATER);
    let flaky = Emulator::start_changed(site("backend", json!("flaky")));
    flaky.call(&create()).assert_refused(400, "InternalException");
    assert_eq!(flaky.record_names(), ["a.example.com"]);
    assert_eq!(flaky.requests()[0]["executed"], true);
}

#[test]
fn internal_operation_error() {
    expect(routine("state", json!("deploying")), &create(), "InternalOperationError", TRY_LATER);
}

#[test]
fn undocumented_refusals() {
    for (change, code) in [
        (Box::new(account("activated", json!(false))) as Box<dyn FnOnce(&mut Value)>, "ServiceNotOpen"),
        (Box::new(routine("state", json!("busy"))), "LockFailed"),
        (Box::new(site("status", json!("busy"))), "Site.ServiceBusy"),
    ] {
        Emulator::start_changed(change).call(&create()).assert_refused(400, code);
    }
    let full = Emulator::start_changed(account("routine_quota", json!(2)));
    let routine = Call::new("CreateRoutine", &[("Name", "c")]);
    full.call(&routine).assert_refused(400, "RoutineNumberExceedQuotaLimit");
}

#[test]
fn the_gateway_refuses_what_is_missing_or_unknown() {
    let emulator = Emulator::start();
    for name in ["Name", "SiteId", "RecordName"] {
        emulator.call(&create().without(name)).assert_refused(400, &format!("Missing{name}"));
        emulator.call(&create().with(name, "")).assert_refused(400, &format!("Missing{name}"));
    }
    let unknown = Call::new("MakeCoffee", &[]);
    emulator.call(&unknown).assert_refused(404, "InvalidAction.NotFound");
    let old = Call { version: "2014-05-26".into(), ..create() };
    emulator.call(&old).assert_refused(400, "InvalidVersion");
    let put = Call { method: "PUT", ..create() };
    emulator.call(&put).assert_refused(400, "UnsupportedHTTPMethod");
}

#[test]
fn malformed_requests_are_refused_and_the_emulator_lives_on() {
    let emulator = Emulator::start();
    let mut twice = create();
    twice.form.push(("Name".into(), "test-routine1".into()));
    emulator.call(&twice).assert_refused(400, "InvalidParameter");
    let in_both = Call { query: vec![("Name".into(), "test-routine1".into())], ..create() };
    emulator.call(&in_both).assert_refused(400, "InvalidParameter");
    for target in ["/?a=%", "/?a=%zz", "/?a=%ff"] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        emulator.send(&request).assert_refused(400, "InvalidParameter");
    }
    let json_body = create().v3().replace("application/x-www-form-urlencoded", "application/json");
    emulator.send(&json_body).assert_refused(400, "InvalidContentType");

    let huge = "a".repeat(1024 * 1024 + 1);
    emulator.send(&create().with("Name", &huge).v3()).assert_refused(413, "RequestBodyTooLarge");

    let request = create().v3();
    let length = format!("content-length: {}", request.split("\r\n\r\n").nth(1).unwrap().len());
    let shorter = request.replace(&length, "content-length: 5");
    emulator.send(&shorter).assert_refused(400, "InvalidContentSha256");
    for junk in [
        "\r\n\r\n",
        "GET",
        "\0\0\0\0\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ] {
        let mut stream = emulator.connect();
        std::io::Write::write_all(&mut stream, junk.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = std::io::Read::read_to_end(&mut stream, &mut Vec::new()); // a refusal or nothing, as HTTP has it
    }
    emulator.call(&create()).assert_ok();
    assert_eq!(emulator.record_names(), ["a.example.com"]);
}
