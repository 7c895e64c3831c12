//! The provider that reads the SDKs' credentials file, which is an INI file.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::ini::{self, Pairs};
use super::sts::Role;
use super::{Credentials, Failure, Issued, ecs_ram_role, oidc};
use crate::environment::{CREDENTIALS_FILE, Environment, HOME, PROFILE};

/// Below the home directory. The first that exists is used.
const PLACES: [&str; 2] = [".alibabacloud/credentials", ".alibabacloud/credentials.ini"];

pub(super) async fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    let path = path(context.environment())?;
    let name = context.environment().get(PROFILE).unwrap_or("default");
    let wrong = |reason: String| Failure::of(format!("{}: {reason}", path.display()));
    let text = context.read_secrets(&path)?;
    let section = Section(ini::section(&text, name).map_err(wrong)?);
    let place = format!("section {name} of {}", path.display());
    let issued = section.issue(context).await.map_err(|failure| failure.while_asking(&place))?;
    Ok(issued.by_way_of(&place))
}

fn path(environment: &Environment) -> Result<PathBuf, Failure> {
    if let Some(path) = environment.path(CREDENTIALS_FILE) {
        return Ok(path.to_owned());
    }
    let home = environment.require_path(HOME)?;
    let mut places = PLACES.map(|place| home.join(place)).into_iter();
    let first = places.next().unwrap_or_default();
    Ok(if first.exists() { first } else { places.find(|place| place.exists()).unwrap_or(first) })
}

struct Section(Pairs);

impl Section {
    fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(name, _)| name == key)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    fn require(&self, key: &str) -> Result<&str, Failure> {
        self.get(key).ok_or_else(|| Failure::of(format!("{key} is missing")))
    }

    async fn issue(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        match self.require("type")? {
            "access_key" => Issued::lasting(
                "its access key",
                self.require("access_key_id")?,
                self.require("access_key_secret")?,
                None,
            ),
            "ecs_ram_role" => ecs_ram_role::find_role(self.get("role_name"), context).await,
            "ram_role_arn" => {
                let (id, secret) = (self.require("access_key_id")?, self.require("access_key_secret")?);
                self.role()?.assume(&Credentials::new(id, secret)?, context).await
            }
            "oidc_role_arn" => {
                let (provider, file) = (self.require("oidc_provider_arn")?, self.require("oidc_token_file_path")?);
                oidc::assume(&self.role()?, provider, Path::new(file), context).await
            }
            other => Err(Failure::of(format!(
                "type {other} isn't supported; access_key, ecs_ram_role, ram_role_arn and oidc_role_arn are"
            ))),
        }
    }

    fn role(&self) -> Result<Role<'_>, Failure> {
        Ok(Role {
            arn: self.require("role_arn")?,
            session_name: self.get("role_session_name"),
            policy: self.get("policy"),
            ..Role::default()
        })
    }
}
