//! The form for uploading code to OSS: it is signed when it is issued, and verified at the upload.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::clock;
use crate::multipart::Form;
use crate::service_error::ServiceError;

/// The path where the emulator acts as OSS.
pub(crate) const PATH: &str = "/oss/";

/// The service's own key for OSS, not the caller's.
const KEY_ID: &str = "STS.EsaEmulatorOssKeyId";
const KEY_SECRET: &str = "EsaEmulatorOssKeySecret";
const TOKEN: &str = "EsaEmulatorOssToken";

const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const LARGEST_CODE: usize = 4 * 1024 * 1024;

/// What a form allows, in the form of OSS's policies.
#[derive(Debug, Deserialize, Serialize)]
struct Policy {
    expiration: String,
    conditions: (KeyCondition, LengthCondition),
}

type KeyCondition = (String, String, String);
type LengthCondition = (String, usize, usize);

/// The fields of a form for the code of that routine.
pub(crate) fn form(origin: &str, account: &str, routine: &str, description: &str, now: Timestamp) -> Value {
    let key = key(account, routine);
    let policy = Policy {
        expiration: clock::format(now.checked_add(LIFETIME).unwrap_or(now)),
        conditions: (("eq".into(), "$key".into(), key.clone()), ("content-length-range".into(), 0, LARGEST_CODE)),
    };
    let policy = STANDARD.encode(json!(policy).to_string());
    let callback = json!({"callbackUrl": origin, "callbackBody": "object=${object}&description=${x:codeDescription}"});
    json!({
        "Url": format!("{origin}{PATH}"),
        "OSSAccessKeyId": KEY_ID,
        "XOssSecurityToken": TOKEN,
        "key": key,
        "callback": STANDARD.encode(callback.to_string()),
        "x:codeDescription": STANDARD.encode(description),
        "Signature": sign(&policy),
        "policy": policy,
    })
}

fn key(account: &str, routine: &str) -> String {
    format!("sp_esa_rwa/{account}/{routine}/unstable/routine/index.js")
}

/// base64(HMAC-SHA1(secret, policy))
fn sign(policy: &str) -> String {
    let hmac = Hmac::<Sha1>::new_from_slice(KEY_SECRET.as_bytes()).expect("HMAC takes a key of any length");
    STANDARD.encode(hmac.chain_update(policy).finalize().into_bytes())
}

/// An upload that a form allows.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) account: String,
    pub(crate) routine: String,
    pub(crate) description: String,
    pub(crate) code: Vec<u8>,
    /// Whether OSS reports the upload to the service. Without that, the service doesn't know of it.
    pub(crate) has_callback: bool,
}

impl Upload {
    /// Refuses as OSS does.
    pub(crate) fn verify(form: &Form, now: Timestamp) -> Result<Self, ServiceError> {
        let field = |name| form.fields.get(name).unwrap_or_default();
        check_signature(&field)?;
        let invalid = || ServiceError::new(400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON.");
        let policy = STANDARD.decode(field("policy")).map_err(|_| invalid())?;
        let policy: Policy = serde_json::from_slice(&policy).map_err(|_| invalid())?;
        if clock::parse_exact(&policy.expiration).is_none_or(|expiration| expiration < now) {
            return Err(denied("Invalid according to Policy: Policy expired."));
        }
        let ((_, _, key), (_, _, longest)) = policy.conditions;
        if field("key") != key {
            return Err(denied("Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\", …]."));
        }
        let file = form.file.as_ref();
        let code =
            file.ok_or_else(|| ServiceError::new(400, "IncorrectNumberOfFilesInPOSTRequest", "There is no file."))?;
        if code.len() > longest {
            let message = "Your proposed upload exceeds the maximum allowed size.";
            return Err(ServiceError::new(400, "EntityTooLarge", message));
        }
        let mut names = key.split('/').skip(1).map(str::to_owned);
        Ok(Self {
            account: names.next().unwrap_or_default(),
            routine: names.next().unwrap_or_default(),
            description: text(field("x:codeDescription"))?,
            code: code.clone(),
            has_callback: !text(field("callback"))?.is_empty(),
        })
    }
}

fn check_signature<'f>(field: &impl Fn(&'static str) -> &'f str) -> Result<(), ServiceError> {
    if ["OSSAccessKeyId", "policy", "Signature"].iter().any(|name| field(name).is_empty()) {
        return Err(denied("OSSAccessKeyId, policy and Signature have to come before the file."));
    }
    if field("OSSAccessKeyId") != KEY_ID {
        let message = "The OSS Access Key Id you provided does not exist in our records.";
        return Err(ServiceError::new(403, "InvalidAccessKeyId", message));
    }
    if field("x-oss-security-token") != TOKEN {
        let message = "The field x-oss-security-token must be the XOssSecurityToken that was given out.";
        return Err(ServiceError::new(403, "InvalidSecurityToken", message));
    }
    if field("Signature") != sign(field("policy")) {
        let message = "The request signature we calculated does not match the signature you provided.";
        return Err(ServiceError::new(403, "SignatureDoesNotMatch", message));
    }
    Ok(())
}

fn denied(message: &str) -> ServiceError {
    ServiceError::new(403, "AccessDenied", message)
}

/// The text of a field that is Base64.
fn text(field: &str) -> Result<String, ServiceError> {
    let text = STANDARD.decode(field).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| {
        ServiceError::new(400, "InvalidArgument", "callback and x:codeDescription must be Base64 of a text.")
    })
}
