//! The metadata server of an ECS instance: its role, the role's keys, and the tokens of the hardened mode.

use hyper::Method;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Body, Endpoint, Request};
use crate::clock;
use crate::encoding::lower_hex;
use crate::identifier::random_bytes;
use crate::reply::Content;
use crate::role::Role;
use crate::service_error::ServiceError;
use crate::world::World;

const TTL_HEADER: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";
pub(super) const HEADERS: &[&str] = &[TTL_HEADER, TOKEN_HEADER];

const LONGEST_TTL: i64 = 21_600;
const SESSION_SECONDS: u32 = 21_600;
const SESSION_NAME: &str = "i-esa-emulator";

pub(super) const TOKEN: Endpoint = Endpoint {
    action: "PutMetadataToken",
    method: Method::PUT,
    path: "/latest/api/token",
    product: "Ecs",
    name_follows: false,
    body: Body::Ignored,
    run: put_token,
};

pub(super) const ROLE: Endpoint = Endpoint {
    action: "GetMetadataRole",
    method: Method::GET,
    path: "/latest/meta-data/ram/security-credentials/",
    product: "Ecs",
    name_follows: false,
    body: Body::Ignored,
    run: get_role,
};

pub(super) const CREDENTIALS: Endpoint = Endpoint {
    action: "GetMetadataCredentials",
    method: Method::GET,
    path: "/latest/meta-data/ram/security-credentials/",
    product: "Ecs",
    name_follows: true,
    body: Body::Ignored,
    run: get_credentials,
};

pub(super) const REGION: Endpoint = Endpoint {
    action: "GetMetadataRegion",
    method: Method::GET,
    path: "/latest/meta-data/region-id",
    product: "Ecs",
    name_follows: false,
    body: Body::Ignored,
    run: get_region,
};

/// Whether the metadata server answers at this path.
pub(crate) fn has(path: &str) -> bool {
    path.starts_with("/latest/")
}

/// The instance, in a seed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metadata {
    /// If no account has this role, the instance has none.
    pub(crate) role: String,
    pub(crate) tokens: Tokens,
    pub(crate) region_id: String,
}

impl Default for Metadata {
    fn default() -> Self {
        Self { role: crate::seed::ROLE.into(), tokens: Tokens::Optional, region_id: crate::operation::REGION.into() }
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tokens {
    /// The hardened mode, V2 only.
    Required,
    /// Checked if a request has one.
    Optional,
    /// V1 only.
    Absent,
}

/// The tokens that were issued, and when they expire.
#[derive(Debug, Default)]
pub(crate) struct TokenMemory(Vec<(String, Timestamp)>);

impl TokenMemory {
    fn give(&mut self, lifetime: SignedDuration, now: Timestamp) -> String {
        self.0.retain(|(_, end)| *end > now);
        let token = lower_hex(&random_bytes::<28>());
        self.0.push((token.clone(), now.checked_add(lifetime).unwrap_or(now)));
        token
    }

    fn knows(&self, token: &str, now: Timestamp) -> bool {
        self.0.iter().any(|(known, end)| known == token && *end > now)
    }
}

fn put_token(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    if world.metadata.tokens == Tokens::Absent {
        return Err(not_found("This metadata server knows no tokens."));
    }
    let lifetime = request.parameters.get(TTL_HEADER).and_then(|text| text.parse().ok());
    let lifetime = lifetime.filter(|seconds| (1..=LONGEST_TTL).contains(seconds)).ok_or_else(|| {
        ServiceError::new(400, "InvalidParameter", format!("{TTL_HEADER} must lie between 1 and {LONGEST_TTL}."))
    })?;
    Ok(Content::Text(world.metadata_tokens.give(SignedDuration::from_secs(lifetime), world.clock.now())))
}

fn get_role(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    check_token(request, world)?;
    Ok(Content::Text(role(world)?.name.clone()))
}

fn get_credentials(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    check_token(request, world)?;
    let now = world.clock.now();
    let role = role(world)?;
    if role.name != request.role_name() {
        return Err(not_found("The instance has another role."));
    }
    let mut credentials = role.open_session(SESSION_NAME, None, SESSION_SECONDS, now);
    credentials["Code"] = "Success".into();
    credentials["LastUpdated"] = clock::format(now).into();
    Ok(Content::Text(format!("{credentials:#}")))
}

fn get_region(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    check_token(request, world)?;
    Ok(Content::Text(world.metadata.region_id.clone()))
}

fn check_token(request: &Request, world: &World) -> Result<(), ServiceError> {
    let known = request.parameters.get(TOKEN_HEADER).map(|token| world.metadata_tokens.knows(token, world.clock.now()));
    match (world.metadata.tokens, known) {
        (Tokens::Absent, _) | (_, Some(true)) | (Tokens::Optional, None) => Ok(()),
        (Tokens::Required, None) => Err(ServiceError::new(403, "Forbidden", format!("{TOKEN_HEADER} is missing."))),
        (_, Some(false)) => Err(ServiceError::new(403, "Forbidden", format!("{TOKEN_HEADER} is unknown or expired."))),
    }
}

fn role(world: &mut World) -> Result<&mut Role, ServiceError> {
    // The name is cloned because the search borrows the whole world.
    let name = world.metadata.role.clone();
    world.role_mut(&name).ok_or_else(|| not_found("The instance has no role."))
}

/// Returns an error page. The metadata server reports errors as HTML.
pub(crate) fn error_page(problem: &ServiceError) -> String {
    let (status, message) = (problem.status, &problem.message);
    format!("<html><head><title>{status}</title></head><body><h1>{status} - {message}</h1></body></html>\n")
}

fn not_found(message: &str) -> ServiceError {
    ServiceError::new(404, "NotFound", message)
}
