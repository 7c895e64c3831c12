//! Credentials that expire, and servers that give none: rows 83 to 88, 91, 124 and 126.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use esa::{
    CallOptions, Client, CreateRoutineRelatedRecordRequest, Credentials, ErrorKind, ListRoutineRelatedRecordsRequest,
    Origin, Outcome, ProvidedCredentials,
};

use super::giver::{Giver, key, usual_key};
use super::not_sent::{black_hole, refusing};
use super::row::{ROUTINE, Row, SITE, given, given_without_credentials, together};
use super::service::{KEY_ID, SECRET, Service, TOKEN};
use super::step::{hangs, refuses, reply};

pub(super) const EXPIRED: &str = "InvalidSecurityToken.Expired";

/// The token that was valid before `TOKEN`.
const OLD_TOKEN: &str = "fault-0ld-t0ken/12d=";

/// Returns a row whose client finds its credentials with these variables.
fn found_with(variables: &[(&str, String)]) -> Row {
    let mut row = given_without_credentials();
    row.config.environment(variables.iter().map(|(name, value)| (*name, value.as_str())));
    row
}

fn found_at(giver: &Giver) -> Row {
    let uri = format!("http://{}/key", giver.address);
    found_with(&[("ALIBABA_CLOUD_CREDENTIALS_URI", uri), ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true".to_owned())])
}

/// Row 83: the token of the first request has expired.
pub(super) fn renewed_once() -> Row {
    renews().creates([refuses(EXPIRED)])
}

/// Returns a client whose first token differs from the later ones.
pub(super) fn renews() -> Row {
    let mut row = given();
    row.state.other_token = OLD_TOKEN;
    let times = AtomicU32::new(0);
    row.config.credentials_provider(move |_| {
        let token = if times.fetch_add(1, Ordering::SeqCst) == 0 { OLD_TOKEN } else { TOKEN };
        Ok(ProvidedCredentials::new(Credentials::temporary(KEY_ID, SECRET, token).unwrap()))
    });
    row
}

#[test]
fn row_83_a_token_that_expires_on_the_way_is_renewed_once() {
    renewed_once().played().succeeds(Origin::Created).sent(2, 0).attempts(2).leaves(1);

    let giver = Giver::of_uri(|times| Some(key(if times == 1 { OLD_TOKEN } else { TOKEN }, 3600)));
    let mut row = found_at(&giver).creates([refuses(EXPIRED)]);
    row.state.other_token = OLD_TOKEN;
    row.played().succeeds(Origin::Created).sent(2, 0).attempts(2).leaves(1);
    assert_eq!(giver.asked(), ["GET /key", "GET /key"]);
}

#[test]
fn row_119_questions_to_a_server_of_credentials_share_a_connection() {
    let giver = Giver::of_uri(|times| Some(key(if times == 1 { OLD_TOKEN } else { TOKEN }, 3600)));
    let mut row = found_at(&giver).creates([refuses(EXPIRED)]);
    row.state.other_token = OLD_TOKEN;

    row.played().succeeds(Origin::Created);

    assert_eq!((giver.asked().len(), giver.connections()), (2, 1));
}

#[test]
fn row_84_a_renewal_that_gives_the_same_token_is_an_error() {
    let giver = Giver::of_uri(|_| Some(usual_key()));
    let row = found_at(&giver).every_create(refuses(EXPIRED));

    let played = row.played().fails(ErrorKind::Credentials, Outcome::Refused).sent(1, 0).attempts(1).leaves(0);

    assert!(played.error().message().contains("credentials_uri still gives the same one"), "{}", played.error());
    assert_eq!(giver.asked().len(), 2);
}

#[test]
fn row_84_what_cannot_be_renewed_is_the_service_s_own_refusal() {
    let played = given().every_create(refuses(EXPIRED)).played();

    let played = played.fails(ErrorKind::Auth, Outcome::Refused).sent(1, 0).attempts(1);
    assert_eq!(played.error().code(), EXPIRED);
}

/// The instance metadata. `token` answers the request for a token.
fn metadata(token: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Giver {
    Giver::start(move |request, _| {
        Some(match request.asks().as_str() {
            "PUT /latest/api/token" => token(),
            "GET /latest/meta-data/ram/security-credentials/" => reply(200, "", b"a-role"),
            "GET /latest/meta-data/ram/security-credentials/a-role" => usual_key(),
            other => panic!("{other}"),
        })
    })
}

fn on_instance(giver: &Giver, more: &[(&str, &str)]) -> Row {
    let own = [("ESA_METADATA_ENDPOINT", format!("http://{}", giver.address))];
    let more = more.iter().map(|(name, value)| (*name, value.to_string()));
    found_with(&own.into_iter().chain(more).collect::<Vec<_>>())
}

#[test]
fn row_85_sixty_four_threads_without_credentials_ask_once() {
    let giver = metadata(|| {
        thread::sleep(Duration::from_millis(100));
        reply(200, "", b"metadata-token")
    });
    let mut row = on_instance(&giver, &[]);
    let service = Service::start(std::mem::take(&mut row.state));
    let client = Client::new(row.config.endpoint(&format!("http://{}", service.address))).unwrap();

    let list =
        || client.list_routine_related_records(&ListRoutineRelatedRecordsRequest::new(ROUTINE), &CallOptions::new());
    thread::scope(|scope| {
        let calls: Vec<_> = (0..64).map(|_| scope.spawn(list)).collect();
        calls.into_iter().for_each(|call| drop(call.join().unwrap().unwrap()));
    });

    assert_eq!(client.credentials_source(), Some("ecs_ram_role"));
    assert_eq!(
        giver.asked(),
        [
            "PUT /latest/api/token",
            "GET /latest/meta-data/ram/security-credentials/",
            "GET /latest/meta-data/ram/security-credentials/a-role"
        ]
    );
    assert!(service.state().problems.is_empty());
}

#[test]
fn row_86_whoever_waits_for_a_renewal_that_hangs_ends_by_its_own_deadline() {
    let giver = Giver::of_uri(|_| None);
    let mut row = found_at(&giver);
    let service = Service::start(std::mem::take(&mut row.state));
    let client = Client::new(row.config.endpoint(&format!("http://{}", service.address))).unwrap();

    together(&[100, 200, 300, 400, 500], |&milliseconds| {
        let (limit, started) = (Duration::from_millis(milliseconds), Instant::now());
        let mut options = CallOptions::new();
        options.timeout(limit);

        let error =
            client.list_routine_related_records(&ListRoutineRelatedRecordsRequest::new(ROUTINE), &options).unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent), "{error:?}");
        assert!(error.message().contains("credentials"), "{error:?}");
        let elapsed = started.elapsed();
        assert!(elapsed >= limit && elapsed < limit + Duration::from_secs(2), "{elapsed:?}");
    });
    assert_eq!(service.seen(), (0, 0));
}

#[test]
fn row_87_credentials_that_are_still_good_are_used_on() {
    // The first ones are due after half of their life.
    let giver = Giver::of_uri(|times| Some(if times == 1 { key(TOKEN, 4) } else { reply(500, "", b"") }));
    let mut row = found_at(&giver);
    let service = Service::start(std::mem::take(&mut row.state));
    let client = Client::new(row.config.endpoint(&format!("http://{}", service.address))).unwrap();

    assert!(row.call(&client).is_ok());
    thread::sleep(Duration::from_millis(2100));
    service.state().records.clear();
    assert!(row.call(&client).is_ok());

    assert_eq!(giver.asked().len(), 2);
    assert!(
        row.lines().contains("credentials: renewing them failed, so the old ones stay in use: "),
        "{}",
        row.lines()
    );
}

#[test]
fn row_88_an_answer_without_credentials_is_an_error_and_the_next_call_asks_again() {
    let incomplete = br#"{"Code": "Success", "AccessKeyId": "fault-key-id", "SecurityToken": "x"}"#;
    let past =
        br#"{"AccessKeyId": "i", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2001-01-01T00:00:00Z"}"#;
    let answers = [
        ("HTTP status 500", reply(500, "", b"")),
        ("HTTP status 404", reply(404, "", b"<html>")),
        ("is not JSON", reply(200, "", b"fault-s3cret/9f1+")),
        ("the answer is not UTF-8", reply(200, "", b"\xff")),
        ("the reply can't be read", reply(200, "", &vec![b'a'; 2 * 1024 * 1024])),
        ("lacks a field", reply(200, "", incomplete)),
        ("expired at 2001", reply(200, "", past)),
    ];
    together(&answers, |(reason, answer)| {
        let good = Arc::new(AtomicBool::new(false));
        let (is_good, answer) = (Arc::clone(&good), answer.clone());
        let giver =
            Giver::of_uri(move |_| Some(if is_good.load(Ordering::SeqCst) { usual_key() } else { answer.clone() }));
        let mut row = found_at(&giver);
        let service = Service::start(std::mem::take(&mut row.state));
        let client = Client::new(row.config.endpoint(&format!("http://{}", service.address))).unwrap();

        let error = row.call(&client).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Credentials, Outcome::NotSent), "{error:?}");
        assert!(error.message().contains(reason) && !format!("{error:?}").contains(SECRET), "{error:?}");
        assert_eq!(service.seen(), (0, 0));

        good.store(true, Ordering::SeqCst);
        assert!(row.call(&client).is_ok());
    });
}

#[test]
fn row_91_the_first_version_of_the_metadata_is_asked_where_that_is_allowed() {
    for status in [404, 405] {
        let giver = metadata(move || reply(status, "", b""));
        on_instance(&giver, &[]).played().succeeds(Origin::Created).sent(1, 0);

        let forbidden = on_instance(&giver, &[("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")]).played();
        let forbidden = forbidden.fails(ErrorKind::Credentials, Outcome::NotSent).sent(0, 0);
        assert!(forbidden.error().message().contains("ALIBABA_CLOUD_IMDSV1_DISABLED is set"), "{}", forbidden.error());
    }
}

#[test]
fn row_124_without_credentials_and_metadata_the_places_are_asked_once() {
    const TOKEN_ONLY: [&str; 1] = ["PUT /latest/api/token"];
    let (_sockets, black_hole) = black_hole();
    let (_socket, refusing) = refusing();
    let silent = Giver::start(|_, _| None);

    together(&[black_hole, refusing, silent.address], |address| {
        let mut row = found_with(&[("ESA_METADATA_ENDPOINT", format!("http://{address}"))]);
        let service = Service::start(std::mem::take(&mut row.state));
        let client = Client::new(row.config.endpoint(&format!("http://{}", service.address))).unwrap();

        let error = row.call(&client).unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Credentials, Outcome::NotSent), "{error:?}");
        assert!(!error.retryable() && error.message().contains("ecs_ram_role: the instance's metadata"), "{error:?}");
        let stats = client.stats();
        assert_eq!((error.attempts(), stats.attempts, stats.retries, service.seen()), (0, 0, 0, (0, 0)), "{error:?}");
    });
    assert_eq!(silent.asked(), TOKEN_ONLY);
}

#[test]
fn row_124_attempts_are_those_at_the_service() {
    let giver = Giver::of_uri(|times| Some(if times == 1 { key(TOKEN, 3600) } else { reply(403, "", b"") }));
    let row = found_at(&giver).every_create(refuses(EXPIRED));

    row.played().fails(ErrorKind::Credentials, Outcome::Refused).sent(1, 0).attempts(1);
}

#[test]
fn row_124_who_gives_credentials_and_is_in_trouble_is_asked_again() {
    let giver = Giver::of_uri(|times| Some(if times == 1 { reply(503, "", b"") } else { usual_key() }));

    found_at(&giver).played().succeeds(Origin::Created).sent(1, 0);

    assert_eq!(giver.asked().len(), 2);
}

#[test]
fn row_126_metadata_that_does_not_take_its_own_token_is_asked_without_one() {
    const ROLE: &str = "GET /latest/meta-data/ram/security-credentials/";
    const KEY: &str = "GET /latest/meta-data/ram/security-credentials/a-role";
    for status in [401, 403, 404, 500] {
        let giver = Giver::start(move |request, _| {
            Some(match request.asks().as_str() {
                "PUT /latest/api/token" => reply(200, "", b"metadata-token"),
                _ if !request.header("x-aliyun-ecs-metadata-token").is_empty() => reply(status, "", b""),
                ROLE => reply(200, "", b"a-role"),
                KEY => usual_key(),
                other => panic!("{other}"),
            })
        });
        on_instance(&giver, &[]).played().succeeds(Origin::Created).sent(1, 0);
        assert_eq!(giver.asked(), ["PUT /latest/api/token", ROLE, ROLE, KEY], "{status}");

        let forbidden = on_instance(&giver, &[("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")]).played();
        forbidden.fails(ErrorKind::Credentials, Outcome::NotSent).sent(0, 0);
    }
}

#[test]
fn credentials_that_expire_while_a_write_waits_are_renewed() {
    let mut row = given().creates([hangs()]).limits(1500, 20_000);
    row.state.other_token = OLD_TOKEN;
    let times = AtomicU32::new(0);
    row.config.credentials_provider(move |_| {
        let is_first = times.fetch_add(1, Ordering::SeqCst) == 0;
        let credentials = Credentials::temporary(KEY_ID, SECRET, if is_first { OLD_TOKEN } else { TOKEN }).unwrap();
        let mut provided = ProvidedCredentials::new(credentials);
        provided.expires = is_first.then(|| SystemTime::now() + Duration::from_secs(1));
        Ok(provided)
    });
    let service = Service::start(std::mem::take(&mut row.state));
    row.config.endpoint(&format!("http://{}", service.address));
    let client = Client::new(&row.config).unwrap();
    let create = |record_name| {
        let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, record_name);
        client.create_routine_related_record(&request, &CallOptions::new()).unwrap()
    };

    std::thread::scope(|scope| {
        scope.spawn(|| create("first.example.com"));
        while service.seen().0 == 0 {
            std::thread::yield_now();
        }
        // Its token is valid now, and has expired when the first call's attempt ends.
        create("second.example.com");
    });

    let tokens = service.state().tokens.clone();
    assert_eq!(tokens[0], OLD_TOKEN);
    assert!(tokens[1..].iter().all(|token| token == TOKEN), "{tokens:?}");
}
