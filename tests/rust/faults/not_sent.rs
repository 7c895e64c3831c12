//! Nothing is sent: rows 1, 4 to 9, 16 and 17. Nothing can have changed, so the call just tries again.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::{Arc, Mutex};

use esa::{Client, ErrorKind, Level, Log, Origin, Outcome};
use socket2::{Domain, SockAddr, Socket, Type};

use super::row::{Row, given};
use super::service::{Service, State, reset};
use crate::server::Server;

/// Returns a service that no request can reach.
fn out_of_reach() -> Service {
    Service::start(State::default())
}

fn given_endpoint(endpoint: &str) -> Row {
    let mut row = given();
    row.config.endpoint(endpoint);
    row
}

/// Returns a port that refuses connections while nobody listens.
pub(super) fn refusing() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::from(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

#[test]
fn row_1_the_name_does_not_exist() {
    // Longer than any DNS name, so no server is asked. Over http, such a name isn't a loopback address.
    let name = format!("{}.localhost", "a".repeat(300));
    let row = given_endpoint(&format!("https://{name}"));

    let error = Client::new(&row.config).unwrap_err();

    // Names that a certificate can't have are refused earlier. src/transport/resolver.rs tests a name that is resolved.
    assert_eq!((error.kind(), error.outcome(), error.retryable()), (ErrorKind::Config, Outcome::NotSent, false));
}

#[test]
fn row_4_refused_always() {
    let (_socket, address) = refusing();

    let played = given_endpoint(&format!("http://{address}")).played_with(out_of_reach());

    played.fails(ErrorKind::Connect, Outcome::NotSent).sent(0, 0).attempts(3);
}

/// Returns a client whose first two connections are refused, and the service that accepts the third.
pub(super) fn refused_twice() -> (Row, impl FnOnce() -> Service) {
    let (socket, address) = refusing();
    let (mut row, state) = (given_endpoint(&format!("http://{address}")), State::default());
    let (service, refused) = (Arc::new(Mutex::new(None)), Mutex::new((0, Some((socket, state)))));
    let started = Arc::clone(&service);
    // The log runs on the calling thread, after each attempt. After the second attempt, the server listens.
    row.config.log(Log::new(Level::Debug, move |record| {
        let mut refused = refused.lock().unwrap();
        refused.0 += u32::from(record.level == Level::Debug);
        if refused.0 == 2 {
            if let Some((socket, state)) = refused.1.take() {
                socket.listen(16).unwrap();
                *started.lock().unwrap() = Some(Service::accept(TcpListener::from(socket), None, state));
            }
        }
    }));
    (row, move || service.lock().unwrap().take().unwrap())
}

#[test]
fn row_5_refused_twice() {
    let (row, service) = refused_twice();

    let record = row.call(&Client::new(&row.config).unwrap()).unwrap();

    let service = service();
    assert_eq!((record.origin, record.attempts), (Origin::Created, 3));
    assert_eq!((service.seen(), service.state().records.len()), ((1, 0), 1));
    assert!(service.state().problems.is_empty());
}

#[test]
fn row_6_the_first_address_refuses() {
    // If the name has only one address, that one accepts. src/transport/tcp.rs tests the same with two.
    let addresses: Vec<_> = ("localhost", 0).to_socket_addrs().unwrap().collect();
    let listener = TcpListener::bind(addresses.last().unwrap()).unwrap();
    let service = Service::accept(listener, None, State::default());
    let endpoint = format!("http://localhost:{}", service.address.port());

    given_endpoint(&endpoint).played_with(service).succeeds(Origin::Created).sent(1, 0).attempts(1).leaves(1);
}

/// An address that neither accepts nor refuses connections while these sockets are open.
pub(super) fn black_hole() -> (Vec<Socket>, SocketAddr) {
    let (socket, address) = refusing();
    socket.listen(0).unwrap();
    let queue = (0..4).map(|_| {
        let queued = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        queued.set_nonblocking(true).unwrap();
        let _ = queued.connect(&SockAddr::from(address));
        queued
    });
    (queue.chain([socket]).collect(), address)
}

#[test]
fn row_7_neither_accepted_nor_refused() {
    let (_sockets, address) = black_hole();

    let row = given_endpoint(&format!("http://{address}")).limits(300, 2000);

    row.played_with(out_of_reach()).fails(ErrorKind::Timeout, Outcome::NotSent).sent(0, 0).attempts(3);
}

#[test]
fn row_8_the_handshake_is_never_answered() {
    let server = Server::start(|_connection, _| std::thread::sleep(std::time::Duration::from_secs(60)));
    let row = given_endpoint(&format!("https://{}", server.address())).limits(300, 2000);

    row.played_with(out_of_reach()).fails(ErrorKind::Timeout, Outcome::NotSent).sent(0, 0).attempts(3);
    assert_eq!(server.connections(), 3);
}

#[test]
fn row_9_a_reset_in_the_handshake() {
    let server = Server::start(|connection, _| reset(&connection));
    let row = given_endpoint(&format!("https://{}", server.address()));

    let played = row.played_with(out_of_reach());

    let status = played.error().kind();
    assert!(matches!(status, ErrorKind::Tls | ErrorKind::Connect), "{:?}", played.result);
    played.fails(status, Outcome::NotSent).sent(0, 0).attempts(3);
    assert_eq!(server.connections(), 3);
}

#[test]
fn row_16_tls_to_a_server_that_speaks_http() {
    let plain = Server::start(|mut connection, _| {
        use std::io::{Read, Write};
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = connection.read(&mut [0; 1024]);
    });

    let played = given_endpoint(&format!("https://{}", plain.address())).played_with(out_of_reach());

    played.fails(ErrorKind::Tls, Outcome::NotSent).saying(|error| !error.retryable()).sent(0, 0).attempts(1);
}

#[test]
fn row_17_plain_http_to_another_machine() {
    let row = given_endpoint("http://esa.example.com");

    let error = Client::new(&row.config).unwrap_err();

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent));
}
