//! A tunnel through an HTTP proxy: the method CONNECT.

use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::reading::LARGEST_HEAD;
use super::super::stream::{peek, read_exact, write_all};
use super::{Failure, Login};
use crate::call::Limits;
use crate::endpoint::Endpoint;

/// More than any proxy has headers.
const MOST_HEADERS: usize = 100;

/// Has the proxy at the other end of `socket` connect it with `endpoint`.
pub(super) fn open(
    socket: &TcpStream,
    endpoint: &Endpoint,
    login: Option<&Login>,
    limits: &Limits,
) -> Result<(), Failure> {
    write_all(socket, request(endpoint, login).as_bytes(), limits)?;
    loop {
        match status(&read_head(socket, limits)?)? {
            100..=199 => {}
            200..=299 => return Ok(()),
            407 if login.is_some() => return Err(Failure::Login("doesn't accept the login (HTTP 407)".to_owned())),
            407 => return Err(Failure::Login("wants a login (HTTP 407)".to_owned())),
            // It asks to come again, or couldn't connect this time.
            status => {
                let reason = format!("doesn't connect (HTTP {status})");
                return Err(Failure::Refused { reason, passes: status == 429 || status >= 500 });
            }
        }
    }
}

fn request(endpoint: &Endpoint, login: Option<&Login>) -> Zeroizing<String> {
    let address = match endpoint.host() {
        host if host.contains(':') => format!("[{host}]:{}", endpoint.port()),
        host => format!("{host}:{}", endpoint.port()),
    };
    let mut request = Zeroizing::new(format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n"));
    if let Some(Login { user, password }) = login {
        let login = Zeroizing::new([user.as_str(), ":", password].concat());
        let encoded = Zeroizing::new(STANDARD.encode(login.as_bytes()));
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&encoded);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request
}

/// The head of a reply, and not a byte of what comes after it.
fn read_head(socket: &TcpStream, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let count = peek(socket, &mut piece, limits)?;
        if count == 0 {
            let reason = "closes the connection instead of answering".to_owned();
            return Err(Failure::Refused { reason, passes: true });
        }
        let before = head.len();
        head.extend_from_slice(piece.get(..count).unwrap_or_default());
        let end = head.windows(4).position(|window| window == b"\r\n\r\n").map(|position| position + 4);
        let taken = end.unwrap_or(head.len()) - before;
        read_exact(socket, piece.get_mut(..taken).unwrap_or_default(), limits)?;
        if let Some(end) = end {
            head.truncate(end);
            return Ok(head);
        }
        if head.len() > LARGEST_HEAD {
            return Err(Failure::NoAnswer("answers with more than 64 KiB of headers".to_owned()));
        }
    }
}

fn status(head: &[u8]) -> Result<u16, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut reply = httparse::Response::new(&mut headers);
    let parsed = reply.parse(head);
    match (parsed, reply.code) {
        (Ok(httparse::Status::Complete(_)), Some(code)) => Ok(code),
        _ => Err(Failure::NoAnswer("doesn't answer in HTTP".to_owned())),
    }
}
