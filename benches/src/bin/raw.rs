//! The lower limit: a blocking socket that sends the same signed request again and again, and only finds the end of
//! each reply. Over TLS it is rustls with session resumption. Each thread has its own socket.
//!
//! `raw URL CA_FILE THREADS`, like every client of the benchmarks.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use esa_bench::{Arguments, Client, Failure};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

struct Raw {
    address: String,
    tls: Option<Arc<ClientConfig>>,
    request: Vec<u8>,
    stream: Option<Stream>,
    /// Whether the server closes after a reply. The first reply shows it.
    closes: Option<bool>,
}

impl Raw {
    fn connect(&self) -> io::Result<Stream> {
        let socket = TcpStream::connect(&self.address)?;
        socket.set_nodelay(true)?;
        let Some(config) = &self.tls else { return Ok(Stream::Plain(socket)) };
        let name = ServerName::try_from("127.0.0.1").map_err(io::Error::other)?;
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        Ok(Stream::Tls(Box::new(StreamOwned::new(tls, socket))))
    }
}

impl Client for Raw {
    fn call(&mut self) -> Result<(), Failure> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect()?,
        };
        let mut reply = [0; 4096];
        let length = match &mut stream {
            Stream::Plain(socket) => exchange(socket, &self.request, &mut reply)?,
            Stream::Tls(tls) => exchange(tls, &self.request, &mut reply)?,
        };
        let reply = &reply[..length];
        let closes = *self.closes.get_or_insert_with(|| String::from_utf8_lossy(reply).contains("Connection: close"));
        self.stream = (!closes).then_some(stream);
        Ok(())
    }
}

/// Sends `request` and reads the reply, which ends with the brace of its JSON.
fn exchange(stream: &mut (impl Read + Write), request: &[u8], reply: &mut [u8]) -> io::Result<usize> {
    stream.write_all(request)?;
    let mut filled = 0;
    while !reply[..filled].ends_with(b"}") {
        match stream.read(&mut reply[filled..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(filled)
}

fn tls_config(ca_file: &str) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca_file)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::read()?;
    let (head, body) = esa_bench::request();
    let head: String = head.flat_map(|line| [line, "\r\n"]).collect();
    let request = format!("{head}\r\n{body}").into_bytes();
    let tls = if arguments.scheme == "https" { Some(tls_config(&arguments.ca_file)?) } else { None };
    let raw = || Raw {
        address: arguments.address.clone(),
        tls: tls.clone(),
        request: request.clone(),
        stream: None,
        closes: None,
    };
    let mut clients: Vec<Raw> = (0..arguments.threads).map(|_| raw()).collect();
    esa_bench::serve(&mut clients)
}
