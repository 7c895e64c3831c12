//! Requests as the fault server reads and checks them. It has its own verifier, so that a mistake in the library's
//! signature is found.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

/// A request's head, and its body once that is read.
#[derive(Debug, Default)]
pub(super) struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    /// Reads a head. Returns `None` if the connection ends instead.
    pub(super) fn read_head(connection: &mut impl Read) -> Option<Request> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() > 64 * 1024 || !connection.read(&mut byte).is_ok_and(|count| count > 0) {
                return None;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).ok()?;
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Some(Request { method, path, query, headers, body: Vec::new() })
    }

    /// Reads the body. Returns false if the connection ends before it does.
    pub(super) fn read_body(&mut self, connection: &mut impl Read) -> bool {
        let length = self.header("content-length").parse().unwrap_or(0);
        self.body = vec![0; length];
        connection.read_exact(&mut self.body).is_ok()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Method and path.
    pub(super) fn asks(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(super) fn action(&self) -> &str {
        self.header("x-acs-action")
    }

    pub(super) fn nonce(&self) -> &str {
        self.header("x-acs-signature-nonce")
    }

    pub(super) fn signature(&self) -> &str {
        self.header("authorization").split_once("Signature=").map_or("", |(_, signature)| signature)
    }

    /// A parameter of the query or the form, decoded.
    pub(super) fn parameter(&self, name: &str) -> String {
        let form = String::from_utf8_lossy(&self.body);
        let found = pairs(&self.query).chain(pairs(&form)).find(|(found, _)| found == name);
        found.map(|(_, value)| value).unwrap_or_default()
    }

    /// Returns how many seconds the request's date is off from `now`.
    pub(super) fn seconds_off(&self, now: SystemTime) -> Option<u64> {
        let date = humantime::parse_rfc3339(self.header("x-acs-date")).ok()?;
        Some(now.duration_since(date).unwrap_or_else(|error| error.duration()).as_secs())
    }

    /// Returns what is wrong with the signature. `None` if it is valid.
    pub(super) fn problem(&self, key_id: &str, secret: &str, token: &str) -> Option<String> {
        if self.header("x-acs-security-token") != token {
            return Some("the token is not the client's".to_owned());
        }
        let hash = hex(&Sha256::digest(&self.body));
        if self.header("x-acs-content-sha256") != hash {
            return Some("the hash is not the body's".to_owned());
        }
        let must_be_signed = |name: &str| {
            name == "host" || name.starts_with("x-acs-") || (name == "content-type" && !self.body.is_empty())
        };
        let names: Vec<_> = self.headers.keys().map(String::as_str).filter(|name| must_be_signed(name)).collect();
        let headers: String = names.iter().map(|name| format!("{name}:{}\n", self.header(name))).collect();
        let mut query: Vec<_> =
            pairs(&self.query).map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value))).collect();
        query.sort();
        let names = names.join(";");
        let canonical = format!("{}\n/\n{}\n{headers}\n{names}\n{hash}", self.method, query.join("&"));
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let wanted = format!("ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}");
        let found = self.header("authorization");
        (found != wanted).then(|| format!("the signature is {found:?}, not {wanted:?}"))
    }
}

fn pairs(form: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    form.split('&').filter_map(|pair| pair.split_once('=')).map(move |(name, value)| (decoded(name), decoded(value)))
}

fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
