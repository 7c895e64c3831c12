//! Why TLS fails, in words for whom it may concern, and what to do about it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, PeerIncompatible};

use crate::error::{Error, ErrorKind};

/// The failure of a handshake.
pub(in super::super) fn of_handshake(error: &rustls::Error) -> Error {
    let failure = Error::new(ErrorKind::Tls, format!("the TLS handshake failed: {}", reason(error)));
    match advice(error) {
        Some(advice) => failure.with_advice(advice),
        None => failure,
    }
}

/// The reason alone.
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
        E::InvalidMessage(_) | E::PeerSentOversizedRecord => "what answers doesn't speak TLS",
        E::InappropriateMessage { .. } | E::InappropriateHandshakeMessage { .. } | E::PeerMisbehaved(_) => {
            "the server doesn't keep to TLS"
        }
        E::DecryptError => "what came was changed on its way, or encrypted with another key",
        E::FailedToGetCurrentTime => "this machine doesn't tell the time",
        E::FailedToGetRandomBytes => "this machine gives no random numbers",
        _ => "TLS can't be used as it is set up here",
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
                "the server's certificate has expired: it was good until {end}, and by this machine's clock it is {now}"
            ));
        }
        E::NotValidYet => "the server's certificate isn't good yet",
        E::NotValidYetContext { time, not_before } => {
            let (now, begin) = (date(*time), date(*not_before));
            return Cow::Owned(format!(
                "the server's certificate isn't good before {begin}, and by this machine's clock it is {now}"
            ));
        }
        E::NotValidForName => "the server's certificate is for another name",
        E::NotValidForNameContext { expected, presented } => return Cow::Owned(of_name(expected, presented)),
        E::Revoked => "the server's certificate has been revoked",
        E::BadSignature => {
            // A company's authority that has a new key, for one.
            "the server's certificate, or its handshake, has a signature that isn't right; perhaps another authority of \
             the same name is trusted here"
        }
        E::UnsupportedSignatureAlgorithmContext { .. } | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate is signed in a way that isn't supported, or no longer"
        }
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "the certificate isn't one for servers",
        E::BadEncoding => "the server's certificate is malformed",
        // That of an authority, for one.
        _ => "the server's certificate isn't one that a server may have",
    })
}

fn of_name(expected: &ServerName<'_>, presented: &[String]) -> String {
    let expected = match expected {
        ServerName::IpAddress(address) => IpAddr::from(*address).to_string(),
        name => name.to_str().into_owned(),
    };
    // They come as `DnsName("a.example.com")` and the like.
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
        AlertDescription::InternalError => "the server has failed itself",
        alert => return Cow::Owned(format!("the server refuses it (alert {} of TLS)", u8::from(alert))),
    })
}

/// Where there is more to say than of TLS in general.
fn advice(error: &rustls::Error) -> Option<&'static str> {
    let rustls::Error::InvalidCertificate(error) = error else { return None };
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Some(
            "If a company's proxy opens TLS, or the endpoint's certificate is of an authority of your own: name the \
             file (PEM) of that authority's certificate with ca_file, or in the environment variable SSL_CERT_FILE; \
             ca_pem takes its text. Else something stands between this machine and the endpoint.",
        ),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            Some("Set this machine's clock if it is wrong; else the server needs another certificate.")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Some("Check the endpoint's name, and what stands between this machine and the endpoint.")
        }
        _ => None,
    }
}

fn date(time: UnixTime) -> String {
    // A certificate may name a year that no date here has.
    let end = UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs().min(LAST_SECOND))).unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(end).to_string()
}

/// Of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use rustls::{InvalidMessage, PeerMisbehaved};

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn each_failure_is_told_in_plain_words() {
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
                "it was good until 1970-01-01T00:00:00Z, and by this machine's clock it is 1970-01-02T00:00:00Z",
            ),
            (
                E::InvalidCertificate(C::NotValidYetContext { time: at(0), not_before: at(u64::MAX) }),
                "isn't good before 9999-12-31T23:59:59Z",
            ),
            (E::InvalidCertificate(C::BadSignature), "a signature that isn't right"),
            (E::InvalidCertificate(C::Revoked), "has been revoked"),
            (E::InvalidCertificate(C::UnhandledCriticalExtension), "isn't one that a server may have"),
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
            (E::InvalidMessage(InvalidMessage::InvalidContentType), "doesn't speak TLS"),
            (E::PeerMisbehaved(PeerMisbehaved::MessageInterleavedWithHandshakeMessage), "doesn't keep to TLS"),
            (E::General("Debug { of: rustls }".to_owned()), "can't be used as it is set up here"),
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
    fn whose_authority_is_not_trusted_learns_how_to_name_it() {
        let error = of_handshake(&rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));

        for name in ["ca_file", "ca_pem", "SSL_CERT_FILE"] {
            assert!(error.advice().contains(name), "{}", error.advice());
        }
    }
}
