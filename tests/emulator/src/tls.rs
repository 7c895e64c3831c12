//! TLS: a CA made for one run, and a certificate from it for the loopback names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_file: PathBuf,
    /// Removes the directory when the emulator ends.
    _temporary: Option<TempDir>,
}

/// The CA's key is forgotten at once: nothing else can ever be signed with it.
pub(crate) fn prepare(directory: Option<&Path>) -> Result<Tls, String> {
    let explain = |problem: rcgen::Error| format!("can't make a certificate: {problem}");
    let ca = CertifiedIssuer::self_signed(ca_parameters().map_err(explain)?, KeyPair::generate().map_err(explain)?)
        .map_err(explain)?;
    let key = KeyPair::generate().map_err(explain)?;
    let certificate = server_parameters().and_then(|parameters| parameters.signed_by(&key, &ca)).map_err(explain)?;

    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            let key = PrivatePkcs8KeyDer::from(key.serialize_der());
            builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key.into())
        })
        .map_err(|problem| format!("can't set TLS up: {problem}"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];

    let (directory, temporary) = match directory {
        Some(directory) => (directory.to_owned(), None),
        None => {
            let made = tempfile::Builder::new().prefix("esa-emulator-").tempdir();
            let made = made.map_err(|problem| format!("can't make a temporary directory: {problem}"))?;
            (made.path().to_owned(), Some(made))
        }
    };
    let ca_file = directory.join("ca.pem");
    std::fs::write(&ca_file, ca.pem()).map_err(|problem| format!("can't write {}: {problem}", ca_file.display()))?;
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), ca_file, _temporary: temporary })
}

fn ca_parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, "esa-emulator CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters)
}

fn server_parameters() -> Result<CertificateParams, rcgen::Error> {
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, "localhost");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict verifiers want the issuer named in the certificate.
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}
