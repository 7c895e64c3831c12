//! Authentication: the checks that both signature versions share, in their order.

mod nonce;
mod v1;
mod v3;

use jiff::{SignedDuration, Timestamp};

pub(crate) use nonce::NonceMemory;

use crate::clock;
use crate::ram::{Identity, Principal};
use crate::request::Received;
use crate::service_error::ServiceError;
use crate::state::{Account, Key, KeyStatus};

const ALLOWED_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// What a request claims about itself, before it is verified.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) signature_version: &'static str,
    pub(crate) access_key_id: String,
    pub(crate) nonce: String,
    security_token: Option<String>,
    date: String,
    pub(crate) signature: String,
    /// V3 only.
    pub(crate) signed_headers: Vec<String>,
    /// What the signature is made over.
    pub(crate) string_to_sign: String,
    /// V3 only; the refusal shows it.
    pub(crate) canonical_request: Option<String>,
    /// What the signature should be, once that has been computed.
    pub(crate) expected_signature: Option<String>,
}

/// Reads the claim. Fails if something that every signed request needs is missing or malformed.
pub(crate) fn read_claim(received: &Received) -> Result<Claim, ServiceError> {
    let bearer = received.headers.contains_key("x-acs-bearer-token")
        || received.parameter("BearerToken").is_some()
        || received.parameter("SignatureType").is_some_and(|kind| !kind.is_empty());
    if bearer {
        let message = "The emulator takes signatures made with an access key only, and no bearer token.";
        return Err(ServiceError::new(400, "UnsupportedSignatureType", message));
    }
    match (received.headers.contains_key("authorization"), received.parameter("Signature")) {
        (true, None) => v3::read_claim(received),
        (false, Some(signature)) => v1::read_claim(received, signature),
        (true, Some(_)) => Err(incomplete("it carries both an Authorization header and a Signature parameter")),
        (false, None) => Err(unsigned()),
    }
}

/// Verifies the claim. The nonce only counts as used if everything else is right.
pub(crate) fn verify(
    claim: &mut Claim,
    accounts: &[Account],
    nonces: &mut NonceMemory,
    now: Timestamp,
) -> Result<Principal, ServiceError> {
    let (principal, key) = find_key(accounts, &claim.access_key_id)
        .ok_or_else(|| ServiceError::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."))?;
    if key.status == KeyStatus::Inactive {
        return Err(ServiceError::new(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."));
    }
    check_time(&claim.date, now)?;
    check_token(key, claim.security_token.as_deref(), now)?;
    let expected = match claim.signature_version {
        v1::VERSION => v1::sign(&key.access_key_secret, &claim.string_to_sign),
        _ => v3::sign(&key.access_key_secret, &claim.string_to_sign),
    };
    let matches = expected == claim.signature;
    claim.expected_signature = Some(expected);
    if !matches {
        return Err(mismatch(claim));
    }
    if !nonces.remember(&claim.access_key_id, &claim.nonce, now) {
        return Err(ServiceError::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
    }
    Ok(principal)
}

fn find_key<'a>(accounts: &'a [Account], access_key_id: &str) -> Option<(Principal, &'a Key)> {
    accounts.iter().find_map(|account| user_key(account, access_key_id).or_else(|| session_key(account, access_key_id)))
}

fn user_key<'a>(account: &'a Account, access_key_id: &str) -> Option<(Principal, &'a Key)> {
    account.users.iter().find_map(|user| {
        let key = user.keys.iter().find(|key| key.access_key_id == access_key_id)?;
        let identity = Identity::User { name: user.name.clone() };
        let policy = user.policy.clone();
        Some((Principal { account_id: account.id.clone(), identity, policy, session_policy: None }, key))
    })
}

fn session_key<'a>(account: &'a Account, access_key_id: &str) -> Option<(Principal, &'a Key)> {
    account.roles.iter().find_map(|role| {
        // The newest session is the one most likely in use.
        let session = role.sessions.iter().rev().find(|session| session.key.access_key_id == access_key_id)?;
        let identity = Identity::Session { role: role.name.clone(), name: session.name.clone() };
        let (policy, session_policy) = (role.policy.clone(), session.policy.clone());
        Some((Principal { account_id: account.id.clone(), identity, policy, session_policy }, &session.key))
    })
}

fn check_time(date: &str, now: Timestamp) -> Result<(), ServiceError> {
    let Some(time) = clock::parse_exact(date) else {
        let message = "Specified time stamp or date value is not well formatted.";
        return Err(ServiceError::new(400, "InvalidTimeStamp.Format", message));
    };
    if now.duration_since(time).abs() > ALLOWED_SKEW {
        let message = "Specified time stamp or date value is expired.";
        return Err(ServiceError::new(400, "InvalidTimeStamp.Expired", message));
    }
    Ok(())
}

fn check_token(key: &Key, given: Option<&str>, now: Timestamp) -> Result<(), ServiceError> {
    let malformed = |message| Err(ServiceError::new(400, "InvalidSecurityToken.Malformed", message));
    match (key.security_token.as_deref(), given) {
        (None, None) => {}
        (Some(expected), Some(given)) if expected == given => {}
        (Some(_), None) => return malformed("The access key is temporary and the request carries no SecurityToken."),
        (None, Some(_)) => return malformed("Specified SecurityToken is malformed."),
        (Some(_), Some(_)) => {
            let message = "Specified SecurityToken mismatch with the AccessKey.";
            return Err(ServiceError::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message));
        }
    }
    if key.expires.is_some_and(|expires| expires <= now) {
        return Err(ServiceError::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."));
    }
    Ok(())
}

fn mismatch(claim: &Claim) -> ServiceError {
    let mut message = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{}",
        claim.string_to_sign
    );
    if let Some(canonical_request) = &claim.canonical_request {
        message.push_str(" server canonical request is:");
        message.push_str(canonical_request);
    }
    ServiceError::new(400, "SignatureDoesNotMatch", message)
}

/// Refuses a request without a signature.
pub(crate) fn unsigned() -> ServiceError {
    incomplete("it carries neither an Authorization header nor a Signature parameter")
}

fn incomplete(why: &str) -> ServiceError {
    let message = format!("The request signature does not conform to Aliyun standards: {why}.");
    ServiceError::new(400, "IncompleteSignature", message)
}
