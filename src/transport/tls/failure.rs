//! Explains why TLS failed and what to do about it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, PeerIncompatible};

use crate::error::{Error, ErrorKind};

/// Returns the error of a failed handshake.
pub(in super::super) fn of_handshake(error: &rustls::Error) -> Error {
    let failure = Error::new(ErrorKind::Tls, format!("the TLS handshake failed: {}", reason(error)));
    let failure = failure.with_source(error.clone());
    match advice(error) {
        Some(advice) => failure.with_advice(advice),
        None => failure,
    }
}

/// Returns the reason alone.
pub(in super::super) fn reason(error: &rustls::Error) -> Cow<'static, str> {
    use rustls::Error as E;
    Cow::Borrowed(match error {
        E::InvalidCertificate(error) => return of_certificate(error),
        E::AlertReceived(alert) => return of_alert(*alert),
        E::PeerIncompatible(error) => match error {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired => OTHER_VERSION,
            _ => "the server has no cipher in common with the library, which has AES-GCM",
        },
        E::NoCertificatesPresented => "the server shows no certificate",
        E::InvalidMessage(_) | E::PeerSentOversizedRecord => "the answer isn't TLS",
        E::InappropriateMessage { .. } | E::InappropriateHandshakeMessage { .. } | E::PeerMisbehaved(_) => {
            "the server violates the TLS protocol"
        }
        E::DecryptError => "the data was changed in transit, or encrypted with another key",
        E::FailedToGetCurrentTime => "this machine's clock can't be read",
        E::FailedToGetRandomBytes => "this machine provides no random numbers",
        _ => "TLS can't be used with these settings",
    })
}

const OTHER_VERSION: &str = "the server speaks neither TLS 1.2 nor TLS 1.3";

fn of_certificate(error: &CertificateError) -> Cow<'static, str> {
    use CertificateError as E;
    Cow::Borrowed(match error {
        E::UnknownIssuer => "the server's certificate is of an authority that isn't trusted here",
        E::Expired => "the server's certificate has expired",
        E::ExpiredContext { time, not_after } => {
            let (now, end) = (date(*time), date(*not_after));
            return Cow::Owned(format!(
                "the server's certificate has expired: it was valid until {end}, and this machine's clock says {now}"
            ));
        }
        E::NotValidYet => "the server's certificate isn't valid yet",
        E::NotValidYetContext { time, not_before } => {
            let (now, begin) = (date(*time), date(*not_before));
            return Cow::Owned(format!(
                "the server's certificate isn't valid before {begin}, and this machine's clock says {now}"
            ));
        }
        E::NotValidForName => "the server's certificate is for another name",
        E::NotValidForNameContext { expected, presented } => return Cow::Owned(of_name(expected, presented)),
        E::Revoked => "the server's certificate has been revoked",
        E::BadSignature => {
            // This happens, for example, if a company's authority has a new key.
            "the server's certificate, or its handshake, has an invalid signature; perhaps another authority of \
             the same name is trusted here"
        }
        E::UnsupportedSignatureAlgorithmContext { .. } | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate has a signature of an unsupported kind"
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "the server's certificate is not for servers",
        E::BadEncoding => "the server's certificate is malformed",
        // For example, the certificate of an authority.
        _ => "the server's certificate is invalid",
    })
}

fn of_name(expected: &ServerName<'_>, presented: &[String]) -> String {
    let expected = match expected {
        ServerName::IpAddress(address) => IpAddr::from(*address).to_string(),
        name => name.to_str().into_owned(),
    };
    // The names come as `DnsName("a.example.com")` and similar.
    let names: Vec<_> = presented.iter().filter_map(|name| name.split('"').nth(1)).take(5).collect();
    match names.as_slice() {
        [] => format!("the server's certificate isn't for {expected}"),
        names => format!("the server's certificate isn't for {expected}, but for {}", names.join(", ")),
    }
}

fn of_alert(alert: AlertDescription) -> Cow<'static, str> {
    Cow::Borrowed(match alert {
        AlertDescription::ProtocolVersion => OTHER_VERSION,
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "the server refuses it; perhaps it has no cipher in common with the library, which has AES-GCM"
        }
        AlertDescription::UnrecognisedName => "the server doesn't have the endpoint's name",
        AlertDescription::CertificateRequired
        | AlertDescription::NoCertificate
        | AlertDescription::BadCertificate
        | AlertDescription::AccessDenied => "the server wants a certificate of the client's own, which isn't supported",
        AlertDescription::InternalError => "the server failed",
        alert => return Cow::Owned(format!("the server refuses it (alert {} of TLS)", u8::from(alert))),
    })
}

/// Returns advice that is more specific than the advice for TLS in general.
fn advice(error: &rustls::Error) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(error) = error else { return None };
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Some(
            "If a company's proxy inspects TLS, or if your own authority signed the endpoint's certificate: set ca_file \
             or the environment variable SSL_CERT_FILE to a PEM file of that authority's certificate; \
             ca_pem takes its text. Otherwise a proxy or a gateway answers instead of the endpoint.",
        ),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            Some("If this machine's clock is wrong, set it. Otherwise the server needs another certificate.")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some("Check the endpoint's name, and any proxy or gateway between this machine and the endpoint.")
        }
        _ => None,
    }
}

fn date(time: UnixTime) -> String {
    // A certificate may name a year that can't be formatted here.
    let end = UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs().min(LAST_SECOND))).unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(end).to_string()
}

/// The end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use rustls::{InvalidMessage, PeerMisbehaved};

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn each_failure_has_a_plain_reason() {
        use CertificateError as C;
        use rustls::Error as E;
        let name = |expected: &str, presented: &[&str]| {
            E::InvalidCertificate(C::NotValidForNameContext {
                expected: ServerName::try_from(expected.to_owned()).unwrap(),
                presented: presented.iter().map(|name| (*name).to_owned()).collect(),
            })
        };
        for (error, words) in [
            (E::InvalidCertificate(C::UnknownIssuer), "of an authority that isn't trusted here"),
            (
                E::InvalidCertificate(C::ExpiredContext { time: at(86_400), not_after: at(0) }),
                "it was valid until 1970-01-01T00:00:00Z, and this machine's clock says 1970-01-02T00:00:00Z",
            ),
            (
                E::InvalidCertificate(C::NotValidYetContext { time: at(0), not_before: at(u64::MAX) }),
                "isn't valid before 9999-12-31T23:59:59Z",
            ),
            (E::InvalidCertificate(C::BadSignature), "an invalid signature"),
            (E::InvalidCertificate(C::Revoked), "has been revoked"),
            (E::InvalidCertificate(C::UnhandledCriticalExtension), "the server's certificate is invalid"),
            (name("127.0.0.1", &[]), "isn't for 127.0.0.1"),
            (
                name("a.example", &["DnsName(\"b.example\")", "DnsName(\"c.example\")", "IpAddress([1, 2, 3, 4])"]),
                "isn't for a.example, but for b.example, c.example",
            ),
            (E::AlertReceived(AlertDescription::ProtocolVersion), "neither TLS 1.2 nor TLS 1.3"),
            (E::AlertReceived(AlertDescription::HandshakeFailure), "refuses it; perhaps it has no cipher in common"),
            (E::AlertReceived(AlertDescription::CertificateRequired), "a certificate of the client's own"),
            (E::AlertReceived(AlertDescription::DecodeError), "(alert 50 of TLS)"),
            (E::AlertReceived(AlertDescription::Unknown(200)), "(alert 200 of TLS)"),
            (E::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13), "neither TLS 1.2 nor TLS 1.3"),
            (E::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), "no cipher in common"),
            (E::InvalidMessage(InvalidMessage::InvalidContentType), "the answer isn't TLS"),
            (E::PeerMisbehaved(PeerMisbehaved::MessageInterleavedWithHandshakeMessage), "violates the TLS protocol"),
            (E::General("Debug { of: rustls }".to_owned()), "can't be used with these settings"),
        ] {
            let told = of_handshake(&error);
            let (message, advice) = (told.message(), told.advice());
            assert!(message.starts_with("the TLS handshake failed: ") && message.contains(words), "{message}");
            assert!(!advice.is_empty());
            for text in [message, advice] {
                assert!(!text.contains("docs.rs") && !text.contains('{') && !text.contains("::"), "{text}");
            }
        }
    }

    #[test]
    fn an_authority_that_is_not_trusted_gets_advice_to_add_it() {
        let error = of_handshake(&rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));

        for name in ["ca_file", "ca_pem", "SSL_CERT_FILE"] {
            assert!(error.advice().contains(name), "{}", error.advice());
        }
    }
}
