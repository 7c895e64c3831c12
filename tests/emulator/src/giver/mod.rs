//! What gives out credentials to whoever can reach it, without a signature: an instance's metadata, a side-car with a URI,
//! and CloudSSO. The keys are sessions of roles, as STS gives them.

mod cloud_sso;
mod credentials_uri;
mod metadata;

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::Value;

pub(crate) use metadata::Metadata;

use crate::clock::Clock;
use crate::request::single_header;
use crate::service_error::ServiceError;
use crate::session::key_json;
use crate::state::Account;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    MetadataToken { lifetime: Option<String> },
    MetadataRegion { token: Option<String> },
    MetadataRole { token: Option<String> },
    MetadataCredentials { token: Option<String>, role: String },
    Credentials { role: String },
    CloudCredential { authorization: Option<String> },
}

/// What is answered: a text, as the metadata does, or JSON.
#[derive(Debug)]
pub(crate) enum Answer {
    Text(String),
    Json(Value),
}

/// What the answers are made of.
pub(crate) struct Givers<'a> {
    pub(crate) accounts: &'a mut [Account],
    pub(crate) metadata: &'a mut Metadata,
    pub(crate) clock: &'a Clock,
}

impl Question {
    /// The question that a request is; `None` where it is one of the service.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let header = |name| single_header(&parts.headers, name).map(str::to_owned);
        let token = || header("x-aliyun-ecs-metadata-token");
        let path = parts.uri.path();
        Some(match (&parts.method, path.strip_prefix(metadata::CREDENTIALS)) {
            (&Method::PUT, _) if path == metadata::TOKEN => {
                Self::MetadataToken { lifetime: header("x-aliyun-ecs-metadata-token-ttl-seconds") }
            }
            (&Method::GET, _) if path == metadata::REGION => Self::MetadataRegion { token: token() },
            (&Method::GET, Some("")) => Self::MetadataRole { token: token() },
            (&Method::GET, Some(role)) => Self::MetadataCredentials { token: token(), role: role.to_owned() },
            (&Method::GET, None) => Self::Credentials { role: path.strip_prefix(credentials_uri::PREFIX)?.to_owned() },
            (&Method::POST, _) if path == cloud_sso::PATH => {
                Self::CloudCredential { authorization: header("authorization") }
            }
            _ => return None,
        })
    }

    /// Its name in the log, and for fault rules.
    pub(crate) fn action(&self) -> &'static str {
        match self {
            Self::MetadataToken { .. } => "PutMetadataToken",
            Self::MetadataRegion { .. } => "GetMetadataRegion",
            Self::MetadataRole { .. } => "GetMetadataRole",
            Self::MetadataCredentials { .. } => "GetMetadataCredentials",
            Self::Credentials { .. } => "GetCredentials",
            Self::CloudCredential { .. } => "CreateCloudCredential",
        }
    }

    pub(crate) fn answer(&self, body: &[u8], givers: &mut Givers<'_>) -> Result<Answer, ServiceError> {
        match self {
            Self::MetadataToken { lifetime } => metadata::new_token(lifetime.as_deref(), givers).map(Answer::Text),
            Self::MetadataRegion { token } => metadata::region(token.as_deref(), givers).map(Answer::Text),
            Self::MetadataRole { token } => metadata::role(token.as_deref(), givers).map(Answer::Text),
            Self::MetadataCredentials { token, role } => {
                metadata::credentials(token.as_deref(), role, givers).map(Answer::Json)
            }
            Self::Credentials { role } => credentials_uri::credentials(role, givers).map(Answer::Json),
            Self::CloudCredential { authorization } => {
                cloud_sso::credential(authorization.as_deref(), body, givers).map(Answer::Json)
            }
        }
    }
}

impl Givers<'_> {
    /// A fresh key of the role of this name, in the first account that has it.
    fn key_of(&mut self, role: &str, seconds: Option<i64>) -> Result<Value, ServiceError> {
        let now = self.clock.now();
        let account = self.accounts.iter_mut().find(|account| account.role(role).is_some());
        let account = account.ok_or_else(|| not_found(&format!("there is no role {role}")))?;
        let longest = account.role(role).map_or(0, |role| role.max_session_seconds);
        let session = account.open_session(role, "emulated", None, seconds.unwrap_or(longest), now)?;
        Ok(key_json(&session.key))
    }
}

fn not_found(why: &str) -> ServiceError {
    ServiceError::new(404, "NotFound", format!("Nothing here: {why}."))
}
