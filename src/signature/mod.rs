//! Signs requests. A signature is a pure function of the request, the credentials, the date and the nonce.

mod credentials;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod hex;
mod keys;
pub(crate) mod percent_encoding;
#[cfg(test)]
mod properties;
mod signed_request;
mod stamp;
mod v1;
mod v3;

use std::borrow::Cow;

pub use self::credentials::Credentials;
pub(crate) use self::credentials::check_credential;
pub(crate) use self::hex::{Hex, write_hex};
pub(crate) use self::keys::SigningKeys;
use self::percent_encoding::sort;
pub use self::signed_request::SignedRequest;
pub(crate) use self::stamp::Stamp;
use crate::http::HttpRequest;

/// How requests are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureVersion {
    /// HMAC-SHA1 over the parameters, for old gateways.
    V1,
    /// ACS3-HMAC-SHA256 over the whole request, as current SDKs sign.
    #[default]
    V3,
}

/// A parameter: its name, which needs no encoding, and its value, not encoded.
pub(crate) type Parameter<'a> = (&'a str, Cow<'a, str>);

/// A request before it is signed.
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    /// The value of the Host header.
    pub(crate) host: &'a str,
    pub(crate) version: &'a str,
    pub(crate) action: &'a str,
    pub(crate) query: Vec<Parameter<'a>>,
    pub(crate) form: Vec<Parameter<'a>>,
}

/// The path of every request that is signed.
const PATH: &str = "/";

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The texts that the service repeats if it doesn't accept a signature.
pub(crate) struct Signed {
    pub(crate) string_to_sign: String,
    /// Only V3 has it.
    pub(crate) canonical_request: Option<String>,
}

/// Returns what [`sign`] has signed. The parameters must be in the order that `sign` left them in.
pub(crate) fn signed(
    version: SignatureVersion,
    request: &Request<'_>,
    credentials: &Credentials,
    stamp: &Stamp,
) -> Signed {
    match version {
        SignatureVersion::V1 => v1::signed(request, credentials, stamp),
        SignatureVersion::V3 => v3::signed(request, credentials, stamp),
    }
}

/// The signature of a request that was sent.
pub(crate) enum Signature {
    V1(String),
    V3(Hex),
}

impl Signature {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Signature::V1(text) => text,
            Signature::V3(hex) => hex.as_str(),
        }
    }
}

/// Signs `request` and sorts its parameters.
pub(crate) fn sign(
    version: SignatureVersion,
    request: &mut Request<'_>,
    credentials: &Credentials,
    stamp: &Stamp,
) -> (HttpRequest, Signature) {
    sort(&mut request.query);
    sort(&mut request.form);
    match version {
        SignatureVersion::V1 => v1::sign(request, credentials, stamp),
        SignatureVersion::V3 => v3::sign(request, credentials, stamp),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::*;
    use crate::allocations::counted;

    /// The create call of the vectors that the official code computed.
    pub(crate) fn create() -> Request<'static> {
        Request {
            method: "POST",
            host: "esa.cn-hangzhou.aliyuncs.com",
            version: "2024-09-10",
            action: "CreateRoutineRelatedRecord",
            query: vec![],
            form: vec![
                ("Name", "test-routine1".into()),
                ("RecordName", "test-record-1.example.com".into()),
                ("SiteId", "54362329990032".into()),
            ],
        }
    }

    pub(crate) fn test_credentials() -> Credentials {
        Credentials::new("testid", "testsecret").unwrap()
    }

    pub(crate) const DATE: &str = "2025-01-02T03:04:05Z";
    pub(crate) const NONCE: &str = "0123456789abcdef0123456789abcdef";

    pub(crate) fn stamp(date: &str, nonce: &str) -> Stamp {
        let date = date.as_bytes().try_into().expect("the date has its length");
        Stamp { date, nonce: super::stamp::Nonce::parse(nonce).unwrap() }
    }

    /// A signed request, split into its parts.
    #[derive(Debug)]
    pub(crate) struct Sent {
        pub(crate) query: String,
        pub(crate) headers: Vec<(String, String)>,
        pub(crate) body: String,
    }

    impl Sent {
        pub(crate) fn header(&self, name: &str) -> Option<&str> {
            self.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
        }
    }

    /// Returns `request`, signed, as it is sent.
    pub(crate) fn sent(
        version: SignatureVersion,
        mut request: Request<'_>,
        credentials: &Credentials,
        stamp: &Stamp,
    ) -> Sent {
        let method = request.method;
        let (signed, _) = sign(version, &mut request, credentials, stamp);
        let (head, body) = signed.parts();
        let mut lines = head.lines();
        let target = lines.next().and_then(|line| line.strip_prefix(method)?.strip_suffix(" HTTP/1.1")).unwrap();
        let query = target.strip_prefix(" /").unwrap().trim_start_matches('?').to_owned();
        let headers = lines.map(|line| line.split_once(": ").unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned()));
        Sent { query, headers: headers.collect(), body: body.to_owned() }
    }

    #[test]
    fn signing_allocates_nothing_but_what_is_sent() {
        let (credentials, stamp) = (test_credentials(), stamp(DATE, NONCE));

        // Head and body. V1 also assembles the text that it signs.
        for (version, most) in [(SignatureVersion::V3, 2), (SignatureVersion::V1, 3)] {
            let mut request = create();
            let (allocations, _signed) = counted(|| sign(version, &mut request, &credentials, &stamp));

            assert!(allocations <= most, "{version:?}: {allocations}");
        }
    }

    /// `make bench` runs it and reads its output: nanoseconds for a stamp and a signature.
    #[test]
    #[ignore = "a measurement"]
    fn how_long_signing_takes() {
        let credentials = test_credentials();
        for version in [SignatureVersion::V3, SignatureVersion::V1] {
            let mut fastest = Duration::MAX;
            for _ in 0..200 {
                let started = Instant::now();
                for _ in 0..100 {
                    let stamp = Stamp::of(SystemTime::now(), crate::nonce::nonce().unwrap()).unwrap();
                    std::hint::black_box(sign(version, &mut create(), &credentials, &stamp));
                }
                fastest = fastest.min(started.elapsed() / 100);
            }
            println!("signing {version:?} {}", fastest.as_nanos());
        }
    }
}
