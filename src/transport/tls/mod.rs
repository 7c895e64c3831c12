//! TLS: the trusted certificate authorities, and why TLS fails.

pub(super) mod failure;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

use super::crypto;
use crate::environment::{Environment, SSL_CERT_FILE};
use crate::error::{Error, ErrorKind};
use crate::file;

/// The certificate authorities to trust instead of the built-in ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) ca_pem: Option<String>,
}

/// Returns the settings of TLS 1.2 and 1.3. They trust the given authorities, else those of the environment, else the
/// built-in ones.
pub(super) fn client_config(trust: &Trust, environment: &Environment) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, format!("TLS can't be set up: {}", failure::reason(&error))))?
        .with_root_certificates(roots(trust, environment)?)
        .with_no_client_auth();
    Ok(config)
}

/// Returns the same settings with an empty session cache.
pub(super) fn with_own_sessions(config: &ClientConfig) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Arc::new(config)
}

/// The limit of cached sessions. All are of one server.
const SESSIONS: usize = 32;

/// Returns the endpoint's name as it must be in the certificate.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, Error> {
    ServerName::try_from(host.to_owned())
        .map_err(|_| Error::new(ErrorKind::Config, format!("endpoint {host:?} can't be the name in a certificate")))
}

fn roots(trust: &Trust, environment: &Environment) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &trust.ca_file {
        // PEM files may have comments in any encoding.
        let name = || format!("CA file {}", path.display());
        let (pem, _) = file::read_bytes(path).map_err(|error| Error::of_system(ErrorKind::Config, name(), &error))?;
        add(&mut roots, &pem, false)
            .map_err(|reason| Error::new(ErrorKind::Config, format!("{}: {reason}", name())))?;
    }
    if let Some(pem) = &trust.ca_pem {
        add(&mut roots, pem.as_bytes(), false)
            .map_err(|reason| Error::new(ErrorKind::Config, format!("CA PEM: {reason}")))?;
    }
    if trust.ca_file.is_some() || trust.ca_pem.is_some() {
        return Ok(roots);
    }
    match environment.path(SSL_CERT_FILE) {
        Some(path) => add_of_environment(&mut roots, path)?,
        None => add_default(&mut roots)?,
    }
    Ok(roots)
}

/// Adds the authorities of the file in `SSL_CERT_FILE`, as OpenSSL does. Skips unusable ones, because the file belongs
/// to the machine and may hold more than is needed here.
fn add_of_environment(roots: &mut RootCertStore, path: &Path) -> Result<(), Error> {
    let added = file::read_bytes(path).and_then(|(pem, _)| add(roots, &pem, true).map_err(io::Error::other));
    added.map_err(|error| {
        let doing = format!("{SSL_CERT_FILE} names {}", path.display());
        match Error::of_system(ErrorKind::Config, doing, &error) {
            error if error.kind() == ErrorKind::Config => error.with_advice(
                "Set SSL_CERT_FILE to a PEM file of certificate authorities, or unset it. ca_file takes precedence over it.",
            ),
            error => error,
        }
    })
}

/// Adds the authorities that browsers trust.
#[cfg(not(feature = "platform-roots"))]
fn add_default(roots: &mut RootCertStore) -> Result<(), Error> {
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(())
}

/// Adds the authorities that the platform trusts. Skips unusable ones, as other programs do.
#[cfg(feature = "platform-roots")]
fn add_default(roots: &mut RootCertStore) -> Result<(), Error> {
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        let message = format!("the platform has no certificate authorities: {}", reasons.join("; "));
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(())
}

/// Adds the certificates of `pem`. If `passes_over` is true, skips unusable ones.
fn add(roots: &mut RootCertStore, pem: &[u8], passes_over: bool) -> Result<(), String> {
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let added = match certificate {
            Ok(certificate) => roots.add(certificate).map_err(|_| "not a usable certificate".to_owned()),
            Err(error) => Err(format!("not PEM: {error}")),
        };
        match added {
            Err(_) if passes_over => {}
            added => added?,
        }
    }
    if roots.len() == before { Err("no usable certificate in it".to_owned()) } else { Ok(()) }
}

/// Returns a TLS server's settings for localhost, and its certificate.
#[cfg(test)]
pub(super) fn server_of_tests() -> (rustls::ServerConfig, String) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (config, cert.pem())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    use super::*;
    use crate::scratch::Scratch;

    fn nothing() -> Environment {
        Environment::of([("", ""); 0])
    }

    fn reason(trust: Trust) -> String {
        let error = client_config(&trust, &nothing()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.message().to_owned()
    }

    fn pem(text: &str) -> Trust {
        Trust { ca_pem: Some(text.to_owned()), ca_file: None }
    }

    #[test]
    fn authorities_that_cannot_be_used_are_an_error_with_the_reason() {
        assert_eq!(reason(pem("")), "CA PEM: no usable certificate in it");
        assert_eq!(reason(pem("hello")), "CA PEM: no usable certificate in it");
        assert!(
            reason(pem("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")).starts_with("CA PEM: not PEM")
        );
        let bogus = pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(reason(bogus).starts_with("CA PEM: not a usable certificate"));

        let missing = Trust { ca_file: Some("/no/such/file.pem".into()), ca_pem: None };
        assert!(reason(missing).starts_with("CA file /no/such/file.pem: No such file"));
        let directory = Trust { ca_file: Some("/".into()), ca_pem: None };
        assert_eq!(reason(directory), "CA file /: it is not a plain file");
        // The test waits for neither.
        let scratch = crate::scratch::Scratch::new();
        for path in ["/dev/zero".into(), scratch.fifo("fifo")] {
            assert!(reason(Trust { ca_file: Some(path), ca_pem: None }).ends_with(": it is not a plain file"));
        }
    }

    #[cfg(not(feature = "platform-roots"))]
    #[test]
    fn the_built_in_authorities_are_trusted_by_default() {
        assert_eq!(roots(&Trust::default(), &nothing()).unwrap().len(), webpki_roots::TLS_SERVER_ROOTS.len());
    }

    fn authority() -> String {
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn the_file_that_the_environment_names_takes_the_place_of_the_built_in_ones() {
        let scratch = Scratch::new();
        let count = |path: &Path, trust: &Trust| {
            let environment = Environment::of([(SSL_CERT_FILE, path.as_os_str())]);
            roots(trust, &environment).map(|roots| roots.len())
        };
        let bogus = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let path = scratch.write("bundle", [bogus, &authority(), &authority()].concat());
        let odd = scratch.path().join(OsStr::from_bytes(b"odd \xff"));
        std::fs::copy(&path, &odd).unwrap();

        assert_eq!(count(&path, &Trust::default()).unwrap(), 2);
        assert_eq!(count(&odd, &Trust::default()).unwrap(), 2);
        assert_eq!(count(&path, &pem(&authority())).unwrap(), 1);
        assert_eq!(count(Path::new("/no/such/file"), &pem(&authority())).unwrap(), 1);

        let none = scratch.write("none", bogus);
        for (path, reason) in
            [("/no/such/file", "No such file"), ("/", "not a plain file"), (none.to_str().unwrap(), "no usable")]
        {
            let error = count(Path::new(path), &Trust::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().starts_with(&format!("SSL_CERT_FILE names {path}: ")), "{error}");
            assert!(error.message().contains(reason) && error.advice().contains("SSL_CERT_FILE"), "{error}");
        }
    }

    /// The environment names a file instead of the platform's store, so this needs a process of its own.
    #[cfg(feature = "platform-roots")]
    #[test]
    fn the_platform_s_authorities_are_trusted_by_default() {
        use std::process::{Command, Stdio};

        let scratch = Scratch::new();
        for (content, test) in [(authority().as_str(), "one_authority"), ("", "no_authority")] {
            let child = Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", &format!("transport::tls::tests::{test}")])
                .env("SSL_CERT_FILE", scratch.write(test, content))
                .env_remove("SSL_CERT_DIR")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&child.stdout);
            assert!(child.status.success() && told.contains("1 passed"), "{test}: {told}");
        }
    }

    #[cfg(feature = "platform-roots")]
    #[test]
    #[ignore = "runs where the store is the test's own"]
    fn one_authority() {
        assert_eq!(roots(&Trust::default(), &nothing()).unwrap().len(), 1);
    }

    #[cfg(feature = "platform-roots")]
    #[test]
    #[ignore = "runs where the store is the test's own"]
    fn no_authority() {
        assert!(reason(Trust::default()).starts_with("the platform has no certificate authorities"));
    }
}
