//! TLS and certificates: rows 10 to 15. Nobody is told anything who can't prove to be the service.

use std::io::{Read, Write};
use std::sync::Arc;

use esa::{Client, Origin, Outcome, Status};
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

/// A server whose certificate is as `parameters` say.
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

fn assert_not_trusted(played: Played) {
    assert_eq!(played.service.state().connects, 1);
    played.fails(Status::Tls, Outcome::NotSent).saying(|error| !error.retryable()).sent(0, 0).attempts(1).leaves(0);
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

        played.fails(Status::Tls, Outcome::NotSent).saying(|error| !error.retryable()).attempts(1);
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn row_11_an_authority_that_nobody_knows() {
    let (own, other) = (authority(), authority());

    assert_not_trusted(played(server(&own, &named("127.0.0.1")), None));
    assert_not_trusted(played(server(&own, &named("127.0.0.1")), Some(&other.pem())));
}

#[test]
fn row_12_a_certificate_that_has_expired() {
    let own = authority();
    let mut parameters = named("127.0.0.1");
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);

    assert_not_trusted(played(server(&own, &parameters), Some(&own.pem())));
}

#[test]
fn row_13_a_certificate_of_another_name() {
    let own = authority();

    assert_not_trusted(played(server(&own, &named("esa.example.com")), Some(&own.pem())));
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

        assert_eq!((error.status(), error.outcome()), (Status::Config, Outcome::NotSent), "{path}");
        assert!(error.message().contains(path), "{error}");
    }
}
