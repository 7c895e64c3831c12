//! TLS: with a CA for one run, with one that is kept, and with a certificate of one's own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rcgen::generate_simple_self_signed;
use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::signer::Call;
use crate::support::{Emulator, Reply, fail, wait};

fn tls_connect(emulator: &Emulator, ca: &[u8], name: &str) -> StreamOwned<ClientConnection, std::net::TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), emulator.connect())
}

fn ca_file(ready: &Value) -> &Path {
    Path::new(ready["ca_file"].as_str().unwrap())
}

#[test]
fn tls_works_with_the_printed_ca_for_every_loopback_name_and_leaves_nothing_behind() {
    let mut emulator = Emulator::start_with(&["--tls"]);
    assert!(emulator.ready["url"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    let ready = emulator.ready.clone();
    let ca = fs::read(ca_file(&ready)).unwrap();
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut stream = tls_connect(&emulator, &ca, name);
        stream.write_all(Call::list().v3().as_bytes()).unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        Reply::parse(&reply).assert_ok();
    }
    let problem = tls_connect(&emulator, &ca, "example.com").write_all(b"x").unwrap_err();
    assert!(
        problem.to_string().contains("NotValidForName") || problem.to_string().contains("not valid for name"),
        "{problem}"
    );

    drop(emulator.child.stdin.take());
    assert_eq!(wait(&mut emulator.child).unwrap().code(), Some(0));
    assert!(!ca_file(&ready).parent().unwrap().exists());
}

#[test]
fn wire_faults_work_below_tls_and_the_ca_can_be_put_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let faults = directory.path().join("seed.json");
    let cut = json!({"faults": [{"wire": {"kind": "cut", "after_bytes": 12}}, {"nth": 2, "wire": {"kind": "reset"}}]});
    fs::write(&faults, cut.to_string()).unwrap();
    let seed = faults.to_str().unwrap();
    let emulator = Emulator::start_with(&["--tls", "--tls-dir", directory.path().to_str().unwrap(), "--seed", seed]);
    assert_eq!(ca_file(&emulator.ready), directory.path().join("ca.pem"));
    let ca = fs::read(ca_file(&emulator.ready)).unwrap();

    let mut stream = tls_connect(&emulator, &ca, "localhost");
    stream.write_all(Call::create("a.example.com").v3().as_bytes()).unwrap();
    let mut received = Vec::new();
    // A cut is no proper end of TLS, and the client is to notice.
    assert_eq!(stream.read_to_end(&mut received).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(received, b"HTTP/1.1 200");
    let mut stream = tls_connect(&emulator, &ca, "localhost");
    stream.write_all(Call::list().v3().as_bytes()).unwrap();
    assert_eq!(stream.read_to_end(&mut received).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

/// Whether a client that trusts this CA gets an answer under this name.
fn serves(emulator: &Emulator, ca: &[u8], name: &str) -> bool {
    let mut stream = tls_connect(emulator, ca, name);
    let mut reply = Vec::new();
    let sent = stream.write_all(Call::list().v3().as_bytes());
    sent.and_then(|()| stream.read_to_end(&mut reply)).is_ok() && Reply::parse(&reply).status == 200
}

#[test]
fn a_ca_that_is_there_is_kept_so_that_clients_go_on_trusting_it() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("made/for/it");
    let arguments = ["--tls", "--tls-dir", place.to_str().unwrap()];
    let first = Emulator::start_with(&arguments);
    let ca = fs::read(ca_file(&first.ready)).unwrap();
    drop(first);
    let key = place.join("ca-key.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);

    let named = [&arguments[..], &["--allow-host", "esa.test"]].concat();
    let second = Emulator::start_with(&named);

    assert_eq!(fs::read(ca_file(&second.ready)).unwrap(), ca);
    for name in ["localhost", "::1", "esa.test"] {
        assert!(serves(&second, &ca, name), "{name}");
    }
}

#[test]
fn a_ca_that_cannot_be_kept_is_left_alone_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["--tls", "--tls-dir", directory.path().to_str().unwrap()];
    drop(Emulator::start_with(&arguments));
    let (ca, key) = (directory.path().join("ca.pem"), directory.path().join("ca-key.pem"));
    let foreign = generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let kept = fs::read(&ca).unwrap();

    fs::write(&key, foreign.signing_key.serialize_pem()).unwrap();
    assert!(fail(&arguments).contains("ca-key.pem"));
    fs::write(&key, "no key").unwrap();
    assert!(fail(&arguments).contains("ca-key.pem"));
    fs::remove_file(&key).unwrap();
    let said = fail(&arguments);
    assert!(said.contains("ca-key.pem") && said.lines().count() == 1, "{said}");
    assert_eq!(fs::read(&ca).unwrap(), kept);
    fs::remove_file(&ca).unwrap();
    drop(Emulator::start_with(&arguments));
}

#[test]
fn a_certificate_of_ones_own_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let own = generate_simple_self_signed(vec!["esa.test".into()]).unwrap();
    fs::write(&cert, own.cert.pem()).unwrap();
    fs::write(&key, own.signing_key.serialize_pem()).unwrap();

    let emulator = Emulator::start_with(&["--tls", "--cert", &cert, "--key-file", &key]);

    assert_eq!(emulator.ready["ca_file"], Value::Null);
    assert!(serves(&emulator, own.cert.pem().as_bytes(), "esa.test"));

    let other = path("other.pem");
    fs::write(&other, generate_simple_self_signed(vec!["a".into()]).unwrap().signing_key.serialize_pem()).unwrap();
    for (arguments, named) in [
        (&["--tls", "--cert", &cert][..], "--key-file"),
        (&["--tls", "--key-file", &key], "--cert"),
        (&["--cert", &cert, "--key-file", &key], "--tls"),
        (&["--tls", "--cert", &cert, "--key-file", &key, "--tls-dir", "d"], "--tls-dir"),
        (&["--tls", "--cert", "/nonexistent", "--key-file", &key], "/nonexistent"),
        (&["--tls", "--cert", &key, "--key-file", &key], &key),
        (&["--tls", "--cert", &cert, "--key-file", &cert], &cert),
        (&["--tls", "--cert", &cert, "--key-file", &other], &other),
    ] {
        let said = fail(arguments);
        assert!(said.contains(named), "{arguments:?}: {said}");
    }
}
