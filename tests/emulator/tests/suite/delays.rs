//! Lists that lag, writes that commit late, and the journal of what happened to records and when.

use std::io::Write;
use std::time::Instant;

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, PATIENCE};

fn with_account(key: &str, value: Value) -> Emulator {
    Emulator::start_changed(|seed| seed["accounts"][0][key] = value)
}

fn move_clock(emulator: &Emulator, seconds: f64) {
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": (seconds * 1000.0) as i64}));
}

fn create(name: &str) -> Call {
    Call::create(&format!("{name}.example.com"))
}

fn delete(name: &str, record_id: &Value) -> Call {
    let mut call = create(name).with("RecordId", &record_id.to_string());
    call.action = "DeleteRoutineRelatedRecord".into();
    call
}

/// The first labels of the names on a page of the list.
fn listed(emulator: &Emulator, call: &Call) -> (u64, Vec<String>) {
    // The emulator's clock has been moved, and judges the date of the request.
    let now = emulator.admin_ok("GET", "clock", &json!({}))["now"].as_str().unwrap().to_owned();
    let reply = emulator.call(&Call { date: now, ..call.clone() }).assert_ok().json;
    let records = reply["RelatedRecords"].as_array().unwrap();
    let label = |record: &Value| record["RecordName"].as_str().unwrap().split('.').next().unwrap().to_owned();
    (reply["TotalCount"].as_u64().unwrap(), records.iter().map(label).collect())
}

fn list(emulator: &Emulator) -> Vec<String> {
    listed(emulator, &Call::list()).1
}

fn changes(emulator: &Emulator) -> Vec<Value> {
    emulator.admin_ok("GET", "journal", &json!({}))["changes"].as_array().unwrap().clone()
}

fn time(entry: &Value) -> jiff::Timestamp {
    entry["time"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_list_that_lags_shows_what_was_there_then() {
    let emulator = with_account("list_lag_seconds", json!(1000));
    let id = |name| emulator.call(&create(name)).assert_ok().json["RecordId"].clone();
    let first = id("a");
    for name in ["b", "c"] {
        id(name);
    }
    assert!(list(&emulator).is_empty(), "nothing was there 1000 seconds ago");
    emulator.call(&create("a")).assert_refused(400, "ParameterAlreadyExist");

    move_clock(&emulator, 600.0);
    assert!(list(&emulator).is_empty());
    let now = |call: Call| Call { date: date_in(600), ..call };
    emulator.call(&now(delete("a", &first))).assert_ok();
    emulator.call(&now(create("d"))).assert_ok();
    emulator.call(&now(create("a"))).assert_ok();
    assert!(list(&emulator).is_empty());

    move_clock(&emulator, 1200.0);
    assert_eq!(list(&emulator), ["a", "b", "c"], "as before the delete, the first one in its old place");
    let page = Call::list().with("PageSize", "2").with("PageNumber", "2").with("SearchKeyWord", "EXAMPLE");
    assert_eq!(listed(&emulator, &page), (3, vec!["c".to_owned()]), "pages and counts are of the same time");
    move_clock(&emulator, 1700.0);
    assert_eq!(list(&emulator), ["b", "c", "d", "a"]);

    emulator.admin_ok("POST", "delays", &json!({"list_lag_seconds": 1400}));
    assert_eq!(list(&emulator), ["a", "b", "c"], "the lag is changed in place, and nothing else is");
    emulator.admin_ok("POST", "delays", &json!({"list_lag_seconds": 0}));
    assert_eq!(list(&emulator), emulator.record_names().iter().map(|name| &name[..1]).collect::<Vec<_>>());
}

/// A request's date that fits a clock moved by so many seconds.
fn date_in(seconds: i64) -> String {
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[test]
fn a_lag_of_a_fraction_of_a_second_ends_by_itself() {
    let emulator = with_account("list_lag_seconds", json!(0.2));
    emulator.call(&create("a")).assert_ok();
    let started = Instant::now();
    while list(&emulator).is_empty() {
        assert!(started.elapsed() < PATIENCE);
    }
    let since = jiff::Timestamp::now().duration_since(time(&changes(&emulator)[0]));
    assert!(since.as_millis() >= 200, "{since:?}");
}

#[test]
fn what_a_deleted_routine_had_is_still_listed_for_a_new_one_of_its_name() {
    let emulator = Emulator::start();
    for name in ["a", "b", "c"] {
        emulator.call(&create(name)).assert_ok();
    }
    move_clock(&emulator, 100.0);
    emulator.call(&Call::new("DeleteRoutine", &[("Name", "test-routine1")])).assert_ok();
    emulator.call(&Call::new("CreateRoutine", &[("Name", "test-routine1")])).assert_ok();
    emulator.call(&create("d")).assert_ok();
    assert_eq!(list(&emulator), ["d"]);
    emulator.admin_ok("POST", "delays", &json!({"list_lag_seconds": 50}));
    assert_eq!(list(&emulator), ["a", "b", "c"]);
    let kinds: Vec<_> = changes(&emulator).iter().map(|change| change["change"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["created", "created", "created", "deleted", "deleted", "deleted", "created"]);
}

#[test]
fn a_late_write_is_answered_at_once_and_judged_when_it_is_carried_out() {
    let emulator = with_account("late_commit_seconds", json!(100));
    for name in ["a", "b", "a"] {
        emulator.call(&create(name)).assert_refused(400, "InternalException");
    }
    assert!(emulator.record_names().is_empty() && changes(&emulator).is_empty());
    let verdicts = || -> Vec<Value> {
        emulator.requests().iter().map(|entry| json!([entry["verdict"], entry["executed"], entry["status"]])).collect()
    };
    assert_eq!(verdicts(), [json!([null, false, 400]), json!([null, false, 400]), json!([null, false, 400])]);

    // It is in the way of those that are due after it.
    emulator.admin_ok("POST", "delays", &json!({"late_commit_seconds": 0}));
    emulator.call(&create("b")).assert_ok();
    move_clock(&emulator, 99.0);
    assert_eq!(emulator.record_names(), ["b.example.com"]);
    move_clock(&emulator, 300.0);
    assert_eq!(emulator.record_names(), ["b.example.com", "a.example.com"]);
    let refused = json!(["ParameterAlreadyExist", false, 400]);
    assert_eq!(verdicts(), [json!(["OK", true, 400]), refused.clone(), refused, json!(["OK", true, 200])]);

    let (log, changes) = (emulator.requests(), changes(&emulator));
    assert_eq!(changes.iter().map(|change| &change["request"]).collect::<Vec<_>>(), [&json!(4), &json!(1)]);
    let late = time(&changes[1]).duration_since(time(&log[0]));
    assert!((100_000..105_000).contains(&late.as_millis()), "at the time at which it was due: {late:?}");
}

#[test]
fn a_rule_lets_one_write_commit_late_whatever_it_answers() {
    let emulator = Emulator::start();
    let id = emulator.call(&create("old")).assert_ok().json["RecordId"].clone();
    emulator.add_fault(json!([
        {"action": "CreateRoutineRelatedRecord", "late_seconds": 50, "wire": {"kind": "drop"}},
        {"action": "CreateRoutineRelatedRecord", "nth": 2, "late_seconds": 25.5, "reply": {"status": 504}},
        {"action": "DeleteRoutineRelatedRecord", "late_seconds": 75},
    ]));
    assert_eq!(emulator.exchange(&create("a").v3()).unwrap(), b"");
    assert_eq!(emulator.call(&create("b")).status, 504);
    emulator.call(&delete("old", &id)).assert_refused(400, "InternalException");
    emulator.call(&create("c")).assert_ok();
    for (seconds, names) in [(20.0, "old c"), (40.0, "old c b"), (70.0, "old c b a"), (90.0, "c b a")] {
        move_clock(&emulator, seconds);
        let shown: Vec<_> = emulator.record_names().iter().map(|name| name.replace(".example.com", "")).collect();
        assert_eq!(shown.join(" "), names, "{seconds}");
    }
}

#[test]
fn a_rule_can_except_a_write_from_the_account_s_delay() {
    let emulator = with_account("late_commit_seconds", json!(100));
    emulator.add_fault(json!({"late_seconds": 0}));
    emulator.call(&create("a")).assert_ok();
    emulator.call(&create("b")).assert_refused(400, "InternalException");
    assert_eq!(list(&emulator), ["a"]);
}

#[test]
fn a_write_that_would_commit_late_still_needs_the_account_s_lock() {
    let emulator = with_account("late_commit_seconds", json!(100));
    emulator.admin_ok("POST", "lock", &json!({"locked": true}));
    emulator.call(&create("a")).assert_refused(400, "UserOperationStatusIsLocked");
    move_clock(&emulator, 200.0);
    assert!(emulator.record_names().is_empty());
    assert_eq!(emulator.requests()[0]["verdict"], "UserOperationStatusIsLocked");
}

#[test]
fn a_new_seed_and_a_reset_forget_what_was_late_and_the_journal() {
    let emulator = Emulator::start();
    for resource in ["seed", "reset"] {
        emulator.call(&create("a")).assert_ok();
        emulator.admin_ok("POST", "delays", &json!({"late_commit_seconds": 100}));
        emulator.call(&create("b")).assert_refused(400, "InternalException");
        emulator.admin_ok("POST", resource, &json!({}));
        move_clock(&emulator, 200.0);
        assert!(emulator.record_names().is_empty() && changes(&emulator).is_empty());
        move_clock(&emulator, 0.0);
    }
}

#[test]
fn the_journal_has_each_change_its_request_and_its_time() {
    let emulator = Emulator::start();
    let before = jiff::Timestamp::now();
    let id = emulator.call(&create("A")).assert_ok().json["RecordId"].clone();
    emulator.call(&create("a")).assert_refused(400, "ParameterAlreadyExist");
    emulator.call(&delete("a", &id)).assert_ok();
    let mut changes = changes(&emulator);
    let times: Vec<_> = changes.iter().map(time).collect();
    assert!(before <= times[0] && times[0] <= times[1] && times[1] <= jiff::Timestamp::now());
    for change in &mut changes {
        change.as_object_mut().unwrap().remove("time");
    }
    let entry = |number, change, request| {
        json!({
            "number": number, "change": change, "request": request, "account": "1000000000000001",
            "routine": "test-routine1", "site_id": 54362329990032i64, "record_name": "A.example.com", "record_id": id,
        })
    };
    assert_eq!(changes, [entry(1, "created", 1), entry(2, "deleted", 3)]);

    let after =
        |number: u64| emulator.admin_ok("GET", &format!("journal?after={number}"), &json!({}))["changes"].clone();
    assert_eq!((after(1)[0]["number"].clone(), after(2)), (json!(2), json!([])));
    emulator.admin_ok("POST", "seed", &json!({}));
    emulator.call(&create("b")).assert_ok();
    assert_eq!(after(0)[0]["number"], 3);
    assert_eq!(emulator.admin("GET", "journal?limit=1", "").status, 400);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let emulator = Emulator::start();
    for (resource, body, reason) in [
        ("delays", json!({"list_lag": 1}), "list_lag"),
        ("delays", json!({"list_lag_seconds": -1}), "from 0"),
        ("delays", json!({"late_commit_seconds": 90_000}), "86400"),
        ("delays", json!({"late_commit_seconds": 1, "account": "2"}), "no such account"),
        ("seed", json!({"accounts": [{"list_lag_seconds": "1"}]}), "invalid type"),
        ("seed", json!({"accounts": [{"late_commit_second": 1}]}), "late_commit_second"),
        ("faults", json!({"late_seconds": -1}), "from 0"),
        ("faults", json!({"late_seconds": 1, "when": "after"}), "when"),
        ("faults", json!({"late_seconds": 1, "action": "ListRoutineRelatedRecords"}), "writes nothing"),
    ] {
        let reply = emulator.admin("POST", resource, &body.to_string());
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.json["error"].as_str().unwrap().contains(reason), "{body}: {}", reply.json);
    }
}

#[test]
fn how_long_a_write_holds_the_account_is_changed_in_place() {
    let emulator = Emulator::start();
    let hold = |milliseconds: u64| emulator.admin_ok("POST", "delays", &json!({"lock_hold_ms": milliseconds}));
    hold(60_000);
    emulator.admin_ok("POST", "delays", &json!({"list_lag_seconds": 1}));
    assert_eq!(emulator.state()["accounts"][0]["lock_hold_ms"], 60_000);
    let mut holder = emulator.connect();
    holder.write_all(create("a").v3().as_bytes()).unwrap();
    while emulator.record_names().is_empty() {}
    emulator.call(&create("b")).assert_refused(400, "UserOperationStatusIsLocked");
    drop(holder);
}
