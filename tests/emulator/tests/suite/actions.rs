//! Actions that ESA has and the emulator doesn't model, names that ESA doesn't have, and canned replies to both.

use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

const SITE: (&str, &str) = ("SiteId", "54362329990032");

fn purge() -> Call {
    Call::new("PurgeCaches", &[SITE, ("Type", "file")])
}

fn with_reply(reply: Value) -> Emulator {
    let emulator = Emulator::start();
    emulator.admin_ok("POST", "replies", &reply);
    emulator
}

#[test]
fn an_action_that_is_not_modelled_says_so() {
    let emulator = Emulator::start();
    let reply = emulator.call(&purge());
    reply.assert_refused(404, "InvalidAction.NotEmulated");
    let message = reply.json["Message"].as_str().unwrap();
    assert!(message.contains("PurgeCaches") && message.contains("/_emulator/replies"), "{message}");
    emulator.send(&purge().v1()).assert_refused(404, "InvalidAction.NotEmulated");
    assert_eq!(emulator.requests()[0]["verdict"], "InvalidAction.NotEmulated");
}

#[test]
fn a_misspelt_action_is_refused_as_the_service_does_and_the_log_has_the_nearest() {
    let emulator = Emulator::start();
    for (wrong, nearest) in [
        ("CreateRoutineRelatedRecrod", json!("CreateRoutineRelatedRecord")),
        ("purgecache", json!("PurgeCaches")),
        ("Frobnicate", json!(null)),
    ] {
        emulator.call(&Call::new(wrong, &[])).assert_refused(404, "InvalidAction.NotFound");
        assert_eq!(emulator.requests().last().unwrap()["nearest_action"], nearest, "{wrong}");
    }
    emulator.call(&Call::list()).assert_ok();
    assert_eq!(emulator.requests().last().unwrap()["nearest_action"], Value::Null);
}

#[test]
fn every_action_misses_its_required_parameters() {
    let emulator = Emulator::start();
    emulator.call(&purge().without("SiteId")).assert_refused(400, "MissingSiteId");
    emulator.call(&purge().with("SiteId", "")).assert_refused(400, "MissingSiteId");
    emulator.call(&purge().without("Type")).assert_refused(400, "MissingType");
    emulator.call(&Call::new("GetSite", &[])).assert_refused(400, "MissingSiteId");
    let tags = Call::new("TagResources", &[("RegionId", "cn-hangzhou"), ("ResourceType", "site"), ("Tag.1.Key", "k")]);
    emulator.call(&tags).assert_refused(400, "MissingResourceId");
    let tags = Call { nonce: "another".into(), ..tags.with("ResourceId.1", "1") };
    emulator.call(&tags).assert_refused(404, "InvalidAction.NotEmulated");
}

#[test]
fn a_user_needs_the_permission_for_an_action_that_is_not_modelled() {
    let policy = |resource: &str| {
        let emulator = Emulator::start_changed(|seed| {
            let allowed = json!({"Effect": "Allow", "Action": "esa:PurgeCaches", "Resource": resource});
            seed["accounts"][0]["users"][0]["policy"] = json!({"Version": "1", "Statement": [allowed]});
        });
        emulator.call(&purge())
    };
    policy("acs:esa:*:*:site/54362329990032").assert_refused(404, "InvalidAction.NotEmulated");
    policy("acs:esa:*:*:site/1").assert_refused(403, "NoPermission");
}

#[test]
fn a_canned_reply_answers_any_action() {
    let emulator = with_reply(json!([
        {"action": "PurgeCaches", "body": {"TaskId": "1"}},
        {"action": "CreateRoutineRelatedRecord", "body": {"Status": "OK", "RecordId": 5}},
        {"action": "ActionOfTomorrow", "body": {"New": true}},
    ]));
    let reply = emulator.call(&purge()).assert_ok();
    assert_eq!(reply.json["TaskId"], "1");
    assert_eq!(reply.header("x-acs-request-id"), reply.json["RequestId"].as_str());
    assert_eq!(reply.header("content-type"), Some("application/json;charset=utf-8"));
    emulator.send(&purge().v1()).assert_ok();
    assert_eq!(emulator.call(&Call::create("a.example.com")).assert_ok().json["RecordId"], 5);
    assert!(emulator.record_names().is_empty());
    assert_eq!(emulator.call(&Call::new("ActionOfTomorrow", &[])).assert_ok().json["New"], true);

    let shown = |entry: &Value| [&entry["canned"], &entry["executed"], &entry["verdict"]].map(Value::clone);
    let log = emulator.requests();
    assert!(log.iter().all(|entry| shown(entry) == [json!(true), json!(false), json!("OK")]), "{log:?}");
}

#[test]
fn a_canned_reply_is_sent_unchanged() {
    let emulator = with_reply(json!([
        {"action": "PurgeCaches", "status": 403, "headers": {"X-Two": ["1", "2"], "Date": null}, "body": "<html>", "times": 1},
        {"action": "PurgeCaches", "body": {"RequestId": "mine", "Code": "QuotaExceeded"}, "status": 400, "times": 1},
        {"action": "PurgeCaches", "body": [1, 2], "times": 1},
        {"action": "PurgeCaches"},
    ]));
    let reply = emulator.call(&purge());
    assert_eq!((reply.status, reply.body.as_slice(), reply.header("date")), (403, &b"<html>"[..], None));
    assert_eq!(reply.headers.iter().filter(|(name, _)| name == "x-two").count(), 2);
    let reply = emulator.call(&purge());
    reply.assert_refused(400, "QuotaExceeded");
    assert_eq!(reply.json["RequestId"], "mine");
    assert_eq!(emulator.call(&purge()).assert_ok().json, json!([1, 2]));
    for _ in 0..3 {
        let reply = emulator.call(&purge()).assert_ok();
        assert_eq!(reply.json, json!({"RequestId": reply.header("x-acs-request-id")}));
    }
}

#[test]
fn a_canned_reply_picks_calls_by_their_parameters() {
    let emulator = with_reply(json!({"action": "PurgeCaches", "parameters": {"Type": "file", "Force": true}}));
    emulator.call(&purge()).assert_refused(404, "InvalidAction.NotEmulated");
    emulator.call(&purge().with("Force", "true")).assert_ok();
    emulator
        .call(&purge().with("Force", "true").with("Type", "directory"))
        .assert_refused(404, "InvalidAction.NotEmulated");
}

#[test]
fn what_is_wrong_with_a_call_comes_before_its_canned_reply() {
    let emulator = with_reply(json!({"action": "PurgeCaches", "times": 1}));
    emulator.call(&purge().key("EsaEmulatorKeyId", "wrong")).assert_refused(400, "SignatureDoesNotMatch");
    emulator.call(&Call { version: "2024-01-01".into(), ..purge() }).assert_refused(400, "InvalidVersion");
    emulator.call(&purge().without("Type")).assert_refused(400, "MissingType");
    emulator.call(&purge()).assert_ok();
    emulator.call(&purge()).assert_refused(404, "InvalidAction.NotEmulated");
}

#[test]
fn a_fault_rule_applies_to_a_canned_reply() {
    let emulator = with_reply(json!({"action": "PurgeCaches", "body": {"TaskId": "1"}}));
    emulator.add_fault(json!({"action": "PurgeCaches", "wire": {"kind": "cut", "after_bytes": 20}}));
    assert_eq!(emulator.exchange(&purge().v3()).unwrap().len(), 20);
    assert_eq!(emulator.call(&purge()).assert_ok().json["TaskId"], "1");
    let listed = emulator.admin_ok("GET", "replies", &json!({}));
    assert_eq!(listed["replies"][0]["answered"], 2);
}

#[test]
fn canned_replies_are_listed_kept_in_a_seed_deleted_and_reset() {
    let emulator = with_reply(json!([{"action": "PurgeCaches"}, {"action": "PurgeCahces"}]));
    let listed = || emulator.admin_ok("GET", "replies", &json!({}))["replies"].as_array().unwrap().clone();
    let nearest = listed().iter().map(|shown| shown["nearest_action"].clone()).collect::<Vec<_>>();
    assert_eq!(nearest, [Value::Null, json!("PurgeCaches")]);
    let state = emulator.state();
    assert_eq!(state["replies"][0]["action"], "PurgeCaches");

    emulator.admin_ok("DELETE", "replies", &json!({}));
    assert!(listed().is_empty());
    emulator.call(&purge()).assert_refused(404, "InvalidAction.NotEmulated");
    emulator.admin_ok("POST", "seed", &state);
    assert_eq!(emulator.state(), state);
    emulator.call(&purge()).assert_ok();
    emulator.admin_ok("POST", "reset", &json!({}));
    assert!(listed().is_empty());
}

#[test]
fn a_wrong_canned_reply_is_refused_with_the_word_that_was_meant() {
    let emulator = Emulator::start();
    let refused = |resource: &str, body: Value| -> Reply { emulator.admin("POST", resource, &body.to_string()) };
    for (body, expected) in [
        (json!({"action": "A", "stauts": 200}), "did you mean `status`?"),
        (json!({"action": "A", "tiems": 1}), "did you mean `times`?"),
        (json!({"action": "A", "count": 1}), "unknown field `count`"),
        (json!({"body": {}}), "missing field `action`"),
        (json!({"action": ""}), "the action is empty"),
        (json!({"action": "A", "status": 99}), "between 200 and 599"),
        (json!({"action": "A", "headers": {"a b": "c"}}), "no header name"),
        (json!({"action": "A", "parameters": {"x": []}}), "the parameter x"),
        (json!([{"action": "A"}, {"action": "A", "haeders": {}}]), "did you mean `headers`?"),
    ] {
        let reply = refused("replies", body.clone());
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.json["error"].as_str().unwrap().contains(expected), "{body}: {}", reply.json);
    }
    assert!(refused("faults", json!({"wier": {}})).json["error"].as_str().unwrap().contains("did you mean `wire`?"));
    let seed = json!({"replies": [{"action": "A", "status": 1}]});
    assert!(refused("seed", seed).json["error"].as_str().unwrap().starts_with("replies[0]: the status"));
    assert_eq!(emulator.admin("PUT", "replies", "").status, 400);
}
