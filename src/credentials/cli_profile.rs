//! The provider that reads the profiles of Alibaba Cloud's command line.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::context::{Context, parse};
use super::issued::lifetime;
use super::sts::Role;
use super::{Credentials, Failure, Issued, cloud_sso, ecs_ram_role, external, oidc};
use crate::environment::{CLI_PROFILE_DISABLED, CONFIG_FILE, Environment, HOME, PROFILE};

pub(super) fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    let environment = context.environment();
    if environment.is_on(CLI_PROFILE_DISABLED) {
        return Err(Failure::of(format!("{CLI_PROFILE_DISABLED} is set")));
    }
    let path = path(environment)?;
    let profiles: Profiles = parse(&path.display().to_string(), &context.read_secrets(&path)?)?;
    let name = environment.get(PROFILE).or(profiles.current.as_deref()).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Failure::of(format!("{} names no current profile", path.display())))?;
    let issued = profiles.issue(name, &mut Vec::new(), context);
    let issued = issued.map_err(|failure| failure.while_asking(&path.display().to_string()))?;
    Ok(issued.by_way_of(&path.display().to_string()))
}

fn path(environment: &Environment) -> Result<PathBuf, Failure> {
    match environment.get(CONFIG_FILE) {
        Some(path) => Ok(path.into()),
        None => Ok(Path::new(environment.require(HOME)?).join(".aliyun/config.json")),
    }
}

#[derive(Deserialize)]
struct Profiles {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

/// What the command line writes; what isn't used there is empty, missing or null.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    name: Option<String>,
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Zeroizing<String>>,
    sts_token: Option<Zeroizing<String>>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    expired_seconds: Option<u64>,
    sts_region: Option<String>,
    enable_vpc: Option<bool>,
    source_profile: Option<String>,
    ram_role_name: Option<String>,
    oidc_token_file: Option<String>,
    oidc_provider_arn: Option<String>,
    policy: Option<String>,
    external_id: Option<String>,
    process_command: Option<Zeroizing<String>>,
    expiration: Option<String>,
    pub(super) cloud_sso_sign_in_url: Option<String>,
    pub(super) cloud_sso_account_id: Option<String>,
    pub(super) cloud_sso_access_config: Option<String>,
    pub(super) access_token: Option<Zeroizing<String>>,
    pub(super) cloud_sso_access_token_expire: Option<u64>,
}

impl Profiles {
    /// The credentials of the profile called `name`; `path` are the profiles that led to it.
    fn issue<'a>(&'a self, name: &'a str, path: &mut Vec<&'a str>, context: &Context<'_>) -> Result<Issued, Failure> {
        if path.contains(&name) {
            return Err(Failure::of(format!("profile {name} is its own source: {} -> {name}", path.join(" -> "))));
        }
        path.push(name);
        let profile = self.profiles.iter().find(|profile| profile.name.as_deref() == Some(name));
        let profile = profile.ok_or_else(|| Failure::of(format!("it has no profile {name}")))?;
        let place = format!("profile {name}");
        let issued = match given(&profile.mode) {
            Some("ChainableRamRoleArn") => {
                let source = require("source_profile", &profile.source_profile)?;
                let source = self.issue(source, path, context)?;
                profile.role().and_then(|role| role.assume(&source.credentials, context))
            }
            _ => profile.issue(context),
        };
        Ok(issued.map_err(|failure| failure.while_asking(&place))?.by_way_of(&place))
    }
}

impl Profile {
    fn issue(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        match given(&self.mode).unwrap_or_default() {
            "AK" => self.access_key("its access key", None),
            "StsToken" => {
                let token = require("sts_token", &self.sts_token)?;
                self.access_key("its security token", Some(token))
            }
            "RamRoleArn" => {
                let source: Credentials = self.access_key("", None)?.credentials;
                self.role()?.assume(&source, context)
            }
            "EcsRamRole" => ecs_ram_role::find_role(given(&self.ram_role_name), context),
            "OIDC" => {
                let provider = require("oidc_provider_arn", &self.oidc_provider_arn)?;
                let file = require("oidc_token_file", &self.oidc_token_file)?;
                oidc::take_on(&self.role()?, provider, file, context)
            }
            "External" => external::run(require("process_command", &self.process_command)?, context),
            "CloudSSO" => cloud_sso::sign_in(self, context),
            "" => Err(Failure::of("mode is missing")),
            "OAuth" => Err(Failure::of(
                "mode OAuth isn't supported, since its token belongs to the command line: \
                 use a profile of mode AK, RamRoleArn or CloudSSO, or External with a command that gives credentials",
            )),
            other => Err(Failure::of(format!(
                "mode {other} isn't supported; AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC, \
                 External and CloudSSO are"
            ))),
        }
    }

    fn access_key(&self, origin: &str, token: Option<&str>) -> Result<Issued, Failure> {
        let id = require("access_key_id", &self.access_key_id)?;
        Issued::lasting(origin, id, require("access_key_secret", &self.access_key_secret)?, token)
    }

    fn role(&self) -> Result<Role<'_>, Failure> {
        Ok(Role {
            arn: require("ram_role_arn", &self.ram_role_arn)?,
            session_name: given(&self.ram_session_name),
            duration_seconds: self.expired_seconds,
            policy: given(&self.policy),
            external_id: given(&self.external_id),
            sts_region: given(&self.sts_region),
            vpc: self.enable_vpc,
        })
    }

    /// The credentials that a command printed, which have the form of a profile, as of `now`.
    pub(super) fn of_command(&self, now: SystemTime) -> Result<Issued, Failure> {
        let token = match given(&self.mode) {
            Some("AK") => None,
            Some("StsToken") => Some(require("sts_token", &self.sts_token)?),
            None => given(&self.sts_token),
            Some(_) => return Err(Failure::of("mode is neither AK nor StsToken")),
        };
        let lifetime = given(&self.expiration).map(|expiration| lifetime(expiration, now)).transpose()?;
        Ok(Issued { lifetime, ..self.access_key("a command", token)? })
    }
}

/// Reads `text` as a configuration and as what a command prints, and forgets it.
#[cfg(fuzzing)]
pub(super) fn read_any(text: &str) {
    let _ = parse::<Profiles>("it", text);
    if let Ok(profile) = parse::<Profile>("it", text) {
        let _ = profile.of_command(SystemTime::UNIX_EPOCH);
    }
}

/// A setting that is there and isn't empty.
pub(super) fn given(setting: &Option<impl AsRef<str>>) -> Option<&str> {
    setting.as_ref().map(|value| value.as_ref()).filter(|value| !value.is_empty())
}

/// A setting that is there and isn't empty, or that it is missing.
pub(super) fn require<'a>(key: &str, setting: &'a Option<impl AsRef<str>>) -> Result<&'a str, Failure> {
    given(setting).ok_or_else(|| Failure::of(format!("{key} is missing")))
}
