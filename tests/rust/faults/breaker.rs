//! A relay between client and server that breaks at the n-th event on its connections.
//!
//! Events: a connection is accepted, a piece of data arrives, half of a piece of data is passed on.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::service::reset;

/// How a connection is broken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Break {
    Close,
    Reset,
}

#[derive(Clone, Debug)]
pub(super) struct Breaker {
    pub(super) address: SocketAddr,
    fails_at: u32,
    how: Break,
    events: Arc<AtomicU32>,
}

impl Breaker {
    /// Forwards to `server`, and breaks the connection at event `fails_at`, counted from 1.
    pub(super) fn start(server: SocketAddr, fails_at: u32, how: Break) -> Breaker {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let breaker = Breaker { address, fails_at, how, events: Arc::default() };
        let shared = breaker.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                shared.forward(client.unwrap(), server);
            }
        });
        breaker
    }

    /// Whether the event has come.
    pub(super) fn has_failed(&self) -> bool {
        self.events.load(Ordering::SeqCst) >= self.fails_at
    }

    fn fails_now(&self) -> bool {
        self.events.fetch_add(1, Ordering::SeqCst) + 1 == self.fails_at
    }

    fn forward(&self, client: TcpStream, server: SocketAddr) {
        if self.fails_now() {
            return self.break_off(&client);
        }
        let server = TcpStream::connect(server).unwrap();
        for (from, to) in [(&client, &server), (&server, &client)] {
            from.set_nodelay(true).unwrap();
            from.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            let (breaker, from, to) = (self.clone(), from.try_clone().unwrap(), to.try_clone().unwrap());
            thread::spawn(move || breaker.pass_on(from, to));
        }
    }

    fn pass_on(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            for half in [&piece[..count / 2], &piece[count / 2..count]] {
                if self.fails_now() {
                    self.break_off(&from);
                    return self.break_off(&to);
                }
                if to.write_all(half).is_err() {
                    return;
                }
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }

    fn break_off(&self, socket: &TcpStream) {
        match self.how {
            Break::Close => {}
            Break::Reset => reset(socket),
        }
        // Wakes the thread of the other direction. Unread data makes the close a reset.
        let _ = socket.shutdown(Shutdown::Both);
    }
}
