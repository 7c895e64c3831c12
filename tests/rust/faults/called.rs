//! Any action by its name, with the faults of the other rows: a read is repeated, a write only if nothing has changed.

use esa::{
    ActionReply, AnyAction, CallOptions, Cancel, Client, Effect, Error, ErrorKind, GetMatchSiteRequest, Outcome,
};

use super::clock::{CODE, date, two_hours_apart};
use super::credentials::{EXPIRED, renews};
use super::lost::{ATTEMPT, broken_off, slow};
use super::not_sent::{refused_twice, refusing};
use super::row::{Row, given, together};
use super::service::{SECRET, Service, TOKEN};
use super::step::{Step, closes, hangs, refuses, refuses_with, replies};
use super::texts;

const WRITE: &str = "CreateRoutine";
const READ: &str = "GetRoutine";
/// An action that the library doesn't know.
const UNKNOWN: &str = "BrandNew";

const OK: &str = r#"{"RequestId":"R-call","Status":"OK"}"#;
const MEBIBYTE: usize = 1024 * 1024;

/// The result of a call, and how many requests the server got.
struct Called {
    result: Result<ActionReply, Error>,
    requests: u32,
}

fn named(action: &str) -> AnyAction<'_> {
    AnyAction::new(action).with_params(r#"{"Name":"routine"}"#)
}

fn with_effect(action: &str, effect: Effect) -> AnyAction<'_> {
    named(action).with_effect(effect)
}

/// A row whose first requests meet these faults.
fn after(steps: impl IntoIterator<Item = Step>) -> Row {
    scripted(given(), steps)
}

fn scripted(mut row: Row, steps: impl IntoIterator<Item = Step>) -> Row {
    row.state.call_script.extend(steps);
    row
}

/// A row whose requests all meet this fault.
fn always(step: Step) -> Row {
    let mut row = given();
    row.state.call_always = Some(step);
    row
}

/// Starts the row's server, and makes its client.
fn started(row: &mut Row) -> (Client, Service) {
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));
    (Client::new(&row.config).unwrap(), service)
}

/// Makes the call to a new server.
fn called(action: &AnyAction<'_>, mut row: Row) -> Called {
    let (client, service) = started(&mut row);
    let result = client.call(action, &CallOptions::new());
    let state = service.state();
    assert!(state.problems.is_empty(), "{:#?}", state.problems);
    let mut shown = texts::texts(&result, |reply| vec![reply.request_id.clone()]);
    shown.extend(row.lines().split('\n').map(str::to_owned));
    let signatures = state.signatures.iter().map(String::as_str).filter(|signature| !signature.is_empty());
    texts::assert_keeps(&shown, [SECRET, TOKEN].into_iter().chain(signatures));
    Called { result, requests: state.calls }
}

impl Called {
    fn succeeds_after(self, requests: u32) {
        let reply = self.result.unwrap();
        assert_eq!((reply.body.as_str(), reply.attempts, self.requests), (OK, requests, requests));
    }

    fn fails(self, status: ErrorKind, outcome: Outcome, requests: u32) -> Error {
        let error = self.result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (status, outcome), "{error:?}");
        assert_eq!((error.attempts(), self.requests), (requests, requests), "{error:?}");
        error
    }

    /// Checks that it fails with an unknown outcome.
    fn ends_in_doubt(self) {
        let error = self.result.unwrap_err();
        assert_eq!((error.outcome(), error.attempts(), self.requests), (Outcome::Unknown, 1, 1), "{error:?}");
        assert!(error.advice().contains("read back"), "{error:?}");
    }
}

/// Faults that leave open whether a request was carried out.
fn lost() -> Vec<(&'static str, Step)> {
    let says_nothing = [
        ("a code that may mean anything", refuses("InternalException")),
        ("no code", replies(502, "", "")),
        ("no JSON", replies(200, "", "<html>")),
    ];
    [broken_off(), slow(), says_nothing.to_vec()].concat()
}

#[test]
fn a_lost_write_is_not_made_again() {
    together(&lost(), |(_, fault)| {
        called(&named(WRITE), after([fault.clone()]).limits(ATTEMPT, 12_000)).ends_in_doubt();
        called(&named(UNKNOWN), after([fault.clone()]).limits(ATTEMPT, 12_000)).ends_in_doubt();
    });
}

#[test]
fn a_lost_read_is_made_again() {
    together(&lost(), |(_, fault)| {
        called(&named(READ), after([fault.clone()]).limits(ATTEMPT, 12_000)).succeeds_after(2);
    });
    called(&named(READ), always(closes())).fails(ErrorKind::Io, Outcome::NotSent, 3);
}

#[test]
fn the_caller_s_word_for_the_effect_holds() {
    called(&with_effect(WRITE, Effect::Reads), after([closes()])).succeeds_after(2);
    called(&with_effect(UNKNOWN, Effect::Reads), after([closes(), replies(200, "", OK)])).succeeds_after(2);
    called(&with_effect(READ, Effect::Writes), after([closes()])).ends_in_doubt();
}

#[test]
fn what_is_busy_is_waited_out_and_not_counted_as_a_failure() {
    together(&["UserOperationStatusIsLocked", "LockFailed", "Site.ServiceBusy", "TooManyRequests"], |code| {
        for action in [WRITE, READ] {
            let mut row = after([refuses(code), refuses(code)]);
            row.config.max_attempts(1);
            called(&named(action), row).succeeds_after(3);
        }
    });
}

#[test]
fn what_is_throttled_is_made_again() {
    together(&["Throttling", "Throttling.User", "Throttling.Api"], |code| {
        called(&named(WRITE), after([refuses(code)])).succeeds_after(2);
        called(&named(READ), after([refuses(code)])).succeeds_after(2);
    });
    called(&named(WRITE), always(refuses("Throttling.User"))).fails(ErrorKind::Throttled, Outcome::Refused, 3);
}

#[test]
fn a_write_that_was_lost_after_it_was_refused_is_not_made_again() {
    let error =
        called(&named(WRITE), after([refuses("Throttling.User"), closes()])).fails(ErrorKind::Io, Outcome::Unknown, 2);
    assert!(error.advice().contains("read back"), "{error:?}");
}

#[test]
fn a_clock_that_is_off_is_put_right_once() {
    for action in [WRITE, READ] {
        called(&named(action), two_hours_apart()).succeeds_after(2);

        let twice = [refuses_with(400, &date(7200), CODE), refuses_with(400, &date(14_400), CODE)];
        called(&named(action), after(twice)).fails(ErrorKind::Auth, Outcome::Refused, 2);
    }
}

#[test]
fn a_token_that_has_expired_is_renewed_once() {
    for action in [WRITE, READ] {
        called(&named(action), scripted(renews(), [refuses(EXPIRED)])).succeeds_after(2);

        let twice = [refuses(EXPIRED), refuses(EXPIRED)];
        called(&named(action), scripted(renews(), twice)).fails(ErrorKind::Auth, Outcome::Refused, 2);
    }
}

#[test]
fn a_write_that_could_not_be_sent_is_made_again() {
    let (row, service) = refused_twice();
    let reply = Client::new(&row.config).unwrap().call(&named(WRITE), &CallOptions::new()).unwrap();
    assert_eq!((reply.attempts, service().state().calls), (3, 1));

    let (_socket, address) = refusing();
    let mut row = given();
    row.config.endpoint(&format!("http://{address}"));
    let error = Client::new(&row.config).unwrap().call(&named(WRITE), &CallOptions::new()).unwrap_err();
    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Connect, Outcome::NotSent, 3));
}

/// Returns a complete reply with this number of bytes.
fn of_length(length: usize) -> Step {
    let mut body = r#"{"SiteId":1,"SiteName":"example.com"}"#.as_bytes().to_vec();
    body.resize(length, b' ');
    replies(200, "", body)
}

#[test]
fn a_reply_has_eight_mebibytes_at_most() {
    let most = 8 * MEBIBYTE;
    for action in [WRITE, READ] {
        let reply = called(&named(action), after([of_length(most)])).result.unwrap();
        assert!(reply.body.starts_with(r#"{"SiteId":1"#), "{} bytes", reply.body.len());
    }
    let error = called(&named(READ), always(of_length(most + 1))).fails(ErrorKind::Response, Outcome::NotSent, 3);
    assert!(error.message().contains("8 MiB"), "{error}");
    called(&named(WRITE), always(of_length(most + 1))).ends_in_doubt();
}

#[test]
fn a_reply_that_the_library_takes_apart_has_one_mebibyte_at_most() {
    let get_match_site = |length| {
        let (client, _service) = started(&mut always(of_length(length)));
        client.get_match_site(&GetMatchSiteRequest::new("a.example.com"), &CallOptions::new())
    };
    assert_eq!(get_match_site(MEBIBYTE).unwrap().site_id, 1);
    let error = get_match_site(MEBIBYTE + 1).unwrap_err();
    assert!(error.kind() == ErrorKind::Response && error.message().contains("1 MiB"), "{error}");
}

#[test]
fn only_a_change_of_a_routine_waits_for_the_client_s_other_ones() {
    let mut row = after([hangs()]).limits(60_000, 60_000);
    let (client, service) = started(&mut row);
    let cancel = Cancel::new().unwrap();
    std::thread::scope(|scope| {
        let options = CallOptions::new().cancel(&cancel).clone();
        let client = &client;
        let first = scope.spawn(move || client.call(&named(WRITE), &options));
        while service.state().calls == 0 {
            std::thread::yield_now();
        }

        for action in ["CreateSite", READ] {
            assert_eq!(client.call(&named(action), &CallOptions::new()).unwrap().attempts, 1);
        }
        assert_eq!(client.stats().write_limit_waits, 0);
        let soon = CallOptions::new().timeout(std::time::Duration::from_millis(50)).clone();
        let error = client.call(&named(WRITE), &soon).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{error:?}");
        assert_eq!((client.stats().write_limit_waits, service.state().calls), (1, 3), "{error:?}");

        cancel.trigger();
        assert_eq!(first.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    });
}
