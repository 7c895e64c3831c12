//! The provider that reads the environment.

use super::Credentials;
use crate::environment::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Environment, SECURITY_TOKEN};
use crate::error::Error;

/// The credentials of the environment, or the reason why there are none.
pub(super) fn find(environment: &Environment) -> Result<Credentials, String> {
    let variable = |name| environment.get(name).ok_or_else(|| format!("{name} is not set"));
    let id = variable(ACCESS_KEY_ID)?;
    let secret = variable(ACCESS_KEY_SECRET)?;
    let token = environment.get(SECURITY_TOKEN);
    Credentials::new(id, secret, token).map_err(|error: Error| error.message().to_owned())
}
