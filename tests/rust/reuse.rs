//! Connections are kept for the next call, but only usable ones.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use esa::{CallOptions, Client, CreateRoutineRelatedRecordRequest, Credentials};

use crate::emulator::Emulator;
use crate::server::{SUCCESS, Server, call, read_request};

const NO_RECORDS: &str = "HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{\"TotalCount\":0,\"RelatedRecords\":[]}";

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
#[cfg_attr(feature = "_multi-driver", ignore = "connections are those of a thread there")]
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
#[cfg_attr(feature = "_multi-driver", ignore = "connections are those of a thread there")]
fn a_thread_uses_the_connection_that_it_used_last() {
    let made = Barrier::new(2);
    let server = Server::start(move |mut connection, number| {
        let reply = SUCCESS.replace("\"RecordId\":7", &format!("\"RecordId\":{number}"));
        let mut is_first = true;
        while !read_request(&mut connection).is_empty() {
            if std::mem::take(&mut is_first) {
                made.wait();
            }
            connection.write_all(reply.as_bytes()).unwrap();
        }
    });
    let client = Client::new(server.config().max_concurrent_writes(usize::MAX)).unwrap();
    let turn = Barrier::new(2);
    let connections_of = |thread: usize| {
        let mut connections = vec![call(&client).unwrap().record_id];
        for number in 0..6 {
            turn.wait();
            if number % 2 == thread {
                connections.push(call(&client).unwrap().record_id);
            }
        }
        connections
    };

    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| connections_of(0));
        let other = scope.spawn(|| connections_of(1));
        (one.join().unwrap(), other.join().unwrap())
    });

    assert_eq!(server.connections(), 2);
    assert_eq!((one.len(), other.len()), (4, 4));
    assert!(one.iter().all(|connection| *connection == one[0]), "{one:?}");
    assert!(other.iter().all(|connection| *connection == other[0]), "{other:?}");
}

#[test]
fn a_connection_that_the_server_closed_is_not_used_again() {
    let server = Server::answering(SUCCESS);
    let client = Client::new(&server.config()).unwrap();

    for number in 1..=5 {
        call(&client).unwrap();
        // Waits until the server's close has arrived.
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

/// The names that it was asked to create, and how often. `serve` gets a connection and a function that answers a
/// request on it.
fn creating(
    serve: impl Fn(&mut TcpStream, &dyn Fn(&str) -> &'static str) + Send + Sync + 'static,
) -> (Server, Created) {
    let created = Created::default();
    let server = Server::start({
        let created = Arc::clone(&created);
        move |mut connection, _| {
            serve(&mut connection, &|request| {
                let name = request.split(['&', '?', '\n']).find_map(|part| part.strip_prefix("RecordName="));
                let Some(name) = name else { return NO_RECORDS };
                *created.lock().unwrap().entry(name.to_owned()).or_default() += 1;
                SUCCESS
            });
        }
    });
    (server, created)
}

type Created = Arc<Mutex<HashMap<String, u32>>>;

fn create(client: &Client, count: u32) {
    for number in 0..count {
        let record_name = &format!("r{number}.example.com");
        let request = CreateRoutineRelatedRecordRequest::new(1, "routine", record_name);
        client.create_routine_related_record(&request, &CallOptions::new()).unwrap();
    }
}

/// The close may cross the next request. Then nobody knows whether that arrived, and it must not be sent again before a
/// read-back.
#[test]
fn a_server_that_closes_after_each_reply_gets_every_record_once() {
    let (server, created) = creating(|connection, answer| {
        let request = read_request(connection);
        let _ = connection.write_all(answer(&request).as_bytes());
    });

    create(&Client::new(&server.config()).unwrap(), 300);

    let created = created.lock().unwrap();
    assert_eq!(created.len(), 300);
    assert!(created.values().all(|&count| count == 1));
}

#[test]
fn where_a_kept_connection_was_lost_the_next_attempt_goes_over_a_new_one() {
    let (server, created) = creating(|connection, answer| {
        let request = read_request(connection);
        connection.write_all(answer(&request).as_bytes()).unwrap();
        read_request(connection);
    });
    let client = Client::new(&server.config()).unwrap();

    create(&client, 2);

    assert_eq!(created.lock().unwrap().len(), 2);
    let stats = client.stats();
    assert_eq!((stats.connections_reused, stats.retries), (1, 1));
    // The connections of the read-back and the second attempt came after the first.
    assert_eq!(server.connections(), 3);
}

#[test]
fn no_connection_is_kept_if_the_limit_is_zero_or_it_is_too_old() {
    for (max_idle, idle) in [(0, Duration::from_secs(60)), (8, Duration::ZERO)] {
        let server = Server::start(|connection, _| keep_answering(connection, SUCCESS));
        let mut config = server.config();
        config.max_idle_connections(max_idle).idle_timeout(idle);
        let client = Client::new(&config).unwrap();

        call(&client).unwrap();
        call(&client).unwrap();

        assert_eq!(server.connections(), 2, "at most {max_idle} for {idle:?}");
    }
}

#[test]
#[cfg_attr(feature = "_multi-driver", ignore = "connections are those of a thread there")]
fn connections_that_are_too_old_are_closed_while_another_is_in_use() {
    let open = Arc::new(AtomicU32::new(0));
    let server = {
        let (open, all_open) = (Arc::clone(&open), Barrier::new(4));
        Server::start(move |mut connection, number| {
            open.fetch_add(1, Ordering::SeqCst);
            read_request(&mut connection);
            if number <= 4 {
                all_open.wait();
            }
            connection.write_all(SUCCESS.as_bytes()).unwrap();
            keep_answering(connection, SUCCESS);
            open.fetch_sub(1, Ordering::SeqCst);
        })
    };
    let mut config = server.config();
    let client =
        Client::new(config.max_concurrent_writes(usize::MAX).idle_timeout(Duration::from_millis(500))).unwrap();
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| call(&client).unwrap()))));
    assert_eq!(server.connections(), 4);

    for _ in 0..200 {
        call(&client).unwrap();
        if open.load(Ordering::SeqCst) == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }

    assert_eq!(open.load(Ordering::SeqCst), 1);
}

#[test]
fn a_connection_is_kept_for_no_longer_than_the_server_says() {
    for (announced, connections) in [("timeout=1", 3), ("timeout=0, max=5", 3), ("timeout=60", 1), ("max=5", 1)] {
        let reply = SUCCESS.replace("\r\n\r\n", &format!("\r\nKeep-Alive: {announced}\r\n\r\n"));
        let server = Server::start(move |connection, _| keep_answering(connection, &reply));
        let client = Client::new(&server.config()).unwrap();

        (0..3).for_each(|_| assert!(call(&client).is_ok()));

        assert_eq!(server.connections(), connections, "{announced}");
    }
}

#[test]
fn a_connection_is_not_used_again_after_a_reply_that_ends_http_on_it() {
    for status in ["101 Switching Protocols", "408 Request Timeout"] {
        let (status, answered) =
            (format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"), Arc::new(Mutex::new(false)));
        let server = Server::start(move |mut connection, _| {
            while !read_request(&mut connection).is_empty() {
                let is_first = !std::mem::replace(&mut *answered.lock().unwrap(), true);
                connection.write_all(if is_first { &status } else { SUCCESS }.as_bytes()).unwrap();
            }
        });
        let client = Client::new(&server.config()).unwrap();

        let first = call(&client);
        call(&client).unwrap();

        let stats = client.stats();
        assert_eq!(stats.connections_opened, 2, "{first:?}");
    }
}

#[test]
fn a_tls_connection_is_used_again_and_another_authority_is_not_trusted() {
    let emulator = Emulator::start(&["--tls"]);
    let text = |name: &str| emulator.ready[name].as_str().unwrap();
    let mut config = esa::Config::new();
    config
        .endpoint(emulator.url())
        .credentials(Credentials::new(text("access_key_id"), text("access_key_secret")).unwrap());
    let create = |client: &Client, record_name| {
        client.create_routine_related_record(
            &CreateRoutineRelatedRecordRequest::new(54362329990032, "test-routine1", record_name),
            &esa::CallOptions::new(),
        )
    };

    let error = create(&Client::new(&config).unwrap(), "a.example.com").unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (esa::ErrorKind::Tls, esa::Outcome::NotSent), "{error}");

    let client = Client::new(config.ca_file(text("ca_file"))).unwrap();
    create(&client, "a.example.com").unwrap();
    create(&client, "b.example.com").unwrap();

    let connections: Vec<_> = emulator.requests().iter().map(|request| request["connection"].clone()).collect();
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[0], connections[1]);
}
