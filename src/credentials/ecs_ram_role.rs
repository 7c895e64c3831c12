//! The provider for ECS instances. The instance metadata has the credentials of the instance's role.

use std::time::Duration;

use super::context::{Answer, Context, Server, parse_answer};
use super::issued::TemporaryKey;
use super::{Failure, Issued};
use crate::endpoint::Endpoint;
use crate::environment::{ECS_METADATA, ECS_METADATA_DISABLED, IMDSV1_DISABLED};
use crate::http::HttpRequest;
use crate::signature::percent_encoding::encode;
use crate::transport::Destination;

/// The same address on every instance. Plain http is safe, because requests never leave the machine's host.
const METADATA: &str = "http://100.100.100.200";
const CREDENTIALS_PATH: &str = "/latest/meta-data/ram/security-credentials/";

/// Outside of an instance nobody answers. To find that out must not take long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) async fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    find_role(context.environment().get(ECS_METADATA), context).await
}

/// Returns the credentials of `role`, else of the instance's role.
pub(super) async fn find_role(role: Option<&str>, context: &Context<'_>) -> Result<Issued, Failure> {
    if context.environment().is_on(ECS_METADATA_DISABLED) {
        return Err(Failure::of(format!("{ECS_METADATA_DISABLED} is set")));
    }
    let find = async {
        let mut metadata = Metadata::of_instance(context).await?;
        let role = match role {
            Some(role) => role.to_owned(),
            None => metadata.role().await?,
        };
        metadata.credentials(&role).await
    };
    find.await.map_err(|failure: Failure| failure.while_asking("the instance's metadata"))
}

/// The instance metadata.
struct Metadata<'a> {
    server: Server<'a>,
    context: &'a Context<'a>,
    host: String,
    /// The token that IMDSv2 needs. `None`: IMDSv1, which needs none.
    token: Option<String>,
}

impl<'a> Metadata<'a> {
    async fn of_instance(context: &'a Context<'_>) -> Result<Metadata<'a>, Failure> {
        let endpoint = match &context.surroundings.metadata {
            Some(endpoint) => endpoint.clone(),
            None => Endpoint::of_url(METADATA).map_err(|reason| Failure::of(format!("{METADATA} {reason}")))?.0,
        };
        let destination = Destination::new(&endpoint)?.connected_within(CONNECT_TIMEOUT).without_proxy();
        let server = context.server(&destination, ATTEMPT_TIMEOUT);
        let mut metadata = Metadata { server, context, host: endpoint.host_header(), token: None };
        let lifetime = ("x-aliyun-ecs-metadata-token-ttl-seconds", "21600");
        // If nobody answers, this is no ECS instance. Neither IMDSv1 nor a second attempt would change that.
        let answer = metadata.ask("PUT", "/latest/api/token", lifetime).await;
        let answer = answer.map_err(|failure| Failure { retryable: false, ..failure })?;
        metadata.token = match token(&answer) {
            Ok(token) => {
                metadata.server.learn(&token);
                Some(token)
            }
            Err(failure) if !metadata.may_go_without() => {
                let reason = format!("no token ({}), and {IMDSV1_DISABLED} is set", failure.reason);
                return Err(Failure { reason, ..failure });
            }
            Err(failure) => {
                context.warn(|| format!("the instance's metadata gives no token: {}", failure.reason));
                None
            }
        };
        Ok(metadata)
    }

    /// Whether IMDSv1 may be used.
    fn may_go_without(&self) -> bool {
        !self.context.environment().is_on(IMDSV1_DISABLED)
    }

    async fn role(&mut self) -> Result<String, Failure> {
        let answer = self.get(CREDENTIALS_PATH).await?;
        if answer.status == 404 {
            return Err(Failure::of("the instance has no role"));
        }
        match answer.text()?.trim() {
            "" => Err(Failure::of("the instance has no role")),
            role => Ok(role.to_owned()),
        }
    }

    async fn credentials(&mut self, role: &str) -> Result<Issued, Failure> {
        let answer = self.get(&format!("{CREDENTIALS_PATH}{}", encode(role))).await?;
        if answer.status == 404 {
            return Err(Failure::of(format!("the instance doesn't have the role {role}")));
        }
        let key: TemporaryKey = parse_answer(answer.text()?)?;
        key.issued(format!("role {role} of the instance"), answer.time)
    }

    /// Returns the metadata at `path`. If the service refuses its own token, asks without one.
    async fn get(&mut self, path: &str) -> Result<Answer<'a>, Failure> {
        let without_token = ("accept", "*/*");
        let Some(token) = &self.token else { return self.ask("GET", path, without_token).await };
        let answer = self.ask("GET", path, ("x-aliyun-ecs-metadata-token", token)).await?;
        if answer.is_success() || !self.may_go_without() {
            return Ok(answer);
        }
        match self.ask("GET", path, without_token).await {
            Ok(second) if second.is_success() => {
                self.context.warn(|| format!("the instance's metadata refuses its token: HTTP {}", answer.status));
                self.token = None;
                Ok(second)
            }
            _ => Ok(answer),
        }
    }

    async fn ask(&self, method: &str, path: &str, (name, value): (&str, &str)) -> Result<Answer<'a>, Failure> {
        let mut request = HttpRequest::new(method, path, |_| ());
        request.header("host", &self.host).header(name, value);
        self.server.ask(request).await
    }
}

fn token(answer: &Answer<'_>) -> Result<String, Failure> {
    match answer.text()?.trim() {
        "" => Err(Failure::of("an empty token")),
        token if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(Failure::of("an invalid token")),
        token => Ok(token.to_owned()),
    }
}
