//! The limit: a blocking socket that sends the same signed request again and again, and looks at no more of a reply than
//! where it ends. Over TLS it is rustls with sessions to resume. One socket for each thread.
//!
//! `raw URL CA_FILE THREADS`, as every client of the benchmarks; `benches/run` tells what they read and print.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const REQUEST: &str = include_str!("../../request.txt");

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

struct Raw {
    address: String,
    tls: Option<Arc<ClientConfig>>,
    request: Vec<u8>,
    stream: Option<Stream>,
    /// Whether the server closes after a reply, which the first reply tells.
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

    fn call(&mut self) -> io::Result<()> {
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

fn tls_config(ca_file: &str) -> Result<Arc<ClientConfig>, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca_file)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Makes `count` calls, and returns what each took in nanoseconds.
fn timed(client: &mut Raw, count: usize) -> io::Result<Vec<u128>> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            client.call().map(|()| started.elapsed().as_nanos())
        })
        .collect()
}

fn cpu_nanoseconds() -> i128 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[allow(unsafe_code)]
    // SAFETY: `time` is a timespec that outlives the call.
    unsafe {
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time)
    };
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, ca_file, threads] = &arguments[..] else { return Err("usage: raw URL CA_FILE THREADS".into()) };
    let (scheme, address) = url.split_once("://").ok_or("not a URL")?;
    let (head, body) = REQUEST.trim_end().split_once("\n\n").ok_or("the request has no body")?;
    let request = format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n")).into_bytes();
    let tls = if scheme == "https" { Some(tls_config(ca_file)?) } else { None };
    let mut clients: Vec<Raw> = (0..threads.parse()?)
        .map(|_| Raw {
            address: address.to_owned(),
            tls: tls.clone(),
            request: request.clone(),
            stream: None,
            closes: None,
        })
        .collect();
    for line in io::stdin().lock().lines() {
        let count: usize = line?.parse()?;
        let (started, cpu) = (Instant::now(), cpu_nanoseconds());
        let each = count / clients.len();
        let latencies: io::Result<Vec<Vec<u128>>> = std::thread::scope(|scope| {
            let running: Vec<_> = clients.iter_mut().map(|client| scope.spawn(move || timed(client, each))).collect();
            running.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
        });
        let (latencies, cpu, wall) = (latencies?.concat(), cpu_nanoseconds() - cpu, started.elapsed().as_nanos());
        println!(r#"{{"wall": {wall}, "cpu": {cpu}, "latencies": {latencies:?}}}"#);
    }
    Ok(())
}
