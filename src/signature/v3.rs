//! Signature V3, ACS3-HMAC-SHA256: the method, query, headers and body are signed, and the signature is a header.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::percent_encoding::encode_pairs;
use super::{FORM, PATH, Request, Stamp};
use crate::credentials::Credentials;
use crate::transport::HttpRequest;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

pub(super) fn sign(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> HttpRequest {
    let query = encode_pairs(&request.query);
    let body = encode_pairs(&request.form);
    let body_hash = hash(&body);
    let mut headers = headers_to_sign(request, credentials, stamp, &body_hash);

    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let canonical_request = canonical_request(request.method, &query, &headers, &names, &body_hash);
    let signature = signature(&string_to_sign(&canonical_request), credentials.access_key_secret());
    headers.push((
        "authorization",
        format!("{ALGORITHM} Credential={},SignedHeaders={names},Signature={signature}", credentials.access_key_id()),
    ));
    HttpRequest { method: request.method, path: PATH.into(), query, headers, body }
}

/// Host, content type and every `x-acs-*` header, sorted; no others, since a proxy may rewrite them.
fn headers_to_sign(
    request: &Request<'_>,
    credentials: &Credentials,
    stamp: &Stamp,
    body_hash: &str,
) -> Vec<(&'static str, String)> {
    let mut headers = Vec::with_capacity(9);
    if !request.form.is_empty() {
        headers.push(("content-type", FORM.to_owned()));
    }
    headers.push(("host", request.host.to_owned()));
    headers.push(("x-acs-action", request.action.to_owned()));
    headers.push(("x-acs-content-sha256", body_hash.to_owned()));
    headers.push(("x-acs-date", stamp.date().to_owned()));
    if let Some(token) = credentials.security_token() {
        headers.push(("x-acs-security-token", token.to_owned()));
    }
    headers.push(("x-acs-signature-nonce", stamp.nonce().to_owned()));
    headers.push(("x-acs-version", request.version.to_owned()));
    headers
}

/// CanonicalRequest = METHOD, "/", query, headers ("name:value\n" each), header names, body hash, joined by "\n"
fn canonical_request(
    method: &str,
    query: &str,
    headers: &[(&'static str, String)],
    names: &str,
    body_hash: &str,
) -> String {
    let mut canonical = String::with_capacity(1024);
    for line in [method, PATH, query] {
        canonical.push_str(line);
        canonical.push('\n');
    }
    for (name, value) in headers {
        canonical.extend([name, ":", value, "\n"]);
    }
    canonical.extend(["\n", names, "\n", body_hash]);
    canonical
}

/// StringToSign = algorithm + "\n" + hex(SHA-256(CanonicalRequest))
fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", hash(canonical_request))
}

/// Signature = hex(HMAC-SHA256(secret, StringToSign))
fn signature(string_to_sign: &str, secret: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    hmac.update(string_to_sign.as_bytes());
    hex(&hmac.finalize().into_bytes())
}

/// hex(SHA-256(text))
fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{DATE, NONCE, create, header, stamp, test_credentials};
    use super::*;

    fn signature_of(request: &Request<'_>) -> String {
        let signed = sign(request, &test_credentials(), &stamp(DATE, NONCE));
        header(&signed, "authorization").unwrap().rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_published_example_has_its_hash_and_signature() {
        let request = Request {
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

        let signed = sign(&request, &credentials, &stamp);

        let (names, signed_headers) = (
            "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version",
            &signed.headers[..6],
        );
        let canonical_request = canonical_request("POST", &signed.query, signed_headers, names, &hash(""));
        assert_eq!(hash(&canonical_request), "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        assert_eq!(
            header(&signed, "authorization"),
            Some(
                format!(
                    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={names},\
                     Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
                )
                .as_str()
            )
        );
    }

    #[test]
    fn create_and_list_are_signed_as_the_official_code_signs_them() {
        assert_eq!(
            hash(&encode_pairs(&create().form)),
            "17bbf6f5fee54d631badd52edfe7651a06e1b8185922a373cecaecbe645cad0a"
        );
        assert_eq!(signature_of(&create()), "94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4");

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
        assert_eq!(signature_of(&list), "ed47f8f2a5a5968e1df7f8caca2d8c5a9091f8d8051543d9ff96129b85ab8d3d");
    }

    #[test]
    fn a_token_is_a_signed_header() {
        let credentials = Credentials::new("testid", "testsecret", Some("token")).unwrap();

        let signed = sign(&create(), &credentials, &stamp(DATE, NONCE));

        assert_eq!(header(&signed, "x-acs-security-token"), Some("token"));
        let authorization = header(&signed, "authorization").unwrap();
        assert!(authorization.contains(
            "SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,"
        ));
    }
}
