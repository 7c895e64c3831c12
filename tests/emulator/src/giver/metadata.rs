//! The metadata of an ECS instance, as far as its role goes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Givers, not_found};
use crate::clock;
use crate::identifier::request_id;
use crate::service_error::ServiceError;

pub(super) const TOKEN: &str = "/latest/api/token";
pub(super) const REGION: &str = "/latest/meta-data/region-id";
pub(super) const CREDENTIALS: &str = "/latest/meta-data/ram/security-credentials/";

const LONGEST_LIFETIME: i64 = 21_600;

/// The instance on which the tests seem to run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metadata {
    /// The instance's role, of the first account that has one of this name; null: it has none.
    role: Option<String>,
    tokens: MetadataTokens,
    /// How long the role's keys live; null: as long as the role allows.
    session_seconds: Option<i64>,
    /// The tokens that were given out, and until when they are good.
    #[serde(skip)]
    given: Vec<(String, Timestamp)>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            role: Some(crate::seed::ROLE.into()),
            tokens: MetadataTokens::default(),
            session_seconds: None,
            given: Vec::new(),
        }
    }
}

/// Which version of the metadata's protocol is spoken.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MetadataTokens {
    /// Both: a token is looked at where one is sent.
    #[default]
    Optional,
    /// The second only.
    Required,
    /// The first only: there are no tokens.
    Absent,
}

pub(super) fn new_token(lifetime: Option<&str>, givers: &mut Givers<'_>) -> Result<String, ServiceError> {
    if givers.metadata.tokens == MetadataTokens::Absent {
        return Err(not_found("this metadata has no tokens"));
    }
    let seconds =
        lifetime.and_then(|text| text.parse().ok()).filter(|seconds| (1..=LONGEST_LIFETIME).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        let message = format!("The header X-aliyun-ecs-metadata-token-ttl-seconds must be 1 to {LONGEST_LIFETIME}.");
        ServiceError::new(400, "InvalidParameter", message)
    })?;
    let now = givers.clock.now();
    let until = now.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| ServiceError::internal())?;
    let token = request_id().replace('-', "");
    let given = &mut givers.metadata.given;
    given.retain(|(_, until)| *until > now);
    given.push((token.clone(), until));
    Ok(token)
}

/// Refuses a token that wasn't given out or has expired, and none where one has to be sent.
fn check(token: Option<&str>, givers: &Givers<'_>) -> Result<(), ServiceError> {
    let now = givers.clock.now();
    let is_good = |token| givers.metadata.given.iter().any(|(given, until)| given == token && *until > now);
    match (token, givers.metadata.tokens) {
        (_, MetadataTokens::Absent) | (None, MetadataTokens::Optional) => Ok(()),
        (Some(token), _) if is_good(token) => Ok(()),
        _ => Err(ServiceError::new(401, "Unauthorized", "The metadata wants a token that it has given out.")),
    }
}

pub(super) fn region(token: Option<&str>, givers: &Givers<'_>) -> Result<String, ServiceError> {
    check(token, givers)?;
    Ok("cn-hangzhou".into())
}

pub(super) fn role(token: Option<&str>, givers: &Givers<'_>) -> Result<String, ServiceError> {
    check(token, givers)?;
    givers.metadata.role.clone().ok_or_else(|| not_found("the instance has no role"))
}

pub(super) fn credentials(token: Option<&str>, asked: &str, givers: &mut Givers<'_>) -> Result<Value, ServiceError> {
    if role(token, givers)? != asked {
        return Err(not_found("the instance has another role"));
    }
    let mut body = givers.key_of(asked, givers.metadata.session_seconds)?;
    body["Code"] = "Success".into();
    body["LastUpdated"] = clock::format(givers.clock.now()).into();
    Ok(body)
}
