//! One exchange: what is sent, and what happens after replies that no service should send.

use std::error::Error;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use esa::{ErrorKind, Outcome};

use crate::server::{SUCCESS, Server, call, config, read_request};

/// Checks the error of a reply that can't be understood: the request was sent, and its outcome is unknown.
fn assert_not_understood(reply: impl Into<Vec<u8>>) {
    let reply = reply.into();
    let shown = String::from_utf8_lossy(&reply[..reply.len().min(60)]).into_owned();

    let error = Server::answering(reply).call().unwrap_err();

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Response, Outcome::Unknown), "{shown:?}: {error}");
}

#[test]
fn a_request_is_one_that_the_service_expects() {
    let seen = Arc::new(Mutex::new(String::new()));
    let server = Server::start({
        let seen = Arc::clone(&seen);
        move |mut connection, _| {
            *seen.lock().unwrap() = read_request(&mut connection);
            connection.write_all(SUCCESS.as_bytes()).unwrap();
        }
    });
    let mut config = server.config();
    config.user_agent("my-agent/1.2");

    let record = call(&esa::Client::new(&config).unwrap()).unwrap();

    assert_eq!((record.record_id, record.request_id.as_str(), record.attempts), (Some(7), "R", 1));
    let request = seen.lock().unwrap().clone();
    let has = |line: &str| request.to_lowercase().lines().filter(|found| *found == line).count() == 1;
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(has(&format!("host: {}", server.address())), "{request}");
    assert!(has("content-type: application/x-www-form-urlencoded") && has("x-acs-version: 2024-09-10"), "{request}");
    assert!(request.contains(" libesa/") && request.contains(" my-agent/1.2\r\n"), "{request}");
    assert!(!request.to_lowercase().contains("accept-encoding"), "{request}");
    assert!(request.ends_with("\r\n\r\nName=routine&RecordName=record.example.com&SiteId=1"), "{request}");
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Server::answering(SUCCESS);
    let location = format!("http://{}/", elsewhere.address());
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let reply = format!("HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");

        let error = Server::answering(reply).call().unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Response, Outcome::Unknown), "{status}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_reply_that_is_not_http_is_not_understood() {
    assert_not_understood("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    assert_not_understood(b"\x00\x01\xff\r\n\r\n");
    assert_not_understood("{\"Status\":\"OK\",\"RecordId\":7}\r\n\r\n");
}

#[test]
fn a_reply_with_contradicting_lengths_is_not_understood() {
    let body = "{\"Status\":\"OK\",\"RecordId\":7}";
    assert_not_understood(format!("HTTP/1.1 200 OK\r\nContent-Length: 28\r\nContent-Length: 5\r\n\r\n{body}"));
    assert_not_understood(format!("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{body}"));
    assert_not_understood(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{body}\r\n0\r\n\r\n"));
}

#[test]
fn a_body_that_is_not_the_operation_s_is_not_understood() {
    for body in
        ["", "null", "[]", "{}", "\u{feff}{}", "{\"Status\":\"OK\",\"Status\":\"OK\"}", "{\"Status\":\"\\ud800\"}"]
    {
        assert_not_understood(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    }
    let deep = format!("{{\"Status\":\"OK\",\"Later\":{}", "[".repeat(10_000));
    assert_not_understood(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{deep}", deep.len()));
    assert_not_understood(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08");
}

#[test]
fn a_head_without_end_is_not_read_for_ever() {
    let header = format!("X-Filler: {}\r\n", "a".repeat(1000));
    assert_not_understood(format!("HTTP/1.1 200 OK\r\n{}", header.repeat(200)));
    assert_not_understood(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: b\r\n".repeat(2000)));
}

#[test]
fn a_body_of_a_gigabyte_is_given_up_early() {
    let sent = Arc::new(AtomicU64::new(0));
    let server = Server::start({
        let sent = Arc::clone(&sent);
        move |mut connection, _| {
            read_request(&mut connection);
            let block = [b' '; 64 * 1024];
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").unwrap();
            while sent.load(Ordering::SeqCst) < 1 << 30 && connection.write_all(&block).is_ok() {
                sent.fetch_add(block.len() as u64, Ordering::SeqCst);
            }
        }
    });

    let error = server.call().unwrap_err();

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Response, Outcome::Unknown), "{error}");
    // The bytes that the client reads, and those that fit into the sockets in between.
    assert!(sent.load(Ordering::SeqCst) < 64 << 20);
}

#[test]
fn a_connection_that_ends_early_leaves_the_outcome_unknown() {
    for reply in [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"St",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"Sta",
    ] {
        let error = Server::answering(reply).call().unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Io, Outcome::Unknown), "{reply:?}: {error}");
        assert!(error.retryable() && error.attempts() == 1);
    }
}

#[test]
fn nothing_is_sent_where_nobody_listens() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

    let error = call(&esa::Client::new(&config(&format!("http://{nobody}"))).unwrap()).unwrap_err();

    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
    assert!(error.message().contains(&nobody.to_string()), "{error}");
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>()).unwrap();
    assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn nothing_is_sent_to_a_server_that_does_not_speak_tls() {
    let server = Server::start(|mut connection, _| {
        let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        read_request(&mut connection);
    });

    let error = call(&esa::Client::new(&config(&format!("https://{}", server.address()))).unwrap()).unwrap_err();

    assert_eq!(
        (error.kind(), error.outcome(), error.retryable()),
        (ErrorKind::Tls, Outcome::NotSent, false),
        "{error}"
    );
    assert!(error.source().is_some_and(|source| source.is::<rustls::Error>()), "{error:?}");
}

#[test]
fn nothing_is_sent_where_the_handshake_is_broken_off() {
    let server = Server::start(|connection, _| drop(connection));

    let error = call(&esa::Client::new(&config(&format!("https://{}", server.address()))).unwrap()).unwrap_err();

    assert_eq!((error.kind(), error.outcome(), error.retryable()), (ErrorKind::Tls, Outcome::NotSent, true), "{error}");
}
