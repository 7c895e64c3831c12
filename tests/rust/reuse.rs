//! Connections are kept for the next call, and only those that are still good.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use esa::{Client, CreateRoutineRelatedRecord, Credentials};

use crate::emulator::Emulator;
use crate::server::{SUCCESS, Server, call, read_request};

/// Answers requests until the client closes.
fn keep_answering(mut connection: TcpStream, reply: &str) {
    while !read_request(&mut connection).is_empty() && connection.write_all(reply.as_bytes()).is_ok() {}
}

#[test]
fn calls_in_a_row_use_one_connection() {
    let server = Server::start(|connection, _| keep_answering(connection, SUCCESS));
    let client = Client::new(&server.config()).unwrap();

    for _ in 0..5 {
        call(&client).unwrap();
    }

    assert_eq!(server.connections(), 1);
}

#[test]
fn calls_at_once_use_a_connection_each_and_keep_them() {
    let server = Server::start(|connection, _| keep_answering(connection, SUCCESS));
    let client = Client::new(&server.config()).unwrap();

    for _ in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10).for_each(|_| assert!(call(&client).is_ok())));
            }
        });
    }

    assert!(server.connections() <= 4, "{}", server.connections());
}

#[test]
fn a_connection_that_the_server_closed_is_not_used_again() {
    let server = Server::answering(SUCCESS);
    let client = Client::new(&server.config()).unwrap();

    for number in 1..=5 {
        call(&client).unwrap();
        // Until the server's end has reached this one.
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(server.connections(), number);
    }
}

#[test]
fn a_connection_with_more_than_the_reply_is_not_used_again() {
    let server =
        Server::start(|connection, _| keep_answering(connection, &format!("{SUCCESS}HTTP/1.1 400 No\r\n\r\n")));
    let client = Client::new(&server.config()).unwrap();

    for number in 1..=3 {
        assert_eq!(call(&client).unwrap().record_id, Some(7));
        assert_eq!(server.connections(), number);
    }
}

#[test]
fn a_connection_that_the_reply_ends_is_not_used_again() {
    let reply = SUCCESS.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let server = Server::start(move |connection, _| keep_answering(connection, &reply));
    let client = Client::new(&server.config()).unwrap();

    call(&client).unwrap();
    call(&client).unwrap();

    assert_eq!(server.connections(), 2);
}

#[test]
fn no_connection_is_kept_where_none_is_wanted_or_it_is_too_old() {
    for (max_idle, idle) in [(0, Duration::from_secs(60)), (8, Duration::ZERO)] {
        let server = Server::start(|connection, _| keep_answering(connection, SUCCESS));
        let mut config = server.config();
        config.keep_alive(max_idle, Some(idle));
        let client = Client::new(&config).unwrap();

        call(&client).unwrap();
        call(&client).unwrap();

        assert_eq!(server.connections(), 2, "at most {max_idle} for {idle:?}");
    }
}

#[test]
fn a_tls_connection_is_used_again_and_another_authority_is_not_trusted() {
    let emulator = Emulator::start(&["--tls"]);
    let text = |name: &str| emulator.ready[name].as_str().unwrap();
    let mut config = esa::Config::new();
    config
        .endpoint(emulator.url())
        .credentials(Credentials::new(text("access_key_id"), text("access_key_secret"), None).unwrap());
    let create = |client: &Client, record_name| {
        client.create_routine_related_record(
            &CreateRoutineRelatedRecord { site_id: 54362329990032, name: "test-routine1", record_name },
            &esa::CallOptions::new(),
        )
    };

    let error = create(&Client::new(&config).unwrap(), "a.example.com").unwrap_err();
    assert_eq!((error.status(), error.outcome()), (esa::Status::Tls, esa::Outcome::NotSent), "{error}");

    let client = Client::new(config.ca_file(text("ca_file"))).unwrap();
    create(&client, "a.example.com").unwrap();
    create(&client, "b.example.com").unwrap();

    let connections: Vec<_> = emulator.requests().iter().map(|request| request["connection"].clone()).collect();
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[0], connections[1]);
}
