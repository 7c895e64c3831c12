//! The RPC signature, HMAC-SHA1 over the sorted parameters.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{Claim, incomplete};
use crate::encoding::encode;
use crate::request::Received;
use crate::service_error::ServiceError;

pub(super) const VERSION: &str = "V1";

pub(super) fn read_claim(received: &Received, signature: &str) -> Result<Claim, ServiceError> {
    let required = |name: &str| match received.parameter(name) {
        Some(value) if !value.is_empty() => Ok(value.to_owned()),
        _ => Err(ServiceError::missing(name)),
    };
    let access_key_id = required("AccessKeyId")?;
    for (name, only) in [("SignatureMethod", "HMAC-SHA1"), ("SignatureVersion", "1.0")] {
        let given = required(name)?;
        if given != only {
            return Err(incomplete(&format!("{name} must be {only}")));
        }
    }
    required("Action")?;
    required("Version")?;
    let parameters = received.query.iter().chain(received.form.iter());
    Ok(Claim {
        signature_version: VERSION,
        access_key_id,
        nonce: required("SignatureNonce")?,
        security_token: received.parameter("SecurityToken").map(str::to_owned),
        date: required("Timestamp")?,
        signature: signature.to_owned(),
        signed_headers: Vec::new(),
        string_to_sign: string_to_sign(received.method.as_str(), parameters),
        canonical_request: None,
        expected_signature: None,
    })
}

/// METHOD & %2F & enc(sorted enc(name)=enc(value) joined by &)
fn string_to_sign<'a>(method: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut sorted: Vec<_> = parameters.filter(|(name, _)| *name != "Signature").collect();
    sorted.sort_unstable();
    let joined: Vec<_> = sorted.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("{method}&%2F&{}", encode(&joined.join("&")))
}

/// Base64(HMAC-SHA1(secret + "&", string to sign))
pub(super) fn sign(secret: &str, string_to_sign: &str) -> String {
    let hmac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).expect("HMAC takes a key of any length");
    STANDARD.encode(hmac.chain_update(string_to_sign.as_bytes()).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_signature_over_an_empty_method_is_met() {
        let text = string_to_sign("", [("test", "ok")].into_iter());
        assert_eq!(text, "&%2F&test%3Dok");
        assert_eq!(sign("accessKeySecret", &text), "jHx/oHoHNrbVfhncHEvPdHXZwHU=");
    }

    #[test]
    fn the_signature_parameter_is_left_out_and_the_rest_sorted() {
        let text = string_to_sign("GET", [("b", "* "), ("Signature", "x"), ("a", "1")].into_iter());
        assert_eq!(text, "GET&%2F&a%3D1%26b%3D%252A%2520");
    }
}
