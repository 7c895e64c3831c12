//! The provider for instances of ECS, whose metadata has credentials for the instance's role.

use std::time::Duration;

use super::context::{Answer, Context, Server, parse};
use super::issued::TemporaryKey;
use super::{Failure, Issued};
use crate::endpoint::Endpoint;
use crate::environment::{ECS_METADATA, ECS_METADATA_DISABLED, IMDSV1_DISABLED};
use crate::signature::percent_encoding::encode;
use crate::transport::{Destination, HttpRequest};

/// The same on every instance, and plain http: it never leaves the machine's host.
const METADATA: &str = "http://100.100.100.200";
const CREDENTIALS_PATH: &str = "/latest/meta-data/ram/security-credentials/";

/// Elsewhere than on an instance nobody answers; that must not take long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    find_role(context.environment().get(ECS_METADATA), context)
}

/// The credentials of `role`, else of the role that the instance has.
pub(super) fn find_role(role: Option<&str>, context: &Context<'_>) -> Result<Issued, Failure> {
    if context.environment().is_on(ECS_METADATA_DISABLED) {
        return Err(Failure::of(format!("{ECS_METADATA_DISABLED} is set")));
    }
    let metadata = Metadata::of_instance(context).map_err(|failure| failure.while_asking("the instance's metadata"))?;
    let find = || {
        let role = match role {
            Some(role) => role.to_owned(),
            None => metadata.role()?,
        };
        metadata.credentials(&role)
    };
    find().map_err(|failure| failure.while_asking("the instance's metadata"))
}

/// The metadata of this instance.
struct Metadata<'a> {
    server: Server<'a>,
    host: String,
    /// What the second version of the service wants to see; `None` for the first version.
    token: Option<String>,
}

impl<'a> Metadata<'a> {
    fn of_instance(context: &'a Context<'_>) -> Result<Metadata<'a>, Failure> {
        let endpoint = match &context.surroundings.metadata {
            Some(endpoint) => endpoint.clone(),
            None => Endpoint::of_url(METADATA).map_err(|reason| Failure::of(format!("{METADATA} {reason}")))?.0,
        };
        let destination = Destination::new(&endpoint)?.connected_within(CONNECT_TIMEOUT).without_proxy();
        let server = context.server(&destination, ATTEMPT_TIMEOUT);
        let metadata = Metadata { server, host: endpoint.host_header(), token: None };
        let token = match metadata.new_token() {
            Ok(token) => Some(token),
            // What doesn't give a token may be of the first version, which asks for none.
            Err(failure) if context.environment().is_on(IMDSV1_DISABLED) => {
                let reason = format!("no token ({}), and {IMDSV1_DISABLED} is set", failure.reason);
                return Err(Failure { reason, ..failure });
            }
            Err(failure) => {
                context.warn(|| format!("the instance's metadata gives no token: {}", failure.reason));
                None
            }
        };
        Ok(Metadata { token, ..metadata })
    }

    fn new_token(&self) -> Result<String, Failure> {
        let lifetime = ("x-aliyun-ecs-metadata-token-ttl-seconds", "21600");
        let token = self.ask("PUT", "/latest/api/token", lifetime)?.text()?.trim().to_owned();
        match token.as_str() {
            "" => Err(Failure::of("an empty token")),
            token if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(Failure::of("a token that is none")),
            _ => {
                self.server.learn(&token);
                Ok(token)
            }
        }
    }

    fn role(&self) -> Result<String, Failure> {
        let answer = self.get(CREDENTIALS_PATH)?;
        if answer.status == 404 {
            return Err(Failure::of("the instance has no role"));
        }
        match answer.text()?.trim() {
            "" => Err(Failure::of("the instance has no role")),
            role => Ok(role.to_owned()),
        }
    }

    fn credentials(&self, role: &str) -> Result<Issued, Failure> {
        let answer = self.get(&format!("{CREDENTIALS_PATH}{}", encode(role)))?;
        if answer.status == 404 {
            return Err(Failure::of(format!("the instance doesn't have the role {role}")));
        }
        let key: TemporaryKey = parse("the answer", answer.text()?)?;
        key.issued(format!("role {role} of the instance"), answer.time)
    }

    fn get(&self, path: &str) -> Result<Answer<'_>, Failure> {
        match &self.token {
            Some(token) => self.ask("GET", path, ("x-aliyun-ecs-metadata-token", token)),
            None => self.ask("GET", path, ("accept", "*/*")),
        }
    }

    fn ask(&self, method: &str, path: &str, (name, value): (&str, &str)) -> Result<Answer<'_>, Failure> {
        let mut request = HttpRequest::new(method, path, |_| ());
        request.header("host", &self.host).header(name, value);
        self.server.ask(request)
    }
}
