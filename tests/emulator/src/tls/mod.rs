//! HTTPS, with a certificate of the emulator's own CA, or with the user's.

mod authority;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use authority::Authority;

pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The CA file to trust, if the CA is the emulator's own.
    pub(crate) ca_file: Option<PathBuf>,
    /// Removes the directory when the emulator ends.
    _temporary: Option<TempDir>,
}

/// A certificate with its chain, and its key.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Uses a CA that is created for this run.
pub(crate) fn of_this_run(names: Vec<String>) -> Result<Tls, String> {
    let made = tempfile::Builder::new().prefix("esa-emulator-").tempdir();
    let directory = made.map_err(|problem| format!("can't make a temporary directory: {problem}"))?;
    // Its key is dropped at once, so nothing else can be signed with it.
    let authority = Authority::make()?;
    let ca_file = authority.write(directory.path())?;
    Ok(Tls { acceptor: acceptor(authority.sign(names)?)?, ca_file: Some(ca_file), _temporary: Some(directory) })
}

/// Uses the CA of that directory. Creates it if it is missing.
pub(crate) fn of_directory(directory: &Path, names: Vec<String>) -> Result<Tls, String> {
    let (authority, ca_file) = Authority::of_directory(directory)?;
    let identity = authority.sign(names)?;
    authority.check(&identity).map_err(|problem| {
        let directory = directory.display();
        format!("ca.pem and ca-key.pem in {directory} aren't a pair that esa-emulator has made: {problem}")
    })?;
    Ok(Tls { acceptor: acceptor(identity)?, ca_file: Some(ca_file), _temporary: None })
}

/// Uses the user's own certificate. Its clients must trust it already.
pub(crate) fn of_files(certificate: &Path, key: &Path) -> Result<Tls, String> {
    let explain = |path: &Path, problem: pem::Error| format!("can't use {}: {problem}", path.display());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|problem| explain(certificate, problem))?;
    if chain.is_empty() {
        return Err(format!("can't use {}: it has no certificate in PEM", certificate.display()));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|problem| explain(key, problem))?;
    let acceptor = acceptor(Identity { chain, key: private })
        .map_err(|problem| format!("{} and {}: {problem}", certificate.display(), key.display()))?;
    Ok(Tls { acceptor, ca_file: None, _temporary: None })
}

fn acceptor(identity: Identity) -> Result<TlsAcceptor, String> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(identity.chain, identity.key))
        .map_err(|problem| format!("can't set TLS up: {problem}"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
