//! The provider that reads the profiles of Alibaba Cloud's command line.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::context::{Context, parse};
use super::issued::lifetime;
use super::setting::{Kind, Settings, until};
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
    /// Unparsed: an invalid profile must not affect the others.
    #[serde(borrow)]
    profiles: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// The keys that the command line writes.
static KEYS: [(&str, Kind); 25] = [
    ("mode", Kind::Text),
    ("access_key_id", Kind::Text),
    ("access_key_secret", Kind::Text),
    ("sts_token", Kind::Text),
    ("sts_expiration", Kind::Scalar),
    ("ram_role_arn", Kind::Text),
    ("ram_session_name", Kind::Text),
    ("expired_seconds", Kind::Scalar),
    ("sts_region", Kind::Text),
    ("sts_endpoint", Kind::Text),
    ("enable_vpc", Kind::Flag),
    ("source_profile", Kind::Text),
    ("ram_role_name", Kind::Text),
    ("oidc_token_file", Kind::Text),
    ("oidc_provider_arn", Kind::Text),
    ("policy", Kind::Text),
    ("external_id", Kind::Text),
    ("process_command", Kind::Text),
    ("credentials_uri", Kind::Text),
    ("expiration", Kind::Scalar),
    ("cloud_sso_sign_in_url", Kind::Text),
    ("cloud_sso_account_id", Kind::Text),
    ("cloud_sso_access_config", Kind::Text),
    ("access_token", Kind::Text),
    ("cloud_sso_access_token_expire", Kind::Scalar),
];

/// A profile, or the output of a command.
#[derive(Default)]
pub(super) struct Profile(Settings);

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
        Settings::read(&KEYS, deserializer).map(Profile)
    }
}

impl Profiles<'_> {
    /// Returns the credentials of the profile `name`. `path` has the profiles that led to it.
    async fn issue(&self, name: &str, path: &mut Vec<String>, context: &Context<'_>) -> Result<Issued, Failure> {
        if path.iter().any(|before| before == name) {
            return Err(Failure::of(format!("profile {name} is its own source: {} -> {name}", path.join(" -> "))));
        }
        path.push(name.to_owned());
        let place = format!("profile {name}");
        let profile = self.profile(name)?;
        let issued = match profile.mode().as_str() {
            "chainableramrolearn" => {
                let source = profile.0.require("source_profile")?;
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

    /// Returns the first profile of this name.
    fn profile(&self, name: &str) -> Result<Profile, Failure> {
        let is_named = |profile: &str| parse(name, profile).is_ok_and(|named: Named<'_>| named.name == name);
        let profile = self.profiles.iter().flatten().find(|profile| is_named(profile.get()));
        let profile = profile.ok_or_else(|| Failure::of(format!("it has no profile {name}")))?;
        parse(&format!("profile {name}"), profile.get())
    }
}

impl Profile {
    /// Returns the mode in lower case, because users write it that way, too.
    fn mode(&self) -> String {
        self.0.text("mode").unwrap_or_default().to_ascii_lowercase()
    }

    async fn issue(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        match self.mode().as_str() {
            "ak" => self.access_key("its access key", None),
            "ststoken" => self.access_key("its security token", Some(self.0.require("sts_token")?)),
            "oauth" => self.signed_in(context),
            "ramrolearn" => {
                let source: Credentials = self.access_key("", self.0.text("sts_token"))?.credentials;
                self.role()?.assume(&source, context).await
            }
            "ramrolearnwithrolename" => {
                let source = ecs_ram_role::find_role(self.0.text("ram_role_name"), context).await?;
                self.role()?.assume(&source.credentials, context).await
            }
            "ecsramrole" => ecs_ram_role::find_role(self.0.text("ram_role_name"), context).await,
            "oidc" => {
                let provider = self.0.require("oidc_provider_arn")?;
                let file = Path::new(self.0.require("oidc_token_file")?);
                oidc::assume(&self.role()?, provider, file, context).await
            }
            "external" => {
                may_ask_others(context)?;
                external::run(self.0.require("process_command")?, context).await
            }
            "credentialsuri" => {
                may_ask_others(context)?;
                let of_environment = || context.environment().get(CREDENTIALS_URI);
                let uri = self.0.text("credentials_uri").or_else(of_environment);
                let uri = uri.ok_or_else(|| Failure::of("credentials_uri is missing"))?;
                credentials_uri::ask("credentials_uri", uri, context).await
            }
            "cloudsso" => cloud_sso::sign_in(&self.0, context).await,
            "" => Err(Failure::of("mode is missing")),
            _ => Err(Failure::of(format!(
                "mode {} isn't supported; AK, StsToken, RamRoleArn, RamRoleArnWithRoleName, ChainableRamRoleArn, \
                 EcsRamRole, OIDC, External, CredentialsURI, CloudSSO and OAuth are",
                self.0.text("mode").unwrap_or_default()
            ))),
        }
    }

    fn access_key(&self, origin: &str, token: Option<&str>) -> Result<Issued, Failure> {
        let id = self.0.require("access_key_id")?;
        Issued::lasting(origin, id, self.0.require("access_key_secret")?, token)
    }

    /// Returns the temporary keys that the command line stored after a sign-in. Only the command line may use its own
    /// tokens to get further keys: each use replaces the tokens in this file.
    fn signed_in(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        let lifetime = self.0.left("sts_expiration", context.asker.clock.now())?;
        if lifetime.is_zero() {
            return Err(Failure::of(
                "its temporary keys have expired or are missing, and only the command line can renew them: run one of \
                 its commands with this profile",
            ));
        }
        let token = self.0.require("sts_token")?;
        Ok(Issued { lifetime: Some(lifetime), ..self.access_key("its temporary keys", Some(token))? })
    }

    fn role(&self) -> Result<Role<'_>, Failure> {
        Ok(Role {
            arn: self.0.require("ram_role_arn")?,
            session_name: self.0.text("ram_session_name"),
            duration_seconds: self.0.seconds("expired_seconds")?,
            policy: self.0.text("policy"),
            external_id: self.0.text("external_id"),
            sts_region: self.0.text("sts_region"),
            sts_endpoint: self.0.text("sts_endpoint"),
            vpc: self.0.flag("enable_vpc"),
        })
    }

    /// Returns the credentials that a command printed, in the form of a profile. `now` is the present time.
    pub(super) fn of_command(&self, now: SystemTime) -> Result<Issued, Failure> {
        let token = match self.mode().as_str() {
            "ak" => None,
            "ststoken" => Some(self.0.require("sts_token")?),
            "" => self.0.text("sts_token"),
            _ => return Err(Failure::of("mode is neither AK nor StsToken")),
        };
        let lifetime = match self.0.seconds("expiration") {
            Ok(end) => end.map(|end| until(end, now)),
            Err(_) => lifetime(self.0.require("expiration")?.trim(), now)?,
        };
        if lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
            return Err(Failure::of("the credentials that it gives have expired"));
        }
        Ok(Issued { lifetime, ..self.access_key("a command", token)? })
    }
}

/// Checks whether a profile may run commands and ask the user's own servers.
fn may_ask_others(context: &Context<'_>) -> Result<(), Failure> {
    match context.environment().is_on(EXTERNAL_PROCESS_DISABLED) {
        true => Err(Failure::of(format!("{EXTERNAL_PROCESS_DISABLED} is set"))),
        false => Ok(()),
    }
}

/// Reads `text` as a configuration and as a command's output.
#[cfg(fuzzing)]
pub(super) fn read_any(text: &str) {
    if let Ok(profiles) = parse::<Profiles<'_>>("it", text) {
        let _ = profiles.profile("default");
    }
    if let Ok(profile) = parse::<Profile>("it", text) {
        let _ = profile.of_command(SystemTime::UNIX_EPOCH);
    }
}
