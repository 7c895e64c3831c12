//! Signature V3, ACS3-HMAC-SHA256. It signs the method, the query, the headers and the body, and is itself a header.

use hmac::Mac;
use sha2::{Digest, Sha256};

use super::hex::Hex;
use super::percent_encoding::push_pairs;
use super::{FORM, PATH, Request, Signature, Signed, SigningKeys, Stamp};
use crate::http::HttpRequest;
use crate::signature::Credentials;

const ALGORITHM_LINE: &str = "ACS3-HMAC-SHA256\n";
const AUTHORIZATION: &str = "authorization: ACS3-HMAC-SHA256 Credential=";

/// A header that is signed. If its value is empty, it isn't sent.
struct Header<'a> {
    /// The start of its line in the signed text, after the line before.
    canonical: &'static str,
    /// The start of its line in the sent head.
    sent: &'static str,
    value: &'a str,
}

/// Builds a header of this name and value. The compiler joins the constant pieces, so that fewer are hashed and sent.
macro_rules! header {
    ($name:literal, $value:expr) => {
        Header { canonical: concat!("\n", $name, ":"), sent: concat!($name, ": "), value: $value }
    };
}

/// The headers that are signed.
struct SignedHeaders<'a> {
    headers: [Header<'a>; 8],
    /// The names of those that are sent, joined by ";".
    names: &'static str,
}

impl<'a> SignedHeaders<'a> {
    fn present(&self) -> impl Iterator<Item = &Header<'a>> {
        self.headers.iter().filter(|header| !header.value.is_empty())
    }
}

/// Joins the names of all headers by ";", with these in the places of the optional ones.
macro_rules! names {
    ($content_type:literal, $security_token:literal) => {
        concat!(
            $content_type,
            "host;x-acs-action;x-acs-content-sha256;x-acs-date;",
            $security_token,
            "x-acs-signature-nonce;x-acs-version"
        )
    };
}

pub(super) fn sign(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> (HttpRequest, Signature) {
    let mut signed = HttpRequest::new(request.method, PATH, |query| push_pairs(&request.query, query));
    let body_hash = hash(signed.set_body(|body| push_pairs(&request.form, body)));
    let body_hash = body_hash.as_str();
    let headers = headers_to_sign(request, credentials, stamp, body_hash);
    let canonical_hash = signed.aside(|text| push_canonical_request(request, &headers, body_hash, text), hash);
    let signature = signature(&canonical_hash, credentials.signing_keys());
    for header in headers.present() {
        signed.line(|line| {
            line.push_str(header.sent);
            line.push_str(header.value);
        });
    }
    let id = credentials.access_key_id();
    signed.line(|line| {
        for piece in [AUTHORIZATION, id, ",SignedHeaders=", headers.names, ",Signature=", signature.as_str()] {
            line.push_str(piece);
        }
    });
    (signed, Signature::V3(signature))
}

/// Returns the text that is signed.
pub(super) fn signed(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> Signed {
    let mut body = String::new();
    push_pairs(&request.form, &mut body);
    let body_hash = hash(&body);
    let headers = headers_to_sign(request, credentials, stamp, body_hash.as_str());
    let mut canonical_request = String::new();
    push_canonical_request(request, &headers, body_hash.as_str(), &mut canonical_request);
    let string_to_sign = [ALGORITHM_LINE, hash(&canonical_request).as_str()].concat();
    Signed { string_to_sign, canonical_request: Some(canonical_request) }
}

/// Returns the host, the content type and every `x-acs-*` header, sorted. Others aren't signed, because a proxy may
/// rewrite them.
fn headers_to_sign<'a>(
    request: &Request<'a>,
    credentials: &'a Credentials,
    stamp: &'a Stamp,
    body_hash: &'a str,
) -> SignedHeaders<'a> {
    let token = credentials.security_token();
    let (content_type, names) = match (request.form.is_empty(), token) {
        (true, None) => ("", names!("", "")),
        (true, Some(_)) => ("", names!("", "x-acs-security-token;")),
        (false, None) => (FORM, names!("content-type;", "")),
        (false, Some(_)) => (FORM, names!("content-type;", "x-acs-security-token;")),
    };
    let headers = [
        header!("content-type", content_type),
        header!("host", request.host),
        header!("x-acs-action", request.action),
        header!("x-acs-content-sha256", body_hash),
        header!("x-acs-date", stamp.date()),
        header!("x-acs-security-token", token.unwrap_or_default()),
        header!("x-acs-signature-nonce", stamp.nonce()),
        header!("x-acs-version", request.version),
    ];
    SignedHeaders { headers, names }
}

/// CanonicalRequest = METHOD, "/", query, headers ("name:value\n" each), header names, body hash, joined by "\n"
fn push_canonical_request(request: &Request<'_>, headers: &SignedHeaders<'_>, body_hash: &str, text: &mut String) {
    text.extend([request.method, "\n", PATH, "\n"]);
    push_pairs(&request.query, text);
    for header in headers.present() {
        text.push_str(header.canonical);
        text.push_str(header.value);
    }
    text.extend(["\n\n", headers.names, "\n", body_hash]);
}

/// Signature = hex(HMAC-SHA256(secret, StringToSign)), StringToSign = algorithm + "\n" + hex(SHA-256(CanonicalRequest))
fn signature(canonical_hash: &Hex, keys: &SigningKeys) -> Hex {
    let signed = keys.v3().chain_update(ALGORITHM_LINE).chain_update(canonical_hash.as_str());
    Hex::of(signed.finalize().into_bytes().into())
}

/// hex(SHA-256(text))
fn hash(text: &str) -> Hex {
    Hex::of(Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::super::SignatureVersion::V3;
    use super::super::percent_encoding::{encoded_pairs, sort};
    use super::super::tests::{DATE, NONCE, create, sent, stamp, test_credentials};
    use super::*;

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
        let credentials = Credentials::new("YourAccessKeyId", "YourAccessKeySecret").unwrap();
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
        let credentials = Credentials::temporary("testid", "testsecret", "token").unwrap();

        let signed = sent(V3, create(), &credentials, &stamp(DATE, NONCE));

        assert_eq!(signed.header("x-acs-security-token"), Some("token"));
        let authorization = signed.header("authorization").unwrap();
        assert!(authorization.contains(
            "SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,"
        ));
    }
}
