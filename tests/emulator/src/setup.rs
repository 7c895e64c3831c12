//! Settings of the command line that hold for the whole run: the host names, and the user's own key.

use std::path::Path;

use crate::seed::Seed;
use crate::web_page::Hosts;

#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) hosts: Hosts,
    pub(crate) key: Option<OwnKey>,
}

/// Replaces the well-known key in every seed.
#[derive(Clone, Debug)]
pub(crate) struct OwnKey {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Setup {
    /// Returns the first seed. Without a file, the built-in one.
    pub(crate) fn first_seed(&self, file: Option<&Path>) -> Result<Seed, String> {
        file.map_or_else(|| Seed::parse(b"{}", self.key.as_ref()), |file| Seed::read(file, self.key.as_ref()))
    }
}

/// `ID:SECRET`
pub(crate) fn parse_key(text: &str) -> Result<OwnKey, String> {
    let is_good = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic());
    match text.split_once(':') {
        Some((id, secret)) if is_good(id) && is_good(secret) => Ok(OwnKey { id: id.into(), secret: secret.into() }),
        _ => Err("an id and a secret are wanted, as ID:SECRET".into()),
    }
}
