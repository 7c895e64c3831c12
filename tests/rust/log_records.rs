//! Each line of the log names its call and its record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;

use esa::{
    AnyAction, CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials,
    DeleteRoutineRelatedRecordRequest, Level, ListRoutineRelatedRecordsRequest, Log, LogRecord, ProvidedCredentials,
};

use crate::emulator::Emulator;

const SITE_ID: i64 = 54362329990032;
const ROUTINE: &str = "test-routine1";

/// A stored line.
#[derive(Clone, Debug)]
struct Line {
    level: Level,
    message: String,
    call: u64,
    action: String,
    record_name: String,
    attempt: u32,
    http_status: u16,
    request_id: String,
}

impl Line {
    fn of(record: &LogRecord<'_>) -> Line {
        assert_eq!(record.to_string(), record.message);
        Line {
            level: record.level,
            message: record.message.to_owned(),
            call: record.call,
            action: record.action.to_owned(),
            record_name: record.record_name.to_owned(),
            attempt: record.attempt,
            http_status: record.http_status,
            request_id: record.request_id.to_owned(),
        }
    }
}

struct Fixture {
    emulator: Emulator,
    client: Client,
    lines: Arc<Mutex<Vec<Line>>>,
}

fn given(level: Level) -> Fixture {
    let emulator = Emulator::start(&[]);
    let lines = Arc::<Mutex<Vec<Line>>>::default();
    let sink = Arc::clone(&lines);
    let mut config = Config::new();
    config.endpoint(emulator.url()).log(Log::new(level, move |record| sink.lock().unwrap().push(Line::of(record))));
    // The requests of a provider have a line of their own.
    config.credentials_provider(|_| {
        let credentials = Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap();
        Ok(ProvidedCredentials::new(credentials))
    });
    Fixture { client: Client::new(&config).unwrap(), emulator, lines }
}

fn request(record_name: &str) -> CreateRoutineRelatedRecordRequest<'_> {
    CreateRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, record_name)
}

impl Fixture {
    fn lose_an_answer(&self, record_name: &str) {
        let fault = format!(
            r#"{{"action": "CreateRoutineRelatedRecord", "parameters": {{"RecordName": "{record_name}"}},
                 "when": "before", "wire": {{"kind": "drop"}}}}"#
        );
        self.emulator.post("faults", &fault);
    }

    fn create(&self, record_name: &str) -> String {
        self.client.create_routine_related_record(&request(record_name), &CallOptions::new()).unwrap().request_id
    }

    fn lines(&self) -> Vec<Line> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

#[test]
fn all_lines_of_a_call_have_its_number_and_its_record() {
    let fixture = given(Level::Debug);
    fixture.lose_an_answer("a.example.com");

    let request_id = fixture.create("a.example.com");

    let lines = fixture.lines();
    let call = lines[0].call;
    assert!(call > 0);
    for line in &lines {
        assert_eq!((line.call, line.record_name.as_str()), (call, "a.example.com"), "{lines:#?}");
        let start = format!("call {call}: {} a.example.com: attempt {}: ", line.action, line.attempt);
        assert!(line.message.starts_with(&start), "{line:#?}");
    }
    let requests = lines.iter().filter(|line| line.level == Level::Debug);
    let requests: Vec<_> = requests.map(|line| (line.action.as_str(), line.attempt, line.http_status)).collect();
    let (create, list) = ("CreateRoutineRelatedRecord", "ListRoutineRelatedRecords");
    assert_eq!(requests, [(create, 1, 0), (list, 1, 200), (create, 2, 200)]);
    assert_eq!(lines.last().unwrap().request_id, request_id);
    let others: Vec<_> = lines.iter().filter(|line| line.level == Level::Info).map(|line| &line.message).collect();
    assert!(others[0].contains(": credentials: ") && others[1].contains(": reading back whether "), "{others:#?}");
}

#[test]
fn a_decision_has_what_the_service_answered() {
    let fixture = given(Level::Info);
    let fault = r#"{"action": "CreateRoutineRelatedRecord", "reply": {"code": "LockFailed", "status": 409}}"#;
    fixture.emulator.post("faults", fault);

    fixture.create("a.example.com");

    let lines = fixture.lines();
    let decision = lines.iter().find(|line| line.message.contains(": trying again in ")).unwrap();
    assert_eq!((decision.attempt, decision.http_status), (1, 409), "{decision:#?}");
    assert!(!decision.request_id.is_empty() && decision.message.contains(&decision.request_id), "{decision:#?}");
}

#[test]
fn calls_at_once_have_different_numbers() {
    let fixture = given(Level::Debug);
    let names = ["a.example.com", "b.example.com"];
    names.iter().for_each(|name| fixture.lose_an_answer(name));

    thread::scope(|scope| {
        for name in names {
            let fixture = &fixture;
            scope.spawn(move || fixture.create(name));
        }
    });

    let mut calls = BTreeMap::<u64, BTreeSet<String>>::new();
    let lines = fixture.lines();
    for line in &lines {
        calls.entry(line.call).or_default().insert(line.record_name.clone());
    }
    let of_each: Vec<_> = calls.values().map(|names| names.iter().map(String::as_str).collect::<Vec<_>>()).collect();
    assert!(of_each == [["a.example.com"], ["b.example.com"]] || of_each == [["b.example.com"], ["a.example.com"]]);
    for call in calls.keys() {
        assert_eq!(
            lines.iter().filter(|line| line.call == *call && line.level == Level::Debug).count(),
            3,
            "{lines:#?}"
        );
    }
}

#[test]
fn a_bulk_is_one_call_with_a_name_for_each_record() {
    let fixture = given(Level::Debug);
    fixture.lose_an_answer("b.example.com");
    let names = ["a.example.com", "b.example.com", "c.example.com"];

    let bulk = fixture.client.ensure_routine_related_records(names.map(request), &CallOptions::new());
    assert!(bulk.into_iter().all(|result| result.is_ok()));

    let lines = fixture.lines();
    let calls: BTreeSet<_> = lines.iter().map(|line| line.call).collect();
    assert_eq!(calls.len(), 1, "{lines:#?}");
    for name in names {
        let attempts = if name == "b.example.com" { 2 } else { 1 };
        let creates = lines.iter().filter(|line| line.level == Level::Debug && line.action.starts_with("Create"));
        assert_eq!(creates.filter(|line| line.record_name == name).count(), attempts, "{lines:#?}");
    }
    // One list of the routine serves all of them.
    let list = lines.iter().find(|line| line.action == "ListRoutineRelatedRecords").unwrap();
    assert_eq!(list.record_name, ROUTINE);
}

#[test]
fn what_has_no_record_has_its_own_key() {
    let fixture = given(Level::Debug);
    let Fixture { client, .. } = &fixture;
    let options = CallOptions::new();
    let site = format!(r#"{{"SiteId": {SITE_ID}}}"#);

    client.list_routine_related_records(&ListRoutineRelatedRecordsRequest::new(ROUTINE), &options).unwrap();
    let delete = DeleteRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, "a.b");
    client.delete_routine_related_record(&delete, &options).unwrap();
    client.sign(&AnyAction::new("GetRoutine").with_params(r#"{"Name": "r"}"#), &options).unwrap();
    client.call(&AnyAction::new("GetSite").with_params(&site), &options).unwrap();
    client.call(&AnyAction::new("ListSites"), &options).unwrap();

    let lines = fixture.lines();
    let requests = lines.iter().filter(|line| line.level == Level::Debug);
    let keys: Vec<_> = requests.map(|line| (line.action.as_str(), line.record_name.as_str())).collect();
    let (list, id) = ("ListRoutineRelatedRecords", SITE_ID.to_string());
    assert_eq!(keys, [(list, ROUTINE), (list, "a.b"), ("GetRoutine", "r"), ("GetSite", &id), ("ListSites", "")]);
    let start = format!("call {}: ListSites: attempt 1: HTTP 200 from ", lines.last().unwrap().call);
    assert!(lines.last().unwrap().message.starts_with(&start), "{lines:#?}");
}

#[test]
fn calls_of_all_clients_are_counted_together() {
    let (one, other) = (given(Level::Debug), given(Level::Debug));
    one.create("a.example.com");
    other.create("a.example.com");
    one.create("b.example.com");

    let numbers = |fixture: &Fixture| fixture.lines().iter().map(|line| line.call).collect::<BTreeSet<_>>();
    let (one, other) = (numbers(&one), numbers(&other));
    assert_eq!((one.len(), other.len()), (2, 1));
    assert!(one.is_disjoint(&other));
}

#[test]
fn at_info_there_is_no_line_for_a_request() {
    let fixture = given(Level::Info);
    fixture.lose_an_answer("a.example.com");

    fixture.create("a.example.com");

    let lines = fixture.lines();
    assert_eq!(lines.iter().filter(|line| line.level == Level::Info).count(), lines.len());
    assert!(lines.len() >= 2, "{lines:#?}");
}
