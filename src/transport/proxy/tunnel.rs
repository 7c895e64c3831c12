//! Connects through an HTTP proxy with CONNECT.

use std::mem::MaybeUninit;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::stream::{Socket, peek, read_exact, write_all};
use super::{Failure, ProxyCredentials};
use crate::endpoint::Endpoint;
use crate::http::{Headers, LARGEST_HEAD, MOST_HEADERS, parse_head};
use crate::wait::Limits;

/// Asks the proxy at the other end of `socket` to connect to `endpoint`.
pub(super) async fn open(
    socket: &Socket,
    endpoint: &Endpoint,
    credentials: Option<&ProxyCredentials>,
    limits: &Limits<'_>,
) -> Result<(), Failure> {
    write_all(socket, request(endpoint, credentials).as_bytes(), limits).await?;
    loop {
        match read_head(socket, limits).await? {
            Head { status: 100..=199, .. } => {}
            Head { status: 200..=299, .. } => return Ok(()),
            // Some proxies answer 401 to wrong credentials. It can't be the endpoint's answer.
            Head { status: 401 | 407, takes_basic: false, .. } => {
                let reason = "wants another kind of authentication than Basic".to_owned();
                return Err(Failure::Refused { reason, passes: false });
            }
            Head { status: status @ (401 | 407), .. } => {
                let does = if credentials.is_some() { "doesn't accept the credentials" } else { "wants credentials" };
                return Err(Failure::Credentials(format!("{does} (HTTP {status})")));
            }
            // The proxy asks to try later, or couldn't connect this time.
            Head { status, .. } => {
                let reason = format!("doesn't connect (HTTP {status})");
                return Err(Failure::Refused { reason, passes: status == 429 || status >= 500 });
            }
        }
    }
}

fn request(endpoint: &Endpoint, credentials: Option<&ProxyCredentials>) -> Zeroizing<String> {
    let address = match endpoint.host() {
        host if host.contains(':') => format!("[{host}]:{}", endpoint.port()),
        host => format!("{host}:{}", endpoint.port()),
    };
    let head = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n");
    let Some(credentials) = credentials else {
        return Zeroizing::new(head + "\r\n");
    };
    // Allocated with its full length: growing would leave copies of the password in memory.
    let encoded = Zeroizing::new(STANDARD.encode(credentials.basic().as_bytes()));
    Zeroizing::new([&head, "Proxy-Authorization: Basic ", encoded.as_str(), "\r\n\r\n"].concat())
}

/// The relevant parts of a reply's head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    status: u16,
    /// Whether the proxy accepts Basic: it lists Basic, or lists nothing.
    takes_basic: bool,
    length: usize,
}

#[cfg(fuzzing)]
impl Head {
    pub(super) fn length(&self) -> usize {
        self.length
    }
}

/// Reads the head of a reply, and no byte after it.
async fn read_head(socket: &Socket, limits: &Limits<'_>) -> Result<Head, Failure> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 1024];
    loop {
        let count = peek(socket, &mut piece, limits).await?;
        if count == 0 {
            let reason = "closes the connection instead of answering".to_owned();
            return Err(Failure::Refused { reason, passes: true });
        }
        let before = bytes.len();
        bytes.extend_from_slice(piece.get(..count).unwrap_or_default());
        let head = parse(&bytes)?;
        let end = head.as_ref().map_or(bytes.len(), |head| head.length);
        read_exact(socket, piece.get_mut(..end.saturating_sub(before)).unwrap_or_default(), limits).await?;
        if let Some(head) = head {
            return Ok(head);
        }
        if bytes.len() > LARGEST_HEAD {
            return Err(Failure::NoAnswer("answers with more than 64 KiB of headers".to_owned()));
        }
    }
}

/// Parses the head at the start of `bytes`. `None` if it is incomplete.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut headers: Headers<'_> = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut reply = httparse::Response::new(&mut []);
    match (parse_head(&mut reply, bytes, &mut headers), reply.code) {
        (Ok(httparse::Status::Complete(length)), Some(status)) => {
            Ok(Some(Head { status, takes_basic: takes_basic(reply.headers), length }))
        }
        (Ok(httparse::Status::Partial), _) => Ok(None),
        _ => Err(Failure::NoAnswer("doesn't answer in HTTP".to_owned())),
    }
}

fn takes_basic(headers: &[httparse::Header<'_>]) -> bool {
    let mut kinds = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("Proxy-Authenticate"))
        .map(|header| header.value);
    let is_basic =
        |kind: &[u8]| kind.split(|byte| b", \t\r\n".contains(byte)).any(|word| word.eq_ignore_ascii_case(b"Basic"));
    kinds.clone().next().is_none() || kinds.any(is_basic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<Head> {
        parse(text.as_bytes()).ok().unwrap()
    }

    #[test]
    fn a_head_ends_with_an_empty_line_and_begins_as_http_does() {
        let long = format!("HTTP/1.1 200 OK\r\n{}\r\n", "Via: a\r\n".repeat(150));
        for (head, rest) in [
            ("HTTP/1.1 200 OK\r\nVia: a\r\n\r\n", "\x16\x03"),
            ("HTTP/1.0 200\n\n", "HTTP/1.1"),
            ("HTTP/1.1 200 OK\r\nVia : a,\r\n b\r\n\r\n", " \x16"),
            (&long, "\x16"),
        ] {
            let whole = Some(Head { status: 200, takes_basic: true, length: head.len() });
            assert_eq!(parsed(&[head, rest].concat()), whole);
            for end in 0..head.len() {
                assert_eq!(parsed(&head[..end]), None, "{:?}", &head[..end]);
            }
        }
        for text in ["SSH-2.0", "220 smtp", "HTTP/1.1 99999", "HTTP/1.1 200 OK\r\nno header\r\n"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_kinds_of_credentials_that_a_proxy_takes() {
        for (headers, takes_basic) in [
            ("", true),
            ("Proxy-Authenticate: Basic realm=\"a\"\r\n", true),
            ("Proxy-Authenticate: Negotiate\r\nproxy-authenticate: basic\r\n", true),
            ("Proxy-Authenticate: Digest realm=\"a\",Basic realm=\"a\"\r\n", true),
            ("Proxy-Authenticate : Negotiate,\r\n\tBasic\r\n realm=\"a\"\r\n", true),
            ("Proxy-Authenticate: NTLM\r\n", false),
            ("Proxy-Authenticate: Digest realm=\"Basically\"\r\nWWW-Authenticate: Basic\r\n", false),
        ] {
            let head = parsed(&format!("HTTP/1.1 407 Who\r\n{headers}\r\n")).unwrap();
            assert_eq!((head.status, head.takes_basic), (407, takes_basic), "{headers}");
        }
    }
}
