//! Signature V1, RPC style with HMAC-SHA1: the parameters are signed, and the signature is a parameter.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::percent_encoding::{encode, encode_pairs};
use super::{FORM, PATH, Parameter, Request, Stamp};
use crate::credentials::Credentials;
use crate::transport::HttpRequest;

pub(super) fn sign(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> HttpRequest {
    let mut query = request.query.clone();
    query.extend([
        ("AccessKeyId", credentials.access_key_id().into()),
        ("Action", request.action.into()),
        ("Format", "JSON".into()),
        ("SignatureMethod", "HMAC-SHA1".into()),
        ("SignatureNonce", stamp.nonce().into()),
        ("SignatureVersion", "1.0".into()),
        ("Timestamp", stamp.date().into()),
        ("Version", request.version.into()),
    ]);
    if let Some(token) = credentials.security_token() {
        query.push(("SecurityToken", token.into()));
    }
    let signature =
        signature(&string_to_sign(request.method, query.iter().chain(&request.form)), credentials.access_key_secret());
    query.push(("Signature", signature.into()));

    let mut headers = vec![("host", request.host.to_owned())];
    if !request.form.is_empty() {
        headers.push(("content-type", FORM.to_owned()));
    }
    HttpRequest {
        method: request.method,
        path: PATH.into(),
        query: encode_pairs(&query),
        headers,
        body: encode_pairs(&request.form),
    }
}

/// StringToSign = METHOD + "&" + enc("/") + "&" + enc(sorted pairs)
fn string_to_sign<'a>(method: &str, parameters: impl IntoIterator<Item = &'a Parameter<'a>>) -> String {
    format!("{method}&%2F&{}", encode(&encode_pairs(parameters)))
}

/// Signature = Base64(HMAC-SHA1(secret + "&", StringToSign))
fn signature(string_to_sign: &str, secret: &str) -> String {
    let key = Zeroizing::new([secret, "&"].concat());
    let mut hmac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    hmac.update(string_to_sign.as_bytes());
    STANDARD.encode(hmac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{DATE, NONCE, create, header, stamp, test_credentials};
    use super::*;

    fn signature_of(method: &str, parameters: &[(&'static str, &'static str)], secret: &str) -> String {
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(|(name, value)| (*name, (*value).into())).collect();
        signature(&string_to_sign(method, &parameters), secret)
    }

    #[test]
    fn the_published_examples_have_their_signatures() {
        let describe_regions = [
            ("AccessKeyId", "testid"),
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
            ("Version", "2014-05-26"),
        ];
        assert_eq!(signature_of("GET", &describe_regions, "testsecret"), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");

        let describe_dedicated_hosts = [
            ("AccessKeyId", "testid"),
            ("Action", "DescribeDedicatedHosts"),
            ("Format", "JSON"),
            ("RegionId", "cn-beijing"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "edb2b34af0af9a6d14deaf7c1a5315eb"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2023-03-13T08:34:30Z"),
            ("Version", "2014-05-26"),
        ];
        assert_eq!(signature_of("GET", &describe_dedicated_hosts, "testsecret"), "9NaGiOspFP5UPcwX8Iwt2YJXXuk=");

        assert_eq!(signature_of("", &[("test", "ok")], "accessKeySecret"), "jHx/oHoHNrbVfhncHEvPdHXZwHU=");
    }

    #[test]
    fn a_create_is_signed_as_the_official_code_signs_it() {
        // That code says Format=json; the value is part of what is signed, so the vector holds with it only.
        let request = create();
        let query: Vec<Parameter<'_>> = [
            ("AccessKeyId", "testid"),
            ("Action", request.action),
            ("Format", "json"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "0123456789abcdef0123456789abcdef"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2025-01-02T03:04:05Z"),
            ("Version", request.version),
        ]
        .map(|(name, value)| (name, value.into()))
        .into();

        let string_to_sign = string_to_sign("POST", query.iter().chain(&request.form));

        assert_eq!(signature(&string_to_sign, "testsecret"), "hao4Q95VTRY+/johhtYAJ41Q//0=");
    }

    #[test]
    fn a_token_is_a_parameter_and_the_form_stays_in_the_body() {
        let credentials = Credentials::new("testid", "testsecret", Some("t/k")).unwrap();

        let signed = sign(&create(), &credentials, &stamp(DATE, NONCE));

        assert!(
            signed
                .query
                .starts_with("AccessKeyId=testid&Action=CreateRoutineRelatedRecord&Format=JSON&SecurityToken=t%2Fk&")
        );
        assert_eq!(signed.body, "Name=test-routine1&RecordName=test-record-1.example.com&SiteId=54362329990032");
        assert_eq!(header(&signed, "content-type"), Some("application/x-www-form-urlencoded"));
    }

    #[test]
    fn a_request_without_a_form_has_no_body() {
        let request = Request { form: vec![], ..create() };

        let signed = sign(&request, &test_credentials(), &stamp(DATE, NONCE));

        assert_eq!((signed.body.as_str(), header(&signed, "content-type")), ("", None));
    }
}
