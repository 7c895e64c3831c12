//! What a client reports: numbers, log lines, and the reasons of refusals.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;

use esa::{
    CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, ErrorKind, Level,
    ListRoutineRelatedRecordsRequest, Log, Record, SignatureVersion, Stats,
};

use crate::emulator::Emulator;
use crate::server::{SUCCESS, Server, call, read_request};

const KEY: &str = "EsaEmulatorKeyId";
const SECRET: &str = "EsaEmulatorKeySecret";

/// What a client has logged.
type Lines = Arc<Mutex<Vec<(Level, String)>>>;

fn config(url: &str, secret: &str) -> (Config, Lines) {
    let (mut config, lines) = (Config::new(), Lines::default());
    let sink = Arc::clone(&lines);
    config.endpoint(url).credentials(Credentials::new(KEY, secret).unwrap());
    config.log(Log::new(Level::Debug, move |record| {
        sink.lock().unwrap().push((record.level, record.message.to_owned()))
    }));
    (config, lines)
}

fn create(client: &Client, record_name: &str) -> Result<Record, Error> {
    let request = CreateRoutineRelatedRecordRequest::new(54362329990032, "test-routine1", record_name);
    client.create_routine_related_record(&request, &CallOptions::new())
}

fn with_level(lines: &Lines, level: Level) -> Vec<String> {
    lines.lock().unwrap().iter().filter(|(found, _)| *found == level).map(|(_, line)| line.clone()).collect()
}

#[test]
fn the_numbers_are_those_of_what_was_done() {
    let emulator = Emulator::start(&[]);
    let (config, lines) = config(emulator.url(), SECRET);
    let client = Client::new(&config).unwrap();
    assert_eq!(client.stats(), esa::Stats::default());

    create(&client, "a.example.com").unwrap();
    emulator.post("faults", r#"{"action": "CreateRoutineRelatedRecord", "when": "after", "wire": {"kind": "drop"}}"#);
    create(&client, "b.example.com").unwrap();
    emulator.post("faults", r#"{"action": "CreateRoutineRelatedRecord", "reply": {"code": "LockFailed"}}"#);
    create(&client, "c.example.com").unwrap();

    let stats = client.stats();
    // A create. A create whose answer is lost, and a read-back. A create that is refused as busy, and another one.
    assert_eq!((stats.calls, stats.attempts, stats.retries), (3, 5, 1));
    assert_eq!((stats.recoveries, stats.busy_waits, stats.write_limit_waits), (1, 1, 0));
    assert_eq!((stats.connections_opened, stats.connections_reused), (2, 3));
    assert_eq!(stats.credentials_refreshed, 1);
    let decisions = with_level(&lines, Level::Info);
    assert_eq!(decisions.len(), 3, "{decisions:#?}");
    assert!(decisions[0].contains(" b.example.com: attempt 1: reading back whether it was carried out, because"));
    assert!(decisions[1].contains(" c.example.com: attempt 1: trying again in "));
    assert_eq!(with_level(&lines, Level::Debug).len(), 5);
}

#[test]
fn every_request_is_a_line() {
    let emulator = Emulator::start(&[]);
    let host = emulator.url().strip_prefix("http://").unwrap().to_owned();
    let (config, lines) = config(emulator.url(), SECRET);
    let client = Client::new(&config).unwrap();

    let id = create(&client, "a.example.com").unwrap().request_id;
    create(&client, "a.example.com").unwrap_err();
    drop(emulator);
    create(&client, "a.example.com").unwrap_err();

    let lines = with_level(&lines, Level::Debug);
    let start = "CreateRoutineRelatedRecord a.example.com: attempt 1: ";
    assert!(lines[0].contains(&format!("{start}HTTP 200 from {host} after ")), "{lines:#?}");
    assert!(lines[0].ends_with(&format!(" ms: request {id}")), "{lines:#?}");
    assert!(lines[1].contains(&format!("{start}HTTP 400 from ")), "{lines:#?}");
    assert!(lines[1].contains(" ms: ParameterAlreadyExist: "), "{lines:#?}");
    assert!(lines[2].contains(&format!("{start}no reply from {host} after ")), "{lines:#?}");
    assert!(lines[3].contains(" a.example.com: attempt 2: "), "{lines:#?}");
}

#[test]
fn the_end_of_waiting_for_a_busy_service_is_logged() {
    let emulator = Emulator::start(&[]);
    emulator.post("faults", r#"{"action": "CreateRoutineRelatedRecord", "reply": {"code": "LockFailed"}}"#);
    let (config, lines) = config(emulator.url(), SECRET);

    create(&Client::new(&config).unwrap(), "a.example.com").unwrap();

    let decisions = with_level(&lines, Level::Info);
    assert_eq!(decisions.len(), 2, "{decisions:#?}");
    let (_, waits) = decisions[0].split_once(" a.example.com: attempt 1: trying again in ").unwrap();
    let (milliseconds, because) = waits.split_once(" ms, because ").unwrap();
    assert!(because.starts_with("LockFailed: "), "{because}");
    let over = format!("the service is no longer busy, after {milliseconds} ms of waiting for it");
    assert!(decisions[1].ends_with(&format!(" a.example.com: attempt 2: {over}")), "{decisions:#?}");
}

/// A busy service is waited for, whether or not an earlier request is in doubt.
#[test]
fn every_wait_for_a_busy_service_is_counted() {
    let emulator = Emulator::start(&[]);
    for fault in [r#""nth": 1, "wire": {"kind": "drop"}"#, r#""nth": 2, "reply": {"code": "LockFailed"}"#] {
        emulator.post("faults", &format!(r#"{{"action": "CreateRoutineRelatedRecord", "when": "before", {fault}}}"#));
    }
    let (config, _) = config(emulator.url(), SECRET);
    let client = Client::new(&config).unwrap();

    create(&client, "a.example.com").unwrap();

    let stats = client.stats();
    // A create that is lost, a read-back, a create that is refused as busy, and another one.
    assert_eq!((stats.attempts, stats.retries, stats.busy_waits), (4, 2, 1));
}

/// Makes two calls at once. The second waits for the first. The client logs to `sink`.
fn two_calls(sink: impl Fn(&Client, &str) + Send + Sync + 'static) -> Stats {
    let (server, release) = Server::holding_the_first();
    let shared = Arc::new(OnceLock::new());
    let mut config = server.config();
    config.log(Log::new(Level::Info, {
        let shared = Arc::clone(&shared);
        move |record| {
            let line = record.message;
            if line.contains(": waiting for") {
                release.send(()).unwrap();
            }
            sink(shared.get().unwrap(), line);
        }
    }));
    let client = shared.get_or_init(|| Client::new(&config).unwrap());
    thread::scope(|scope| {
        scope.spawn(|| call(client).unwrap());
        while server.connections() == 0 {
            thread::yield_now();
        }
        call(client).unwrap();
    });
    client.stats()
}

#[test]
fn a_call_that_waits_for_another_one_says_so() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);

    let stats = two_calls(move |_, line| sink.lock().unwrap().push(line.to_owned()));

    assert_eq!(stats.write_limit_waits, 1);
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].ends_with(": attempt 1: waiting for the client's other writes"), "{lines:#?}");
    assert!(lines[1].contains(": attempt 1: waited "), "{lines:#?}");
    assert!(lines[1].ends_with(" ms for the client's other writes"), "{lines:#?}");
}

#[test]
fn a_log_that_gets_a_line_about_a_wait_may_make_a_call() {
    let (sender, results) = mpsc::channel();

    two_calls(move |client, line| {
        if line.contains(": waited ") {
            sender.send(call(client)).unwrap();
        }
    });

    results.try_recv().unwrap().unwrap();
}

#[test]
fn a_request_that_is_lost_on_a_kept_connection_has_reused_it() {
    let server = Server::start(|mut connection, number| {
        read_request(&mut connection);
        connection.write_all(SUCCESS.as_bytes()).unwrap();
        if number == 1 {
            read_request(&mut connection);
        }
    });
    let client = Client::new(&server.config()).unwrap();

    call(&client).unwrap();
    // The server isn't the service, and has no list.
    call(&client).unwrap_err();

    let stats = client.stats();
    assert_eq!((stats.connections_opened, stats.connections_reused), (server.connections().into(), 1));
}

/// A relay between client and server that replaces `from` by `to`, which has the same length.
fn relay(server: &str, from: &'static str, to: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = server.strip_prefix("http://").unwrap().to_owned();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
            let (mut back, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut back, &mut to_client));
            let mut piece = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = client.read(&mut piece) {
                let text = String::from_utf8_lossy(&piece[..count]).replace(from, to);
                if server.write_all(text.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    url
}

fn refused(url: &str, secret: &str, version: SignatureVersion) -> Error {
    let (mut config, _) = config(url, secret);
    let error = create(&Client::new(config.signature_version(version)).unwrap(), "a.example.com").unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, "SignatureDoesNotMatch"));
    assert!(!format!("{error:?}").contains("AccessKeyId%3D"), "{error:?}");
    error
}

#[test]
fn a_wrong_secret_and_a_changed_request_have_different_reasons() {
    let emulator = Emulator::start(&[]);
    for version in [SignatureVersion::V1, SignatureVersion::V3] {
        let error = refused(emulator.url(), "another-secret", version);
        assert!(
            error.message().ends_with("; the request arrived as it was sent, so the access key secret is wrong"),
            "{error}"
        );
        assert!(error.advice().starts_with("Check the access key secret"), "{}", error.advice());
    }

    let body = relay(emulator.url(), "SiteId=54362329990032", "SiteId=54362329990033");
    let error = refused(&body, SECRET, SignatureVersion::V1);
    assert!(error.message().ends_with("; the request was changed on its way: the parameter SiteId differs"), "{error}");

    let header = relay(emulator.url(), "x-acs-version: 2024-09-10", "x-acs-version: 2024-09-11");
    let error = refused(&header, SECRET, SignatureVersion::V3);
    assert!(
        error.message().ends_with("; the request was changed on its way: the header x-acs-version differs"),
        "{error}"
    );
    assert!(error.advice().contains("proxy"), "{}", error.advice());
}

#[test]
fn a_clock_that_is_off_says_by_how_much() {
    let emulator = Emulator::start(&[]);
    emulator.post("clock", r#"{"offset_ms": 7200000}"#);
    let (config, lines) = config(emulator.url(), SECRET);
    let client = Client::new(&config).unwrap();

    create(&client, "a.example.com").unwrap();

    let warnings = with_level(&lines, Level::Warn);
    assert_eq!(warnings.len(), 1);
    let off = "this machine's clock is 2 h 0 min behind the service's";
    let end = format!(" a.example.com: attempt 1: {off}; from now on the service's time is used");
    assert!(warnings[0].ends_with(&end), "{warnings:#?}");
    let decisions = with_level(&lines, Level::Info);
    let because = " a.example.com: attempt 1: trying again at once, because InvalidTimeStamp.Expired: ";
    assert!(decisions[0].contains(because) && decisions[0].contains(off), "{decisions:#?}");

    // The order may also be reversed.
    emulator.post("clock", r#"{"offset_ms": -7200000}"#);
    let request = ListRoutineRelatedRecordsRequest::new("test-routine1");
    let error = client.list_routine_related_records(&request, &CallOptions::new());
    assert!(error.is_ok(), "{error:?}");
    let warnings = with_level(&lines, Level::Warn);
    assert!(warnings[1].contains("2 h 0 min ahead of the service's"), "{}", warnings[1]);
}
