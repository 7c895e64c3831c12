//! The provider that reads the profiles of Alibaba Cloud's command line.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::context::{Context, parse};
use super::issued::lifetime;
use super::setting::{Scalar, given, left, number, require, seconds, until};
use super::sts::Role;
use super::{Credentials, Failure, Issued, cloud_sso, credentials_uri, ecs_ram_role, external, oidc};
use crate::environment::{CONFIG_FILE, CREDENTIALS_URI, EXTERNAL_PROCESS_DISABLED, Environment, HOME, PROFILE};

pub(super) async fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    let environment = context.environment();
    let path = path(environment)?;
    let place = path.display().to_string();
    let text = context.read_secrets(&path)?;
    let profiles: Profiles<'_> = parse(&place, &text)?;
    let name = environment.get(PROFILE).or(profiles.current.as_deref()).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Failure::of(format!("{place} names no current profile")))?;
    let issued =
        profiles.issue(name, &mut Vec::new(), context).await.map_err(|failure| failure.while_asking(&place))?;
    Ok(issued.by_way_of(&place))
}

fn path(environment: &Environment) -> Result<PathBuf, Failure> {
    match environment.path(CONFIG_FILE) {
        Some(path) => Ok(path.to_owned()),
        None => Ok(environment.require_path(HOME)?.join(".aliyun/config.json")),
    }
}

#[derive(Deserialize)]
struct Profiles<'a> {
    #[serde(borrow)]
    current: Option<Cow<'a, str>>,
    /// Unread: what is wrong with one is no matter of the others.
    #[serde(borrow)]
    profiles: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// What the command line writes; what isn't used there is empty, missing or null.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    sts_token: Option<Zeroizing<String>>,
    sts_expiration: Option<Scalar>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    expired_seconds: Option<Scalar>,
    sts_region: Option<String>,
    sts_endpoint: Option<String>,
    enable_vpc: Option<bool>,
    source_profile: Option<String>,
    ram_role_name: Option<String>,
    oidc_token_file: Option<String>,
    oidc_provider_arn: Option<String>,
    policy: Option<String>,
    external_id: Option<String>,
    process_command: Option<Zeroizing<String>>,
    credentials_uri: Option<Zeroizing<String>>,
    expiration: Option<Scalar>,
    pub(super) cloud_sso_sign_in_url: Option<String>,
    pub(super) cloud_sso_account_id: Option<String>,
    pub(super) cloud_sso_access_config: Option<String>,
    pub(super) access_token: Option<Zeroizing<String>>,
    pub(super) cloud_sso_access_token_expire: Option<Scalar>,
}

impl Profiles<'_> {
    /// The credentials of the profile called `name`; `path` are the profiles that led to it.
    async fn issue(&self, name: &str, path: &mut Vec<String>, context: &Context<'_>) -> Result<Issued, Failure> {
        if path.iter().any(|before| before == name) {
            return Err(Failure::of(format!("profile {name} is its own source: {} -> {name}", path.join(" -> "))));
        }
        path.push(name.to_owned());
        let place = format!("profile {name}");
        let profile = self.profile(name)?;
        let issued = match profile.mode().as_str() {
            "chainableramrolearn" => {
                let source = require("source_profile", &profile.source_profile)?;
                let source = Box::pin(self.issue(source, path, context)).await?;
                match profile.role() {
                    Ok(role) => role.assume(&source.credentials, context).await,
                    Err(failure) => Err(failure),
                }
            }
            _ => profile.issue(context).await,
        };
        Ok(issued.map_err(|failure| failure.while_asking(&place))?.by_way_of(&place))
    }

    /// The first profile of this name.
    fn profile(&self, name: &str) -> Result<Profile, Failure> {
        let is_named = |profile: &str| parse(name, profile).is_ok_and(|named: Named<'_>| named.name == name);
        let profile = self.profiles.iter().flatten().find(|profile| is_named(profile.get()));
        let profile = profile.ok_or_else(|| Failure::of(format!("it has no profile {name}")))?;
        parse(&format!("profile {name}"), profile.get())
    }
}

impl Profile {
    /// In lower case, since people write the modes so.
    fn mode(&self) -> String {
        given(&self.mode).unwrap_or_default().to_ascii_lowercase()
    }

    async fn issue(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        match self.mode().as_str() {
            "ak" => self.access_key("its access key", None),
            "ststoken" => self.access_key("its security token", Some(require("sts_token", &self.sts_token)?)),
            "oauth" => self.signed_in(context),
            "ramrolearn" => {
                let source: Credentials = self.access_key("", given(&self.sts_token))?.credentials;
                self.role()?.assume(&source, context).await
            }
            "ramrolearnwithrolename" => {
                let source = ecs_ram_role::find_role(given(&self.ram_role_name), context).await?;
                self.role()?.assume(&source.credentials, context).await
            }
            "ecsramrole" => ecs_ram_role::find_role(given(&self.ram_role_name), context).await,
            "oidc" => {
                let provider = require("oidc_provider_arn", &self.oidc_provider_arn)?;
                let file = Path::new(require("oidc_token_file", &self.oidc_token_file)?);
                oidc::take_on(&self.role()?, provider, file, context).await
            }
            "external" => {
                may_ask_others(context)?;
                external::run(require("process_command", &self.process_command)?, context).await
            }
            "credentialsuri" => {
                may_ask_others(context)?;
                let of_environment = || context.environment().get(CREDENTIALS_URI);
                let uri = given(&self.credentials_uri).or_else(of_environment);
                let uri = uri.ok_or_else(|| Failure::of("credentials_uri is missing"))?;
                credentials_uri::ask("credentials_uri", uri, context).await
            }
            "cloudsso" => cloud_sso::sign_in(self, context).await,
            "" => Err(Failure::of("mode is missing")),
            _ => Err(Failure::of(format!(
                "mode {} isn't supported; AK, StsToken, RamRoleArn, RamRoleArnWithRoleName, ChainableRamRoleArn, \
                 EcsRamRole, OIDC, External, CredentialsURI, CloudSSO and OAuth are",
                given(&self.mode).unwrap_or_default()
            ))),
        }
    }

    fn access_key(&self, origin: &str, token: Option<&str>) -> Result<Issued, Failure> {
        let id = require("access_key_id", &self.access_key_id)?;
        Issued::lasting(origin, id, require("access_key_secret", &self.access_key_secret)?, token)
    }

    /// The temporary keys that the command line has left here after signing in. Its own tokens, which give further ones,
    /// are used up by it alone: each use replaces them, in this file.
    fn signed_in(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        let lifetime = left("sts_expiration", &self.sts_expiration, context.asker.clock.now())?;
        if lifetime.is_zero() {
            return Err(Failure::of(
                "its temporary keys have expired or are missing, and only the command line can renew them: run one of \
                 its commands with this profile",
            ));
        }
        let token = require("sts_token", &self.sts_token)?;
        Ok(Issued { lifetime: Some(lifetime), ..self.access_key("its temporary keys", Some(token))? })
    }

    fn role(&self) -> Result<Role<'_>, Failure> {
        Ok(Role {
            arn: require("ram_role_arn", &self.ram_role_arn)?,
            session_name: given(&self.ram_session_name),
            duration_seconds: seconds("expired_seconds", &self.expired_seconds)?,
            policy: given(&self.policy),
            external_id: given(&self.external_id),
            sts_region: given(&self.sts_region),
            sts_endpoint: given(&self.sts_endpoint),
            vpc: self.enable_vpc,
        })
    }

    /// The credentials that a command printed, which have the form of a profile, as of `now`.
    pub(super) fn of_command(&self, now: SystemTime) -> Result<Issued, Failure> {
        let token = match self.mode().as_str() {
            "ak" => None,
            "ststoken" => Some(require("sts_token", &self.sts_token)?),
            "" => given(&self.sts_token),
            _ => return Err(Failure::of("mode is neither AK nor StsToken")),
        };
        let lifetime = match given(&self.expiration) {
            None => None,
            Some(expiration) => match number(expiration) {
                None => lifetime(expiration, now)?,
                Some(0) => None,
                Some(end) => Some(until(end, now)),
            },
        };
        if lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            return Err(Failure::of("the credentials that it gives have expired"));
        }
        Ok(Issued { lifetime, ..self.access_key("a command", token)? })
    }
}

/// Whether a profile may run commands, and ask servers of the user's own.
fn may_ask_others(context: &Context<'_>) -> Result<(), Failure> {
    match context.environment().is_on(EXTERNAL_PROCESS_DISABLED) {
        true => Err(Failure::of(format!("{EXTERNAL_PROCESS_DISABLED} is set"))),
        false => Ok(()),
    }
}

/// Reads `text` as a configuration and as what a command prints, and forgets it.
#[cfg(fuzzing)]
pub(super) fn read_any(text: &str) {
    if let Ok(profiles) = parse::<Profiles<'_>>("it", text) {
        let _ = profiles.profile("default");
    }
    if let Ok(profile) = parse::<Profile>("it", text) {
        let _ = profile.of_command(SystemTime::UNIX_EPOCH);
    }
}
