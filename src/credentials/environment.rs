//! The provider that reads the environment.

use super::context::Context;
use super::{Failure, Issued};
use crate::environment::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN};
use crate::signature::check_credential;

pub(super) fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    let environment = context.environment();
    let (id, secret) = (environment.require(ACCESS_KEY_ID)?, environment.require(ACCESS_KEY_SECRET)?);
    let token = environment.get(SECURITY_TOKEN);
    // The errors use the names of the variables.
    check_credential(ACCESS_KEY_ID, id)?;
    check_credential(ACCESS_KEY_SECRET, secret)?;
    if let Some(token) = token {
        check_credential(SECURITY_TOKEN, token)?;
    }
    Issued::lasting("its variables", id, secret, token)
}
