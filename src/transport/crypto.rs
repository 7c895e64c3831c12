//! The cryptography of TLS: ring, used by rustls, without the parts that a client of this service never uses.

use std::sync::Arc;

use rustls::crypto::ring::{ALL_KX_GROUPS, cipher_suite};
use rustls::crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms};
use rustls::pki_types::{PrivateKeyDer, SignatureVerificationAlgorithm};
use rustls::sign::SigningKey;
use rustls::{SignatureScheme, SupportedCipherSuite};
use webpki::ring::{
    ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P384_SHA256, ECDSA_P384_SHA384, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    RSA_PSS_2048_8192_SHA384_LEGACY_KEY, RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
};

/// Assembled here because any reference to rustls' own provider links all of it.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: CIPHER_SUITES.to_vec(),
        kx_groups: ALL_KX_GROUPS.to_vec(),
        signature_verification_algorithms: SIGNATURES,
        secure_random: &SystemRandom,
        key_provider: &NoClientKeys,
    }
}

/// AES-GCM. Every server has it: TLS 1.3 requires it (RFC 8446, section 9.1), and RFC 9325, section 4.2 recommends it
/// for TLS 1.2. ChaCha20-Poly1305 would add 50 kB.
const CIPHER_SUITES: &[SupportedCipherSuite] = &[
    cipher_suite::TLS13_AES_256_GCM_SHA384,
    cipher_suite::TLS13_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// All algorithms that rustls has with ring.
const SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: webpki::ALL_VERIFICATION_ALGS,
    mapping: &[
        // TLS 1.2 leaves the curve open. TLS 1.3 fixes it and uses the first.
        (SignatureScheme::ECDSA_NISTP384_SHA384, &[ECDSA_P384_SHA384, ECDSA_P256_SHA384] as Algorithms),
        (SignatureScheme::ECDSA_NISTP256_SHA256, &[ECDSA_P256_SHA256, ECDSA_P384_SHA256]),
        (SignatureScheme::ED25519, &[ED25519]),
        (SignatureScheme::RSA_PSS_SHA512, &[RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA384, &[RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA256, &[RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[RSA_PKCS1_2048_8192_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[RSA_PKCS1_2048_8192_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[RSA_PKCS1_2048_8192_SHA256]),
    ],
};

#[derive(Debug)]
struct SystemRandom;

impl SecureRandom for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::getrandom(bytes).map_err(|_| GetRandomFailed)
    }
}

/// The service identifies clients by their access keys. Code for client certificates would add 40 kB.
#[derive(Debug)]
struct NoClientKeys;

impl KeyProvider for NoClientKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("client certificates are not supported".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::ring;

    use super::*;

    /// Fails if rustls gets more than this provider has, besides ChaCha20-Poly1305.
    #[test]
    fn all_else_is_as_rustls_has_it() {
        let (own, whole) = (provider(), ring::default_provider());

        let without_chacha: Vec<_> = whole
            .cipher_suites
            .iter()
            .map(|suite| suite.suite())
            .filter(|suite| !format!("{suite:?}").contains("CHACHA20"))
            .collect();
        assert_eq!(own.cipher_suites.iter().map(|suite| suite.suite()).collect::<Vec<_>>(), without_chacha);
        let (own, whole) = (own.signature_verification_algorithms, whole.signature_verification_algorithms);
        let ids = |algorithms: &[&dyn SignatureVerificationAlgorithm]| -> Vec<_> {
            algorithms.iter().map(|one| (one.public_key_alg_id(), one.signature_alg_id())).collect()
        };
        let mapped = |of: WebPkiSupportedAlgorithms| -> Vec<_> {
            of.mapping.iter().map(|(scheme, algorithms)| (*scheme, ids(algorithms))).collect()
        };
        assert_eq!(mapped(own), mapped(whole));
        assert!(ids(whole.all).iter().all(|id| ids(own.all).contains(id)));
    }
}
