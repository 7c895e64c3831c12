//! STS, which issues temporary credentials for a role.

use super::context::Context;
use super::issued::GivenKey;
use super::{Credentials, Failure, Issued};
use crate::endpoint::Endpoint;
use crate::environment;
use crate::http::HttpRequest;
use crate::nonce::nonce;
use crate::signature::percent_encoding::{push_pairs, sort};
use crate::signature::{self, FORM, Parameter, Request, SignatureVersion, Stamp};

const VERSION: &str = "2015-04-01";

/// The default name of the role's sessions.
const SESSION_NAME: &str = "libesa";

/// Seconds. The default and the minimum of STS itself.
const DURATION: i64 = 3600;
const SHORTEST_DURATION: i64 = 900;

/// A role to assume, and its settings.
#[derive(Default)]
pub(super) struct Role<'a> {
    pub(super) arn: &'a str,
    pub(super) session_name: Option<&'a str>,
    pub(super) duration_seconds: Option<i64>,
    pub(super) policy: Option<&'a str>,
    pub(super) external_id: Option<&'a str>,
    /// The region whose STS is asked.
    pub(super) sts_region: Option<&'a str>,
    /// The STS endpoint. Takes precedence over the region.
    pub(super) sts_endpoint: Option<&'a str>,
    /// Whether STS is asked from inside a VPC.
    pub(super) vpc: Option<bool>,
}

impl Role<'_> {
    /// Assumes the role as `source`.
    pub(super) async fn assume(&self, source: &Credentials, context: &Context<'_>) -> Result<Issued, Failure> {
        let endpoint = self.endpoint(context)?;
        let host = endpoint.host_header();
        let mut form = self.parameters(context)?;
        form.extend(self.external_id.map(|external_id| ("ExternalId", external_id.into())));
        let mut request =
            Request { method: "POST", host: &host, version: VERSION, action: "AssumeRole", query: vec![], form };
        let mut ask = async || {
            let stamp = Stamp::of(context.asker.clock.now(), nonce()?)?;
            let (request, signature) = signature::sign(SignatureVersion::V1, &mut request, source, &stamp);
            let [secret, token] = source.secrets();
            let secrets = [secret, token, signature.as_str()];
            self.ask(&endpoint, request, &secrets, context).await
        };
        match ask().await {
            Err(failure) if failure.clock_was_off => ask().await,
            answer => answer,
        }
    }

    /// Assumes the role with `token` of the identity provider.
    pub(super) async fn assume_with_oidc(
        &self,
        provider_arn: &str,
        token: &str,
        context: &Context<'_>,
    ) -> Result<Issued, Failure> {
        let endpoint = self.endpoint(context)?;
        let stamp = Stamp::of(context.asker.clock.now(), nonce()?)?;
        let query: [Parameter<'_>; 5] = [
            ("Action", "AssumeRoleWithOIDC".into()),
            ("Format", "JSON".into()),
            ("SignatureNonce", stamp.nonce().into()),
            ("Timestamp", stamp.date().into()),
            ("Version", VERSION.into()),
        ];
        let mut form = self.parameters(context)?;
        form.extend([("OIDCProviderArn", provider_arn.into()), ("OIDCToken", token.into())]);
        sort(&mut form);
        let mut request = HttpRequest::new("POST", "/", |text| push_pairs(&query, text));
        request
            .header("host", &endpoint.host_header())
            .header("content-type", FORM)
            .set_body(|body| push_pairs(&form, body));
        self.ask(&endpoint, request, &[token], context).await
    }

    async fn ask(
        &self,
        endpoint: &Endpoint,
        request: HttpRequest,
        secrets: &[&str],
        context: &Context<'_>,
    ) -> Result<Issued, Failure> {
        let server = format!("STS at {}", endpoint.host_header());
        let (key, time) = context.ask(&server, endpoint, request, secrets, GivenKey::read).await?;
        key.issued(format!("role {}", self.arn), time)
    }

    fn parameters(&self, context: &Context<'_>) -> Result<Vec<Parameter<'_>>, Failure> {
        let duration = self.duration_seconds.unwrap_or(DURATION);
        if duration < SHORTEST_DURATION {
            let reason = format!("a session of {duration} s is too short; {SHORTEST_DURATION} s is the least");
            return Err(Failure::of(reason));
        }
        let session_name = self.session_name.or_else(|| context.environment().get(environment::ROLE_SESSION_NAME));
        let session_name = session_name.unwrap_or(SESSION_NAME).to_owned();
        let mut parameters: Vec<Parameter<'_>> = vec![
            ("DurationSeconds", duration.to_string().into()),
            ("RoleArn", self.arn.into()),
            ("RoleSessionName", session_name.into()),
        ];
        parameters.extend(self.policy.map(|policy| ("Policy", policy.into())));
        Ok(parameters)
    }

    /// Returns the region's STS endpoint, chosen like the official SDKs do.
    fn endpoint(&self, context: &Context<'_>) -> Result<Endpoint, Failure> {
        if let Some(endpoint) = &context.surroundings.sts {
            return Ok(endpoint.clone());
        }
        if let Some(endpoint) = self.sts_endpoint {
            // Ignores the scheme, as the command line does.
            let host = endpoint.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches('/');
            return Endpoint::parse(host).map_err(|error| Failure::of(format!("sts_endpoint: {}", error.message())));
        }
        let environment = context.environment();
        let vpc = self.vpc.unwrap_or_else(|| environment.is_on(environment::VPC_ENDPOINT_ENABLED));
        let host = match self.sts_region.or_else(|| environment.get(environment::STS_REGION)) {
            Some(region) if vpc => format!("sts-vpc.{region}.aliyuncs.com"),
            Some(region) => format!("sts.{region}.aliyuncs.com"),
            None => "sts.aliyuncs.com".to_owned(),
        };
        Endpoint::parse(&host).map_err(|_| Failure::of("the region of STS is invalid"))
    }
}
