//! The provider that reads the environment.

use super::context::Context;
use super::{Failure, Issued};
use crate::environment::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN};

pub(super) fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    let environment = context.environment();
    let (id, secret) = (environment.require(ACCESS_KEY_ID)?, environment.require(ACCESS_KEY_SECRET)?);
    Issued::lasting("its variables", id, secret, environment.get(SECURITY_TOKEN))
}
