//! The emulator's own CA. It is created at each start, or stored in a directory so that it stays trusted.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};

use super::{Identity, provider};

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca-key.pem";

pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pem: String,
}

impl Authority {
    pub(super) fn make() -> Result<Self, String> {
        let key = KeyPair::generate().map_err(explain)?;
        let parameters = ca_parameters().map_err(explain)?;
        let pem = parameters.self_signed(&key).map_err(explain)?.pem();
        Ok(Self { issuer: Issuer::new(parameters, key), pem })
    }

    /// Loads the CA of the directory, or creates one there. Also returns its certificate's file.
    pub(super) fn of_directory(directory: &Path) -> Result<(Self, PathBuf), String> {
        let (certificate, key) = (directory.join(CERTIFICATE), directory.join(KEY));
        match (read(&certificate)?, read(&key)?) {
            (Some(pem), Some(key_pem)) => {
                let key = KeyPair::from_pem(&key_pem)
                    .map_err(|problem| format!("can't use the key in {}: {problem}", key.display()))?;
                Ok((Self { issuer: Issuer::new(ca_parameters().map_err(explain)?, key), pem }, certificate))
            }
            (None, None) => {
                let made = Self::make()?;
                fs::create_dir_all(directory)
                    .map_err(|problem| format!("can't make {}: {problem}", directory.display()))?;
                write_secret(&key, &made.issuer.key().serialize_pem())?;
                let certificate = made.write(directory)?;
                Ok((made, certificate))
            }
            (certificate_there, _) => {
                let (there, lacking) =
                    if certificate_there.is_some() { (CERTIFICATE, KEY) } else { (KEY, CERTIFICATE) };
                let directory = directory.display();
                Err(format!(
                    "{directory} has {there} and no {lacking}: put the other half there, or take this one away"
                ))
            }
        }
    }

    /// Writes its certificate to the directory. Returns the file.
    pub(super) fn write(&self, directory: &Path) -> Result<PathBuf, String> {
        let path = directory.join(CERTIFICATE);
        fs::write(&path, &self.pem).map_err(|problem| format!("can't write {}: {problem}", path.display()))?;
        Ok(path)
    }

    /// A server's certificate for these names and addresses.
    pub(super) fn sign(&self, names: Vec<String>) -> Result<Identity, String> {
        let key = KeyPair::generate().map_err(explain)?;
        let certificate = server_parameters(names).and_then(|parameters| parameters.signed_by(&key, &self.issuer));
        let chain = vec![certificate.map_err(explain)?.der().clone()];
        Ok(Identity { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() })
    }

    /// Checks that a client that trusts the certificate accepts what the key has signed.
    pub(super) fn check(&self, identity: &Identity) -> Result<(), String> {
        let mut roots = RootCertStore::empty();
        let ca = CertificateDer::from_pem_slice(self.pem.as_bytes()).map_err(|problem| problem.to_string())?;
        roots.add(ca).map_err(|problem| problem.to_string())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let verifier = verifier.map_err(|problem| problem.to_string())?;
        let name = ServerName::try_from("localhost").map_err(|problem| problem.to_string())?;
        let verified = verifier.verify_server_cert(&identity.chain[0], &[], &name, &[], UnixTime::now());
        verified.map(drop).map_err(|problem| problem.to_string())
    }
}

fn explain(problem: rcgen::Error) -> String {
    format!("can't make a certificate: {problem}")
}

/// Returns None if the file doesn't exist.
fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(problem) if problem.kind() == ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(format!("can't read {}: {problem}", path.display())),
    }
}

/// Writes a file that only its owner can read.
fn write_secret(path: &Path, text: &str) -> Result<(), String> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|problem| format!("can't write {}: {problem}", path.display()))
}

fn ca_parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, "esa-emulator CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters)
}

fn server_parameters(names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, "localhost");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict verifiers require the issuer's key id in the certificate.
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}
