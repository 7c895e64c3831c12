//! A server that gives credentials, like the instance metadata or a side-car.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::request::Request;
use super::service::{KEY_ID, SECRET, TOKEN};
use super::step::reply;

/// A running server. Its threads end with the test's process.
#[derive(Clone)]
pub(super) struct Giver {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Giver {
    /// Returns a server whose `answer` gets a request (method and path) and its number, and returns the reply. `None`:
    /// no reply.
    pub(super) fn start(answer: impl Fn(&Request, u32) -> Option<Vec<u8>> + Send + Sync + 'static) -> Giver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let giver =
            Giver { address: listener.local_addr().unwrap(), asked: Arc::default(), connections: Arc::default() };
        let (shared, answer) = (giver.clone(), Arc::new(answer));
        thread::spawn(move || {
            for socket in listener.incoming() {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (giver, answer, mut socket) = (shared.clone(), Arc::clone(&answer), socket.unwrap());
                socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                thread::spawn(move || {
                    while let Some(request) = Request::read_head(&mut socket) {
                        let times = {
                            let mut asked = giver.asked.lock().unwrap();
                            asked.push(request.asks());
                            asked.iter().filter(|&asked| *asked == request.asks()).count()
                        };
                        match answer(&request, u32::try_from(times).unwrap()) {
                            Some(bytes) if socket.write_all(&bytes).is_ok() => {}
                            Some(_) => return,
                            None => drop(socket.read(&mut [0])),
                        }
                    }
                });
            }
        });
        giver
    }

    /// Returns a server that is always asked for the same URI.
    pub(super) fn of_uri(answer: impl Fn(u32) -> Option<Vec<u8>> + Send + Sync + 'static) -> Giver {
        Giver::start(move |_, times| answer(times))
    }

    /// Returns how many connections were made to it.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Returns all requests, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Returns a reply with the tests' key, this token, and this time to live.
pub(super) fn key(token: &str, seconds: u64) -> Vec<u8> {
    let expiration = humantime::format_rfc3339_seconds(SystemTime::now() + Duration::from_secs(seconds));
    let key = json!({
        "Code": "Success", "AccessKeyId": KEY_ID, "AccessKeySecret": SECRET, "SecurityToken": token,
        "Expiration": expiration.to_string(),
    });
    reply(200, "", key.to_string().as_bytes())
}

/// Returns the usual reply, valid for an hour.
pub(super) fn usual_key() -> Vec<u8> {
    key(TOKEN, 3600)
}
