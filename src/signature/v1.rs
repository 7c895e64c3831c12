//! Signature V1, RPC style with HMAC-SHA1. It signs the parameters, and is itself a parameter.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;

use super::percent_encoding::{merged, push_encoded_pairs, push_pairs};
use super::{FORM, PATH, Parameter, Request, Signature, Signed, SigningKeys, Stamp};
use crate::http::HttpRequest;
use crate::signature::Credentials;

pub(super) fn sign(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> (HttpRequest, Signature) {
    let Request { method, query, form, .. } = request;
    let common = common(request, credentials, stamp);
    let (format, token) = (format(request), token(credentials));
    let to_sign = merged([&common, format.as_slice(), token.as_slice(), query, form]);
    let signature = signature(method, to_sign, credentials.signing_keys());
    let sent: [Parameter<'_>; 1] = [("Signature", signature.as_str().into())];

    // The order doesn't matter: the service sorts them.
    let query = common.iter().chain(&format).chain(&token).chain(query).chain(&sent);
    let mut signed = HttpRequest::new(method, PATH, |text| push_pairs(query, text));
    signed.header("host", request.host);
    if !form.is_empty() {
        signed.header("content-type", FORM).set_body(|body| push_pairs(form, body));
    }
    (signed, Signature::V1(signature))
}

/// Returns the text that is signed.
pub(super) fn signed(request: &Request<'_>, credentials: &Credentials, stamp: &Stamp) -> Signed {
    let (common, format) = (common(request, credentials, stamp), format(request));
    let token = token(credentials);
    let mut string_to_sign = String::new();
    let sorted = merged([&common, format.as_slice(), token.as_slice(), &request.query, &request.form]);
    push_string_to_sign(request.method, sorted, &mut string_to_sign);
    Signed { string_to_sign, canonical_request: None }
}

/// Returns the parameters that every request has.
fn common<'a>(request: &Request<'a>, credentials: &'a Credentials, stamp: &'a Stamp) -> [Parameter<'a>; 7] {
    [
        ("AccessKeyId", credentials.access_key_id().into()),
        ("Action", request.action.into()),
        ("SignatureMethod", "HMAC-SHA1".into()),
        ("SignatureNonce", stamp.nonce().into()),
        ("SignatureVersion", "1.0".into()),
        ("Timestamp", stamp.date().into()),
        ("Version", request.version.into()),
    ]
}

/// Returns the parameter for the format of the reply, unless the request has its own.
fn format<'a>(request: &Request<'a>) -> Option<Parameter<'a>> {
    let says_it = request.query.iter().chain(&request.form).any(|(name, _)| *name == "Format");
    (!says_it).then(|| ("Format", "JSON".into()))
}

fn token(credentials: &Credentials) -> Option<Parameter<'_>> {
    credentials.security_token().map(|token| ("SecurityToken", token.into()))
}

/// StringToSign = METHOD + "&" + enc("/") + "&" + enc(sorted pairs)
fn push_string_to_sign<'a>(method: &str, sorted: impl Iterator<Item = &'a Parameter<'a>>, text: &mut String) {
    text.extend([method, "&%2F&"]);
    push_encoded_pairs(sorted, text);
}

/// Signature = Base64(HMAC-SHA1(secret + "&", StringToSign))
fn signature<'a>(method: &str, sorted: impl Iterator<Item = &'a Parameter<'a>>, keys: &SigningKeys) -> String {
    let mut text = String::with_capacity(1024); // more than most need
    push_string_to_sign(method, sorted, &mut text);
    let signed = keys.v1().chain_update(&text).finalize().into_bytes();
    text.clear();
    STANDARD.encode_string(signed, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::super::SignatureVersion::V1;
    use super::super::tests::{DATE, NONCE, create, sent, stamp, test_credentials};
    use super::*;

    fn signature_of(method: &str, parameters: &[(&'static str, &'static str)], secret: &str) -> String {
        let parameters: Vec<Parameter<'_>> = parameters.iter().map(|(name, value)| (*name, (*value).into())).collect();
        signature(method, parameters.iter(), &SigningKeys::of(secret))
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
        // That code sends Format=json. The vector holds only with this value, because the value is signed.
        let request = Request { query: vec![("Format", "json".into())], ..create() };

        let signed = sent(V1, request, &test_credentials(), &stamp(DATE, NONCE));

        assert!(
            signed.query.ends_with("&Format=json&Signature=hao4Q95VTRY%2B%2FjohhtYAJ41Q%2F%2F0%3D"),
            "{}",
            signed.query
        );
        assert!(!signed.query.contains("Format=JSON"), "{}", signed.query);
    }

    #[test]
    fn a_token_is_a_parameter_and_the_form_stays_in_the_body() {
        let credentials = Credentials::temporary("testid", "testsecret", "t/k").unwrap();

        let signed = sent(V1, create(), &credentials, &stamp(DATE, NONCE));

        let (start, end) =
            ("AccessKeyId=testid&Action=CreateRoutineRelatedRecord&", "&Format=JSON&SecurityToken=t%2Fk&Signature=");
        assert!(signed.query.starts_with(start) && signed.query.contains(end), "{}", signed.query);
        assert_eq!(signed.body, "Name=test-routine1&RecordName=test-record-1.example.com&SiteId=54362329990032");
        assert_eq!(signed.header("content-type"), Some("application/x-www-form-urlencoded"));
    }

    #[test]
    fn a_request_without_a_form_has_no_body() {
        let request = Request { form: vec![], ..create() };

        let signed = sent(V1, request, &test_credentials(), &stamp(DATE, NONCE));

        assert_eq!((signed.body.as_str(), signed.header("content-type")), ("", None));
    }
}
