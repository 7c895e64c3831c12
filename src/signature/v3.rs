//! Signature V3, ACS3-HMAC-SHA256: the method, query, headers and body are signed, and the signature is a header.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::percent_encoding::push_pairs;
use super::text::{Feeding, Hex, Sink, fed};
use super::{FORM, PATH, Request, Signed, Stamp};
use crate::credentials::Credentials;
use crate::transport::HttpRequest;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const AUTHORIZATION: &str = "authorization: ACS3-HMAC-SHA256";

/// A header that is signed; one with an empty value isn't there.
struct Header<'a> {
    /// As its line begins in what is signed.
    canonical: &'static str,
    /// As its line begins in what is sent.
    sent: &'static str,
    /// As it stands in the list of names, where it isn't the first.
    listed: &'static str,
    value: &'a str,
}

/// A header of this name and value. Its pieces are put together by the compiler: fewer to hash and to send.
macro_rules! header {
    ($name:literal, $value:expr) => {
        Header {
            canonical: concat!($name, ":"),
            sent: concat!($name, ": "),
            listed: concat!(";", $name),
            value: $value,
        }
    };
}

pub(super) fn sign(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> HttpRequest {
    let mut signed = HttpRequest::new(request.method, PATH, |query| push_pairs(&request.query, query));
    let body_hash = hash(signed.set_body(|body| push_pairs(&request.form, body)));
    let headers = headers_to_sign(request, credentials, stamp, body_hash.as_str());
    let write = |sink: &mut Feeding<_>| push_canonical_request(request, &headers, body_hash.as_str(), sink);
    let canonical_hash = Hex::of(fed(Sha256::new(), write).finalize().into());
    let signature = signature(&canonical_hash, credentials.access_key_secret());
    for header in present(&headers) {
        signed.line(|line| line.push_all(&[header.sent, header.value]));
    }
    signed.line(|line| {
        line.push_all(&[AUTHORIZATION, " Credential=", credentials.access_key_id(), ",SignedHeaders="]);
        push_names(&headers, line);
        line.push_all(&[",Signature=", signature.as_str()]);
    });
    signed
}

/// What is signed.
pub(super) fn signed(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> Signed {
    let mut body = String::new();
    push_pairs(&request.form, &mut body);
    let body_hash = hash(&body);
    let headers = headers_to_sign(request, credentials, stamp, body_hash.as_str());
    let mut canonical_request = String::new();
    push_canonical_request(request, &headers, body_hash.as_str(), &mut canonical_request);
    let string_to_sign = [ALGORITHM, "\n", hash(&canonical_request).as_str()].concat();
    Signed { string_to_sign, canonical_request: Some(canonical_request) }
}

/// Host, content type and every `x-acs-*` header, sorted; no others, since a proxy may rewrite them.
fn headers_to_sign<'a>(
    request: &Request<'a>,
    credentials: &'a Credentials,
    stamp: &'a Stamp,
    body_hash: &'a str,
) -> [Header<'a>; 8] {
    [
        header!("content-type", if request.form.is_empty() { "" } else { FORM }),
        header!("host", request.host),
        header!("x-acs-action", request.action),
        header!("x-acs-content-sha256", body_hash),
        header!("x-acs-date", stamp.date()),
        header!("x-acs-security-token", credentials.security_token().unwrap_or_default()),
        header!("x-acs-signature-nonce", stamp.nonce()),
        header!("x-acs-version", request.version),
    ]
}

fn present<'a>(headers: &'a [Header<'a>]) -> impl Iterator<Item = &'a Header<'a>> {
    headers.iter().filter(|header| !header.value.is_empty())
}

/// The headers' names, joined by ";"
fn push_names(headers: &[Header<'_>], sink: &mut impl Sink) {
    let mut names = present(headers).map(|header| header.listed);
    sink.push(names.next().and_then(|name| name.strip_prefix(';')).unwrap_or_default());
    names.for_each(|name| sink.push(name));
}

/// CanonicalRequest = METHOD, "/", query, headers ("name:value\n" each), header names, body hash, joined by "\n"
fn push_canonical_request(request: &Request<'_>, headers: &[Header<'_>], body_hash: &str, sink: &mut impl Sink) {
    sink.push_all(&[request.method, "\n", PATH, "\n"]);
    push_pairs(&request.query, sink);
    sink.push("\n");
    for header in present(headers) {
        sink.push_all(&[header.canonical, header.value, "\n"]);
    }
    sink.push("\n");
    push_names(headers, sink);
    sink.push_all(&["\n", body_hash]);
}

/// Signature = hex(HMAC-SHA256(secret, StringToSign)), StringToSign = algorithm + "\n" + hex(SHA-256(CanonicalRequest))
fn signature(canonical_hash: &Hex, secret: &str) -> Hex {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    [ALGORITHM, "\n", canonical_hash.as_str()].iter().for_each(|piece| Mac::update(&mut hmac, piece.as_bytes()));
    Hex::of(hmac.finalize().into_bytes().into())
}

/// hex(SHA-256(text))
fn hash(text: &str) -> Hex {
    Hex::of(Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::super::percent_encoding::{encoded_pairs, sort};
    use super::super::tests::{DATE, NONCE, create, sent, stamp, test_credentials};
    use super::*;
    use crate::config::SignatureVersion::V3;

    fn signature_of(request: Request<'_>) -> String {
        let signed = sent(V3, request, &test_credentials(), &stamp(DATE, NONCE));
        signed.header("authorization").unwrap().rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_published_example_has_its_hash_and_signature() {
        let mut request = Request {
            method: "POST",
            host: "ecs.cn-shanghai.aliyuncs.com",
            version: "2014-05-26",
            action: "RunInstances",
            query: vec![
                ("RegionId", "cn-shanghai".into()),
                ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd".into()),
            ],
            form: vec![],
        };
        let credentials = Credentials::new("YourAccessKeyId", "YourAccessKeySecret", None).unwrap();
        let stamp = stamp("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d");

        sort(&mut request.query);
        let canonical_request = signed(&request, &credentials, &stamp).canonical_request.unwrap();
        let expected = "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259";
        assert_eq!(hash(&canonical_request).as_str(), expected);

        let signed = sent(V3, request, &credentials, &stamp);
        let expected = "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;\
                        x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
                        Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert_eq!(signed.header("authorization"), Some(expected));
    }

    #[test]
    fn create_and_list_are_signed_as_the_official_code_signs_them() {
        let mut form = create().form;
        sort(&mut form);
        assert_eq!(
            hash(&encoded_pairs(&form)).as_str(),
            "17bbf6f5fee54d631badd52edfe7651a06e1b8185922a373cecaecbe645cad0a"
        );
        assert_eq!(signature_of(create()), "94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4");

        let list = Request {
            action: "ListRoutineRelatedRecords",
            form: vec![
                ("Name", "test-routine1".into()),
                ("PageNumber", "1".into()),
                ("PageSize", "20".into()),
                ("SearchKeyWord", "test-record-1.example.com".into()),
            ],
            ..create()
        };
        assert_eq!(signature_of(list), "ed47f8f2a5a5968e1df7f8caca2d8c5a9091f8d8051543d9ff96129b85ab8d3d");
    }

    #[test]
    fn a_token_is_a_signed_header() {
        let credentials = Credentials::new("testid", "testsecret", Some("token")).unwrap();

        let signed = sent(V3, create(), &credentials, &stamp(DATE, NONCE));

        assert_eq!(signed.header("x-acs-security-token"), Some("token"));
        let authorization = signed.header("authorization").unwrap();
        assert!(authorization.contains(
            "SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,"
        ));
    }
}
