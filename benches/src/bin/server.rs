//! The server of the benchmarks: it answers every request at once with the reply of a successful create.
//!
//! `server CA_FILE` listens on four ports of 127.0.0.1, writes the CA of its certificate to CA_FILE, prints the ports
//! as a line of JSON, and ends when its standard input closes. The ports differ, so that clients need no options:
//! `http` and `tls` keep connections open, `tls_resumed` closes each after its reply, and `tls_new` does so too and
//! resumes no session.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Returns a reply with the headers of the service's gateway.
fn reply(connection: &str) -> Arc<[u8]> {
    let body = r#"{"Status":"OK","RequestId":"EDBD3EB3-97DA-5465-AEF5-8DCA5DC5E395","RecordId":3227405728754048}"#;
    let head = [
        "HTTP/1.1 200 OK",
        "Date: Thu, 02 Jan 2025 03:04:05 GMT",
        "Content-Type: application/json;charset=utf-8",
        &format!("Content-Length: {}", body.len()),
        &format!("Connection: {connection}"),
        "Access-Control-Allow-Origin: *",
        "Access-Control-Expose-Headers: *",
        "x-acs-request-id: EDBD3EB3-97DA-5465-AEF5-8DCA5DC5E395",
        "x-acs-trace-id: 0123456789abcdef0123456789abcdef",
        "ETag: 1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d0",
    ];
    Arc::from(format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes())
}

/// Returns the length of the first request in `input`, if it is complete.
fn request_length(input: &[u8]) -> Option<usize> {
    let head = input.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let body = std::str::from_utf8(&input[..head]).ok()?.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length = head + body.unwrap_or(0);
    (input.len() >= length).then_some(length)
}

/// Answers requests until the client closes. With `once`, answers only the first.
fn answer(mut stream: impl Read + Write, reply: &[u8], once: bool) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut filled = 0;
    loop {
        while let Some(length) = request_length(&buffer[..filled]) {
            stream.write_all(reply)?;
            stream.flush()?;
            if once {
                return Ok(());
            }
            buffer.copy_within(length..filled, 0);
            filled -= length;
        }
        match stream.read(&mut buffer[filled..])? {
            0 => return Ok(()),
            count => filled += count,
        }
    }
}

fn listen(once: bool, serve: impl Fn(TcpStream, &[u8]) -> io::Result<()> + Clone + Send + 'static) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let reply = reply(if once { "close" } else { "keep-alive" });
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let (serve, reply) = (serve.clone(), Arc::clone(&reply));
            // A client that closes isn't an error.
            std::thread::spawn(move || socket.set_nodelay(true).and_then(|()| serve(socket, &reply)));
        }
    });
    Ok(port)
}

fn listen_tls(once: bool, config: Arc<ServerConfig>) -> io::Result<u16> {
    listen(once, move |socket, reply| {
        let tls = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, socket);
        answer(&mut stream, reply, once)?;
        stream.conn.send_close_notify();
        stream.flush()
    })
}

/// Returns TLS settings with a certificate of a CA that is created for this run, and the CA's certificate.
fn tls_config() -> Result<(ServerConfig, String), Box<dyn std::error::Error>> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "libesa benchmarks CA");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(["localhost", "127.0.0.1"].map(String::from))?;
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let certificate = server.signed_by(&key, &authority)?;

    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    Ok((config, authority.pem()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ca_file = std::env::args().nth(1).ok_or("usage: server CA_FILE")?;
    let (mut resuming, ca) = tls_config()?;
    let mut forgetting = resuming.clone();
    resuming.ticketer = ring::Ticketer::new()?;
    forgetting.session_storage = Arc::new(NoServerSessionStorage {});
    forgetting.send_tls13_tickets = 0;
    let (resuming, forgetting) = (Arc::new(resuming), Arc::new(forgetting));
    std::fs::write(&ca_file, ca)?;
    println!(
        r#"{{"http": {}, "tls": {}, "tls_resumed": {}, "tls_new": {}}}"#,
        listen(false, |socket, reply| answer(socket, reply, false))?,
        listen_tls(false, Arc::clone(&resuming))?,
        listen_tls(true, resuming)?,
        listen_tls(true, forgetting)?,
    );
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
