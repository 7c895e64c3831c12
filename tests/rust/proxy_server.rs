//! A small proxy: CONNECT with credentials, and SOCKS5 with credentials, on one port.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) const CREDENTIALS: &str = "me:p@ss:word";
/// The same, as in a URL.
pub(crate) const CREDENTIALS_IN_URL: &str = "me:p%40ss%3Aword";

/// A running proxy. Its threads end with the test's process.
#[derive(Clone)]
pub(crate) struct ProxyServer {
    pub(crate) address: SocketAddr,
    wants_credentials: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ProxyServer {
    pub(crate) fn start(wants_credentials: bool) -> ProxyServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = ProxyServer { address: listener.local_addr().unwrap(), wants_credentials, asked: Arc::default() };
        let shared = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (proxy, client) = (shared.clone(), client.unwrap());
                client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                thread::spawn(move || {
                    if let Ok(Some(server)) = proxy.serve(&client) {
                        forward(&client, &server);
                    }
                });
            }
        });
        proxy
    }

    /// Its requests to connect: `CONNECT host:port`, `name host:port` or `address host:port`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn serve(&self, client: &TcpStream) -> io::Result<Option<TcpStream>> {
        let mut first = [0];
        client.peek(&mut first)?;
        if first[0] == 5 { self.serve_socks(client) } else { self.serve_connect(client) }
    }

    fn connect(&self, how: &str, target: &str) -> io::Result<TcpStream> {
        self.asked.lock().unwrap().push(format!("{how} {target}"));
        TcpStream::connect(target)
    }

    fn serve_connect(&self, mut client: &TcpStream) -> io::Result<Option<TcpStream>> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(read::<1>(client)?);
        }
        let head = String::from_utf8(head).unwrap();
        let credentials = format!("Proxy-Authorization: Basic {}", STANDARD.encode(CREDENTIALS));
        if self.wants_credentials && !head.lines().any(|line| line == credentials) {
            client.write_all(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")?;
            return Ok(None);
        }
        let target = head.strip_prefix("CONNECT ").and_then(|head| head.split(' ').next()).unwrap();
        assert!(head.contains(&format!("\r\nHost: {target}\r\n")), "{head}");
        match self.connect("CONNECT", target) {
            Ok(server) => {
                // Sent in two pieces, with bytes that may precede the answer.
                client.write_all(b"HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 ")?;
                thread::sleep(Duration::from_millis(10));
                client.write_all(b"Connected\r\nVia: here\r\n\r\n")?;
                Ok(Some(server))
            }
            Err(_) => client.write_all(b"HTTP/1.1 502 No\r\nContent-Length: 2\r\n\r\nno").map(|()| None),
        }
    }

    fn serve_socks(&self, mut client: &TcpStream) -> io::Result<Option<TcpStream>> {
        let [_, count] = read(client)?;
        let mut methods = vec![0; count.into()];
        client.read_exact(&mut methods)?;
        if self.wants_credentials {
            if !methods.contains(&2) {
                client.write_all(&[5, 0xff])?;
                return Ok(None);
            }
            client.write_all(&[5, 2])?;
            let [_version] = read(client)?;
            let credentials = [read_text(client)?, read_text(client)?].join(":");
            client.write_all(&[1, u8::from(credentials != CREDENTIALS)])?;
            if credentials != CREDENTIALS {
                return Ok(None);
            }
        } else {
            client.write_all(&[5, 0])?;
        }
        let [_, _, _, kind] = read(client)?;
        let (how, host) = match kind {
            1 => ("address", std::net::Ipv4Addr::from(read::<4>(client)?).to_string()),
            4 => ("address", format!("[{}]", std::net::Ipv6Addr::from(read::<16>(client)?))),
            _ => ("name", read_text(client)?),
        };
        let port = u16::from_be_bytes(read(client)?);
        match self.connect(how, &format!("{host}:{port}")) {
            Ok(server) => {
                client.write_all(&[5, 0, 0, 3, 4, b'h', b'e', b'r', b'e', 0, 9])?;
                Ok(Some(server))
            }
            Err(_) => client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).map(|()| None),
        }
    }
}

fn read<const N: usize>(mut from: &TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).map(|()| bytes)
}

fn read_text(mut from: &TcpStream) -> io::Result<String> {
    let [length] = read(from)?;
    let mut text = vec![0; length.into()];
    from.read_exact(&mut text)?;
    Ok(String::from_utf8(text).unwrap())
}

fn forward(client: &TcpStream, server: &TcpStream) {
    let pass = |mut from: &TcpStream, mut to: &TcpStream| {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    };
    thread::scope(|scope| {
        scope.spawn(|| pass(server, client));
        pass(client, server);
    });
}
