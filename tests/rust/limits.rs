//! A call ends at its deadline, and at once when it is cancelled, during each kind of wait.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use esa::{CallOptions, Cancel, Client, Config, Error, ErrorKind, Outcome};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::server::{Server, call, call_with, config, read_request};

/// Far above what a call may take, and far below the limits that would end it without the tested one.
const SOON: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(60);

/// Makes a call that has to end soon.
fn ended(config: &Config, options: &CallOptions) -> Error {
    let started = Instant::now();
    let error = call_with(&Client::new(config).unwrap(), options).unwrap_err();
    assert!(started.elapsed() < SOON, "{error}");
    error
}

/// Makes a call with its own time limit. The client's limits are far away.
fn ended_by_timeout(mut config: Config) -> Error {
    config.connect_timeout(LATE).attempt_timeout(LATE).timeout(LATE);
    ended(&config, CallOptions::new().timeout(Duration::from_millis(200)))
}

/// Makes a call that another thread cancels while it runs.
fn ended_by_cancelling(mut config: Config) -> Error {
    config.connect_timeout(LATE).attempt_timeout(LATE).timeout(LATE);
    let cancel = Cancel::new().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            cancel.trigger();
        });
        ended(&config, CallOptions::new().cancel(&cancel))
    })
}

/// Accepts connections and reads, and never answers.
fn silent() -> Server {
    Server::start(|mut connection, _| {
        read_request(&mut connection);
        std::thread::sleep(LATE);
    })
}

/// Returns a port whose queue is full. Further connections are neither accepted nor refused.
struct BlackHole {
    _listener: Socket,
    _queue: Vec<Socket>,
    address: String,
}

impl BlackHole {
    fn new() -> BlackHole {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
        listener.bind(&SockAddr::from(any)).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let queue = (0..4).map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&address);
            socket
        });
        let queue = queue.collect();
        BlackHole { _listener: listener, _queue: queue, address: address.as_socket().unwrap().to_string() }
    }
}

#[test]
fn connecting_ends_at_the_deadline_with_nothing_sent() {
    let hole = BlackHole::new();

    let error = ended_by_timeout(config(&format!("http://{}", hole.address)));

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
    assert!(error.message().contains("connecting to"), "{error}");
}

#[test]
fn connecting_ends_at_its_own_limit_before_the_call_s() {
    let hole = BlackHole::new();
    let mut config = config(&format!("http://{}", hole.address));
    config.connect_timeout(Duration::from_millis(200)).attempt_timeout(LATE).timeout(LATE);

    let error = ended(&config, &CallOptions::new());

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
}

#[test]
fn connecting_is_cancelled_with_nothing_sent() {
    let hole = BlackHole::new();

    let error = ended_by_cancelling(config(&format!("http://{}", hole.address)));

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::NotSent));
}

#[test]
fn the_handshake_ends_at_the_deadline_with_nothing_sent() {
    let server = silent();

    let error = ended_by_timeout(config(&format!("https://{}", server.address())));

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
    assert!(error.message().contains("the TLS handshake"), "{error}");
}

#[test]
fn the_handshake_is_cancelled_with_nothing_sent() {
    let server = silent();

    let error = ended_by_cancelling(config(&format!("https://{}", server.address())));

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::NotSent));
}

#[test]
fn waiting_for_the_reply_ends_at_the_deadline_with_the_outcome_unknown() {
    let error = ended_by_timeout(silent().config());

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert!(error.message().contains("waiting for the reply"), "{error}");
}

#[test]
fn waiting_for_the_reply_is_cancelled_with_the_outcome_unknown() {
    let error = ended_by_cancelling(silent().config());

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Unknown));
}

#[test]
fn waiting_for_the_reply_is_ended_by_the_caller_s_answer() {
    let has_request = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&has_request);
    let server = Server::start(move |mut connection, _| {
        read_request(&mut connection);
        told.store(true, Ordering::Release);
        std::thread::sleep(LATE);
    });
    let mut config = server.config();
    config.connect_timeout(LATE).attempt_timeout(LATE).timeout(LATE);

    let error = ended(&config, CallOptions::new().interrupt(move || has_request.load(Ordering::Acquire)));

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Unknown));
}

#[test]
fn an_attempt_ends_at_its_own_limit_before_the_call_s() {
    let mut config = silent().config();
    config.connect_timeout(LATE).attempt_timeout(Duration::from_millis(200)).timeout(LATE);

    let error = ended(&config, &CallOptions::new());

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
}

#[test]
fn a_reply_that_drips_does_not_push_the_deadline() {
    let drip = |mut connection: TcpStream, start: &str| {
        read_request(&mut connection);
        let _ = connection.write_all(start.as_bytes());
        while connection.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    for start in ["HTTP/1.1 200 OK\r\nX-Filler: ", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"] {
        let error = ended_by_timeout(Server::start(move |connection, _| drip(connection, start)).config());

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown), "{start:?}");
    }
}

#[test]
fn what_is_cancelled_before_it_begins_sends_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let cancel = Cancel::new().unwrap();
    cancel.trigger();

    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let error = ended(&config(&endpoint), CallOptions::new().cancel(&cancel));

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::NotSent));
    assert!(listener.accept().is_err(), "a connection was made");
}

#[test]
fn a_time_limit_beyond_the_clock_is_no_limit() {
    let server = Server::answering(crate::server::SUCCESS);
    let mut config = server.config();
    config.connect_timeout(Duration::MAX).attempt_timeout(Duration::MAX).timeout(Duration::MAX);

    assert_eq!(call(&Client::new(&config).unwrap()).unwrap().record_id, Some(7));
}
