//! The service's emulator, as a child process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// A running emulator. It ends when this is dropped.
pub(crate) struct Emulator {
    child: Child,
    pub(crate) ready: Value,
}

impl Emulator {
    /// Starts the emulator in `ESA_EMULATOR`, else the one of this build.
    pub(crate) fn start(arguments: &[&str]) -> Emulator {
        let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/debug/esa-emulator");
        let program = std::env::var_os("ESA_EMULATOR").map_or(built, PathBuf::from);
        let mut child = Command::new(&program)
            .arg("--exit-with-stdin")
            .args(arguments)
            .process_group(0) // Ctrl-C in a terminal ends the test, and not this under it.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `make emulator` builds it", program.display()));
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the emulator did not start: {line:?}"));
        Emulator { child, ready }
    }

    /// Starts an emulator with the data of the vectors.
    pub(crate) fn with_vectors() -> Emulator {
        Emulator::start(&["--seed", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/seed.json")])
    }

    pub(crate) fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    /// Returns the requests that reached it, oldest first.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.admin("GET", "requests", "")["requests"].as_array().unwrap().clone()
    }

    pub(crate) fn post(&self, resource: &str, body: &str) {
        self.admin("POST", resource, body);
    }

    pub(crate) fn delete(&self, resource: &str) {
        self.admin("DELETE", resource, "");
    }

    fn admin(&self, method: &str, resource: &str, body: &str) -> Value {
        let (scheme, address) = self.url().split_once("://").unwrap();
        let socket = TcpStream::connect(address).unwrap();
        let length = body.len();
        let request = format!(
            "{method} /_emulator/{resource} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        );
        if scheme == "https" { ask(self.secured(socket), &request) } else { ask(socket, &request) }
    }

    fn secured(&self, socket: TcpStream) -> impl Read + Write + use<> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.ready["ca_file"].as_str().unwrap()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
        StreamOwned::new(ClientConnection::new(Arc::new(config), name.to_owned()).unwrap(), socket)
    }
}

fn ask(mut admin: impl Read + Write, request: &str) -> Value {
    admin.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    admin.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{reply}");
    serde_json::from_str(body).unwrap()
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It ends when its standard input closes.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
