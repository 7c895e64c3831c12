//! TLS and certificates: rows 10 to 15. Nothing is sent to a server that can't prove to be the service.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use esa::{Client, Config, ErrorKind, Origin, Outcome};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

use super::row::{Played, given};
use super::service::{Service, State};
use crate::server::Server;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new([]).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// Returns a server whose certificate has these `parameters`.
fn server(authority: &CertifiedIssuer<'static, KeyPair>, parameters: &CertificateParams) -> Service {
    let key = KeyPair::generate().unwrap();
    let certificate = parameters.signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    Service::start_tls(Arc::new(config), State::default())
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

fn played(service: Service, pem: Option<&str>) -> Played {
    let mut row = given();
    row.config.endpoint(&format!("https://{}", service.address));
    if let Some(pem) = pem {
        row.config.ca_pem(pem);
    }
    row.played_with(service)
}

/// Checks that it isn't trusted, with this reason and no technical terms.
fn assert_not_trusted(played: Played, words: &str) {
    assert_eq!(played.service.state().connects, 1);
    let played = played.fails(ErrorKind::Tls, Outcome::NotSent).saying(|error| !error.retryable());
    let message = played.sent(0, 0).attempts(1).leaves(0).error().message().to_owned();
    assert!(message.contains(words), "{message}");
    assert!(!message.contains("docs.rs") && !message.contains(['{', '(']), "{message}");
}

#[test]
fn row_10_a_server_with_tls_1_1_only() {
    let hello = [&[22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2][..], &[7; 32], &[0, 0xC0, 0x13, 0]].concat();
    let alert = vec![21, 3, 2, 0, 2, 2, 70];
    for answer in [hello, alert] {
        let server = Server::start(move |mut connection, _| {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(&answer);
            let _ = connection.read(&mut [0; 4096]);
        });
        let mut row = given();
        row.config.endpoint(&format!("https://{}", server.address()));

        let played = row.played_with(Service::start(State::default()));

        let played = played.fails(ErrorKind::Tls, Outcome::NotSent).saying(|error| !error.retryable()).attempts(1);
        assert!(played.error().message().ends_with("speaks neither TLS 1.2 nor TLS 1.3"), "{:?}", played.result);
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn row_11_an_authority_that_nobody_knows() {
    let (own, other) = (authority(), authority());

    let words = "of an authority that isn't trusted here";
    assert_not_trusted(played(server(&own, &named("127.0.0.1")), None), words);
    // Both authorities have the same name.
    let words = "perhaps another authority of the same name is trusted here";
    assert_not_trusted(played(server(&own, &named("127.0.0.1")), Some(&other.pem())), words);
}

#[test]
fn row_134_the_authority_of_a_company() {
    let (own, other) = (authority(), authority());
    let directory = std::env::temp_dir().join(format!("libesa-{}-row-134", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = |name: &str, pem: &str| {
        let path = directory.join(name);
        std::fs::write(&path, pem).unwrap();
        path
    };
    let played_with = |variable: &Path, pem: Option<&str>| {
        let service = server(&own, &named("127.0.0.1"));
        let mut row = given();
        row.config.endpoint(&format!("https://{}", service.address)).environment([("SSL_CERT_FILE", variable)]);
        if let Some(pem) = pem {
            row.config.ca_pem(pem);
        }
        row.played_with(service)
    };

    let unknown = played(server(&own, &named("127.0.0.1")), None);
    for name in ["ca_file", "ca_pem", "SSL_CERT_FILE"] {
        assert!(unknown.error().advice().contains(name), "{:?}", unknown.result);
    }
    let (right, wrong) = (path("right", &own.pem()), path("wrong", &other.pem()));
    played_with(&right, None).succeeds(Origin::Created);
    played_with(&wrong, None).fails(ErrorKind::Tls, Outcome::NotSent);
    // The program's setting takes precedence, so the variable isn't even read.
    played_with(&wrong, Some(&own.pem())).succeeds(Origin::Created);
    played_with(Path::new("/no/such/file"), Some(&own.pem())).succeeds(Origin::Created);

    let error = Client::new(Config::new().environment([("SSL_CERT_FILE", "/no/such/file")])).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent));
    assert!(error.message().starts_with("SSL_CERT_FILE names /no/such/file: "), "{error}");
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn row_12_a_certificate_that_has_expired() {
    let own = authority();
    let mut parameters = named("127.0.0.1");
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);

    let words = "has expired: it was valid until 2021-01-01T00:00:00Z, and this machine's clock says 20";
    assert_not_trusted(played(server(&own, &parameters), Some(&own.pem())), words);
}

#[test]
fn row_12_a_certificate_of_tomorrow() {
    let own = authority();
    let mut parameters = named("127.0.0.1");
    parameters.not_before = rcgen::date_time_ymd(4000, 1, 1);

    assert_not_trusted(played(server(&own, &parameters), Some(&own.pem())), "isn't valid before 4000-01-01T00:00:00Z");
}

#[test]
fn row_13_a_certificate_of_another_name() {
    let own = authority();

    let words = "isn't for 127.0.0.1, but for esa.example.com";
    assert_not_trusted(played(server(&own, &named("esa.example.com")), Some(&own.pem())), words);
}

#[test]
fn row_14_the_right_certificate() {
    let own = authority();

    let played = played(server(&own, &named("127.0.0.1")), Some(&own.pem()));

    played.succeeds(Origin::Created).sent(1, 0).attempts(1).leaves(1);
}

#[test]
fn row_14_an_answer_that_is_lost_in_tls() {
    let own = authority();
    for (fault, origin, creates) in [
        (super::step::closes().applied(), Origin::Recovered, 1),
        (super::step::resets().applied(), Origin::Recovered, 1),
        (super::step::closes(), Origin::Created, 2),
    ] {
        let service = server(&own, &named("127.0.0.1"));
        service.state().create_script.push_back(fault);

        played(service, Some(&own.pem())).succeeds(origin).sent(creates, 1).leaves(1);
    }
}

#[test]
fn row_15_a_file_of_authorities_that_cannot_be_used() {
    for path in ["/no/such/file.pem", "/dev/null", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")] {
        let mut row = given();
        row.config.ca_file(path);

        let error = Client::new(&row.config).unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent), "{path}");
        assert!(error.message().contains(path), "{error}");
    }
}
