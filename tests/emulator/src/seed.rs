//! Seed documents: the state and the fault rules to start with, read from JSON and checked.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::arn;
use crate::canned_reply::CannedReply;
use crate::endpoint::cloud_sso::CloudSso;
use crate::endpoint::metadata::Metadata;
use crate::fault::Rule;
use crate::role::{BearerToken, OidcProvider, Role};
use crate::setup::OwnKey;
use crate::site::Site;
use crate::spelling;
use crate::state::{Account, DEFAULT_ACCOUNT_ID, Key, KeyStatus, Routine, User};

/// The well-known key pair. It opens nothing but emulators.
const ACCESS_KEY_ID: &str = "EsaEmulatorKeyId";
const ACCESS_KEY_SECRET: &str = "EsaEmulatorKeySecret";

/// The role that is there without a seed.
pub(crate) const ROLE: &str = "test-role";

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    #[serde(default = "built_in_accounts")]
    pub(crate) accounts: Vec<Account>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default)]
    pub(crate) cloud_sso: CloudSso,
    #[serde(default)]
    pub(crate) faults: Vec<Rule>,
    #[serde(default)]
    pub(crate) replies: Vec<CannedReply>,
    /// Starts the random numbers behind a rule's `probability`.
    #[serde(default = "default_random_seed")]
    pub(crate) random_seed: u64,
}

fn default_random_seed() -> u64 {
    1
}

fn built_in_accounts() -> Vec<Account> {
    let key = Key {
        access_key_id: ACCESS_KEY_ID.into(),
        access_key_secret: ACCESS_KEY_SECRET.into(),
        security_token: None,
        status: KeyStatus::Active,
        expires: None,
    };
    let provider = OidcProvider { name: "test-oidc".into(), tokens: vec![BearerToken::new("EsaEmulatorOidcToken")] };
    vec![Account {
        id: DEFAULT_ACCOUNT_ID.into(),
        users: vec![User { name: "root".into(), policy: None, keys: vec![key] }],
        roles: vec![Role::new(ROLE)],
        oidc_providers: vec![provider],
        sites: vec![Site::new(54_362_329_990_032, "example.com")],
        routines: vec![Routine::new("test-routine1"), Routine::new("test-routine2")],
        ..Account::default()
    }]
}

/// Where a document may say one thing or a list of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(crate) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

impl Seed {
    pub(crate) fn read(path: &Path, own_key: Option<&OwnKey>) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read(path).map_err(|problem| format!("can't read the seed file {shown}: {problem}"))?;
        Self::parse(&text, own_key).map_err(|problem| format!("the seed file {shown} is wrong: {problem}"))
    }

    /// A key of one's own takes the place of the well-known one, wherever that is.
    pub(crate) fn parse(text: &[u8], own_key: Option<&OwnKey>) -> Result<Self, String> {
        let mut seed: Self = serde_json::from_slice(text).map_err(|problem| spelling::explain(&problem))?;
        if let Some(own_key) = own_key {
            seed.replace_well_known_key(own_key);
        }
        seed.check()?;
        Ok(seed)
    }

    fn replace_well_known_key(&mut self, own_key: &OwnKey) {
        let users = self.accounts.iter_mut().flat_map(|account| &mut account.users);
        for key in users.flat_map(|user| &mut user.keys).filter(|key| key.access_key_id == ACCESS_KEY_ID) {
            key.access_key_id.clone_from(&own_key.id);
            key.access_key_secret.clone_from(&own_key.secret);
        }
    }

    fn check(&self) -> Result<(), String> {
        let accounts = &self.accounts;
        let user_keys = accounts.iter().flat_map(|account| &account.users).flat_map(|user| &user.keys);
        let sessions = accounts.iter().flat_map(|account| &account.roles).flat_map(|role| &role.sessions);
        let keys = user_keys.chain(sessions.map(|session| &session.key));
        unique("account id", accounts.iter().map(|account| &account.id))?;
        unique("access_key_id", keys.map(|key| &key.access_key_id))?;
        unique("site_id", accounts.iter().flat_map(|account| &account.sites).map(|site| site.site_id))?;
        let record_ids = accounts.iter().flat_map(Account::records).map(|record| record.record_id);
        unique("record_id", record_ids.filter(|id| *id != 0))?;
        for account in accounts {
            check_account(account)?;
        }
        for (position, rule) in self.faults.iter().enumerate() {
            rule.check().map_err(|problem| format!("faults[{position}]: {problem}"))?;
        }
        for (position, reply) in self.replies.iter().enumerate() {
            reply.check().map_err(|problem| format!("replies[{position}]: {problem}"))?;
        }
        Ok(())
    }
}

fn check_account(account: &Account) -> Result<(), String> {
    check_names(account)?;
    account.roles.iter().try_for_each(|role| check_role(role, account))?;
    account.routines.iter().try_for_each(check_code)?;
    unique("routine", account.routines.iter().map(|routine| &routine.name))?;
    let names = account.records().map(|record| (record.site_id, record.record_name.to_ascii_lowercase()));
    unique("record", names.map(|(site_id, name)| format!("{name} on site {site_id}")))?;
    for record in account.records() {
        let (name, site_id) = (&record.record_name, record.site_id);
        if record.record_id < 0 {
            return Err(format!("the record_id of {name} is negative"));
        }
        let site = account
            .site(site_id)
            .ok_or_else(|| format!("the record {name} is on site {site_id}, which account {} lacks", account.id))?;
        if !site.covers(name) {
            return Err(format!("the record {name} does not lie below its site {}", site.site_name));
        }
    }
    Ok(())
}

fn check_code(routine: &Routine) -> Result<(), String> {
    let name = &routine.name;
    unique(&format!("code version of {name}"), routine.code_versions.iter().map(|code| &code.version))?;
    let mut deployments = routine.deployments.values();
    deployments.try_for_each(|one| one.check(&routine.code_versions).map_err(|problem| format!("{name}: {problem}")))
}

/// Users, roles and identity providers are found by their names.
fn check_names(account: &Account) -> Result<(), String> {
    let users = account.users.iter().map(|user| &user.name);
    let roles = account.roles.iter().map(|role| &role.name);
    let providers = account.oidc_providers.iter().map(|provider| &provider.name);
    unique("user", users.clone())?;
    unique("role", roles.clone())?;
    unique("OIDC provider", providers.clone())?;
    match users.chain(roles).chain(providers).find(|name| !arn::is_name(name)) {
        Some(name) => Err(format!("{name:?} is no name: 1 to 64 letters, digits, dots, hyphens and underscores are")),
        None => Ok(()),
    }
}

fn check_role(role: &Role, account: &Account) -> Result<(), String> {
    let name = &role.name;
    let exists = |who: &str| match who.split_once('/') {
        Some(("user", name)) => account.users.iter().any(|user| user.name == name),
        Some(("role", name)) => account.roles.iter().any(|role| role.name == name),
        Some(("oidc-provider", name)) => account.oidc_providers.iter().any(|provider| provider.name == name),
        _ => false,
    };
    if let Some(who) = role.trusted.iter().flatten().find(|who| !exists(who)) {
        return Err(format!(
            "the role {name} trusts {who:?}, which is no user/…, role/… or oidc-provider/… of its account"
        ));
    }
    if !(3600..=43_200).contains(&role.max_session_seconds) {
        return Err(format!("the max_session_seconds of the role {name} must lie between 3600 and 43200"));
    }
    if role.session_seconds == Some(0) {
        return Err(format!("the session_seconds of the role {name} must be 1 at least"));
    }
    Ok(())
}

fn unique<T: Display + Eq + Hash>(what: &str, values: impl Iterator<Item = T>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for value in values {
        if let Some(value) = seen.replace(value) {
            return Err(format!("the {what} {value} is there twice"));
        }
    }
    Ok(())
}
