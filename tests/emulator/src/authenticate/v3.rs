//! The header signature ACS3-HMAC-SHA256, over a canonical form of the whole request.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::{Claim, incomplete};
use crate::encoding::{encode, lower_hex};
use crate::request::Received;
use crate::service_error::ServiceError;

pub(super) const VERSION: &str = "V3";
const ALGORITHM: &str = "ACS3-HMAC-SHA256";

pub(super) fn read_claim(received: &Received) -> Result<Claim, ServiceError> {
    let authorization = Authorization::parse(required(received, "authorization")?)?;
    let date = required(received, "x-acs-date")?;
    let nonce = required(received, "x-acs-signature-nonce")?;
    let claimed_hash = required(received, "x-acs-content-sha256")?;
    required(received, "x-acs-action")?;
    required(received, "x-acs-version")?;
    check_signed_headers(received, &authorization.signed_headers)?;

    let body_hash = lower_hex(&Sha256::digest(&received.body));
    if claimed_hash != body_hash {
        let message = format!("The header x-acs-content-sha256 is not the body's hash, which is {body_hash}.");
        return Err(ServiceError::new(400, "InvalidContentSha256", message));
    }
    let canonical_request = canonical_request(received, &authorization.signed_headers, &body_hash)?;
    Ok(Claim {
        signature_version: VERSION,
        access_key_id: authorization.access_key_id.to_owned(),
        nonce: nonce.to_owned(),
        security_token: received.header("x-acs-security-token").map(str::to_owned),
        date: date.to_owned(),
        signature: authorization.signature.to_owned(),
        signed_headers: authorization.signed_headers.iter().map(|name| name.to_string()).collect(),
        string_to_sign: string_to_sign(&canonical_request),
        canonical_request: Some(canonical_request),
        expected_signature: None,
    })
}

fn required<'r>(received: &'r Received, name: &str) -> Result<&'r str, ServiceError> {
    match received.header(name) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(incomplete(&format!("the header {name} is missing, empty, not text, or there more than once"))),
    }
}

struct Authorization<'a> {
    access_key_id: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(text: &'a str) -> Result<Self, ServiceError> {
        let form = || incomplete("Authorization must read 'ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…'");
        let (algorithm, fields) = text.split_once(' ').ok_or_else(form)?;
        if algorithm != ALGORITHM {
            return Err(incomplete(&format!("the only algorithm the emulator knows is {ALGORITHM}")));
        }
        let mut fields = fields.split(',').map(str::trim);
        let mut field = |name| fields.next().and_then(|text| text.strip_prefix(name)).filter(|value| !value.is_empty());
        let access_key_id = field("Credential=").ok_or_else(form)?;
        let signed_headers = field("SignedHeaders=").ok_or_else(form)?.split(';').collect();
        let signature = field("Signature=").ok_or_else(form)?;
        if fields.next().is_some() {
            return Err(form());
        }
        Ok(Self { access_key_id, signed_headers, signature })
    }
}

/// Checks that the list is sorted, has the required headers, and names only headers that were sent.
fn check_signed_headers(received: &Received, signed: &[&str]) -> Result<(), ServiceError> {
    if !signed.is_sorted_by(|earlier, later| earlier < later) {
        return Err(incomplete("SignedHeaders must be sorted and name each header once"));
    }
    let received_names = received.headers.keys().map(|name| name.as_str());
    let acs = received_names.filter(|name| name.starts_with("x-acs-"));
    let content_type = (!received.body.is_empty()).then_some("content-type");
    for name in acs.chain(["host"]).chain(content_type) {
        if !signed.contains(&name) {
            return Err(incomplete(&format!("the header {name} is not signed")));
        }
    }
    Ok(())
}

fn canonical_request(received: &Received, signed: &[&str], body_hash: &str) -> Result<String, ServiceError> {
    let mut query: Vec<_> = received.query.iter().collect();
    query.sort_unstable();
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let mut headers = String::new();
    for name in signed {
        let Some(value) = received.header(name) else {
            return Err(incomplete(&format!("the signed header {name} is missing, not text, or there more than once")));
        };
        headers.push_str(&format!("{name}:{}\n", value.trim()));
    }
    let (method, path, query, names) = (&received.method, &received.path, query.join("&"), signed.join(";"));
    Ok(format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{body_hash}"))
}

fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", lower_hex(&Sha256::digest(canonical_request.as_bytes())))
}

/// hex(HMAC-SHA256(secret, string to sign))
pub(super) fn sign(secret: &str, string_to_sign: &str) -> String {
    let hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    lower_hex(&hmac.chain_update(string_to_sign.as_bytes()).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn the_published_example_is_met() {
        let empty_hash = lower_hex(&Sha256::digest(b""));
        let query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
        let request = Request::post(format!("/?{query}"))
            .header("host", "ecs.cn-shanghai.aliyuncs.com")
            .header("x-acs-action", "RunInstances")
            .header("x-acs-content-sha256", &empty_hash)
            .header("x-acs-date", "2023-10-26T10:22:32Z")
            .header("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d")
            .header("x-acs-version", "2014-05-26");
        let received = Received::parse(request.body(()).unwrap().into_parts().0, Vec::new()).unwrap();
        let signed =
            ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
        let text = string_to_sign(&canonical_request(&received, &signed, &empty_hash).unwrap());
        assert_eq!(text.lines().last(), Some("7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"));
        let signature = sign("YourAccessKeySecret", &text);
        assert_eq!(signature, "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    }
}
