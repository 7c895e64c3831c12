//! Starts an emulator for a test and talks to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::signer::Call;

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Emulator {
    pub(crate) child: Child,
    /// The line that it prints when it is ready.
    pub(crate) ready: Value,
    pub(crate) address: SocketAddr,
}

impl Emulator {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::of(command(arguments).arg("--exit-with-stdin").stdin(Stdio::piped()))
    }

    /// The emulator that a command starts.
    pub(crate) fn of(command: &mut Command) -> Self {
        // A group of its own: Ctrl-C in a terminal ends the test, and with it this, but not this first.
        let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let endpoint = ready["endpoint"].as_str().unwrap();
        let port = endpoint.rsplit_once(':').unwrap().1.parse().unwrap();
        // A name, where it has been opened to others.
        let address = endpoint.parse().unwrap_or(SocketAddr::from(([127, 0, 0, 1], port)));
        Self { child, ready, address }
    }

    /// Starts with the built-in state changed by `change`.
    pub(crate) fn start_changed(change: impl FnOnce(&mut Value)) -> Self {
        let emulator = Self::start();
        let mut seed = emulator.state();
        change(&mut seed);
        emulator.admin_ok("POST", "seed", &seed);
        emulator
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and reads until the connection ends.
    pub(crate) fn exchange(&self, request: &str) -> std::io::Result<Vec<u8>> {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes())?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        Ok(reply)
    }

    pub(crate) fn send(&self, request: &str) -> Reply {
        Reply::parse(&self.exchange(request).unwrap())
    }

    pub(crate) fn call(&self, call: &Call) -> Reply {
        self.send(&call.v3())
    }

    /// An unsigned request to a path, with headers that end in line ends.
    pub(crate) fn plain(&self, method: &str, path: &str, headers: &str, body: &str) -> Reply {
        let length = body.len();
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}",
            self.address
        ))
    }

    pub(crate) fn admin(&self, method: &str, resource: &str, body: &str) -> Reply {
        self.plain(method, &format!("/_emulator/{resource}"), "", body)
    }

    pub(crate) fn admin_ok(&self, method: &str, resource: &str, body: &Value) -> Value {
        let reply = self.admin(method, resource, &body.to_string());
        assert_eq!(reply.status, 200, "{}", reply.json);
        reply.json
    }

    pub(crate) fn state(&self) -> Value {
        self.admin_ok("GET", "state", &json!({}))
    }

    pub(crate) fn requests(&self) -> Vec<Value> {
        self.admin_ok("GET", "requests", &json!({}))["requests"].as_array().unwrap().clone()
    }

    pub(crate) fn add_fault(&self, rule: Value) {
        self.admin_ok("POST", "faults", &rule);
    }

    /// What has been asked for, in order: actions and verdicts.
    pub(crate) fn actions(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        self.requests().iter().map(|entry| (text(&entry["action"]), text(&entry["verdict"]))).collect()
    }

    /// The names of test-routine1's records.
    pub(crate) fn record_names(&self) -> Vec<String> {
        let state = self.state();
        let records = state["accounts"][0]["routines"][0]["related_records"].as_array().unwrap();
        records.iter().map(|record| record["record_name"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if wait(&mut self.child).is_none() {
            let _ = self.child.kill();
        }
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esa-emulator"));
    command.args(arguments);
    command
}

/// Runs it to its end; what it says on standard error.
pub(crate) fn fail(arguments: &[&str]) -> String {
    let output = command(arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr).unwrap()
}

/// None if it is still running when patience ends.
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Null where the body isn't JSON.
    pub(crate) json: Value,
}

impl Reply {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole header");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let body = bytes[end + 4..].to_vec();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let split = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = lines.map(|line| split(line).unwrap()).collect();
        let json = serde_json::from_slice(&body).unwrap_or_default();
        Self { status, headers, body, json }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> &str {
        self.json["Code"].as_str().unwrap_or("no code")
    }

    #[track_caller]
    pub(crate) fn assert_ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.json);
        self
    }

    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.json);
    }
}
