//! A server for one test. The test decides what happens to its connections.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use esa::{CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, Record};

pub(crate) const SUCCESS: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 44\r\n\r\n{\"Status\":\"OK\",\"RequestId\":\"R\",\"RecordId\":7}";

pub(crate) struct Server {
    address: String,
    connections: Arc<AtomicU32>,
}

impl Server {
    /// Handles each connection with `handle`. Its arguments are the connection and its number, from 1 on. The threads
    /// end with the test's process.
    pub(crate) fn start(handle: impl Fn(TcpStream, u32) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicU32::new(0));
        let (counter, handle) = (Arc::clone(&connections), Arc::new(handle));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, handle) = (connection.unwrap(), Arc::clone(&handle));
                // No test may wait forever.
                connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
                std::thread::spawn(move || handle(connection, number));
            }
        });
        Server { address, connections }
    }

    /// Reads each connection's request, then answers with `reply` and closes.
    pub(crate) fn answering(reply: impl Into<Vec<u8>>) -> Server {
        let reply = reply.into();
        Server::start(move |mut connection, _| {
            read_request(&mut connection);
            // The client may have read enough before the end.
            let _ = connection.write_all(&reply);
        })
    }

    /// Lets every request succeed. The first one succeeds when the sender is used.
    pub(crate) fn holding_the_first() -> (Server, Sender<()>) {
        let (release, held) = mpsc::channel();
        let held = Mutex::new(held);
        let server = Server::start(move |mut connection, number| {
            let mut is_first = number == 1;
            while !read_request(&mut connection).is_empty() {
                if std::mem::take(&mut is_first) {
                    held.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap();
                }
                connection.write_all(SUCCESS.as_bytes()).unwrap();
            }
        });
        (server, release)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> u32 {
        self.connections.load(Ordering::SeqCst)
    }

    /// A configuration for a client of this server.
    pub(crate) fn config(&self) -> Config {
        config(&format!("http://{}", self.address))
    }

    /// Makes the one call of these tests, with a new client.
    pub(crate) fn call(&self) -> Result<Record, Error> {
        call(&Client::new(&self.config()).unwrap())
    }
}

pub(crate) fn config(endpoint: &str) -> Config {
    let mut config = Config::new();
    config.endpoint(endpoint).credentials(Credentials::new("testid", "testsecret").unwrap());
    // In most of these tests, a read-back finds nothing.
    config.reconcile_horizon(Duration::from_millis(500));
    config
}

pub(crate) fn call(client: &Client) -> Result<Record, Error> {
    call_with(client, &CallOptions::new())
}

pub(crate) fn call_with(client: &Client, options: &CallOptions) -> Result<Record, Error> {
    let request = CreateRoutineRelatedRecordRequest::new(1, "routine", "record.example.com");
    client.create_routine_related_record(&request, options)
}

/// Reads one request, head and body. Returns it as text.
pub(crate) fn read_request(connection: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && connection.read(&mut byte).is_ok_and(|count| count > 0) {
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")).map_or(0, |n| n.trim().parse().unwrap());
    let mut body = vec![0; length];
    if connection.read_exact(&mut body).is_ok() {
        request.extend(body);
    }
    String::from_utf8(request).unwrap()
}
