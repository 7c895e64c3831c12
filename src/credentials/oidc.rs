//! The provider for workloads that an identity provider vouches for, such as pods of a cluster.

use std::path::Path;

use super::context::Context;
use super::sts::Role;
use super::{Failure, Issued};
use crate::environment::{OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE, ROLE_ARN};
use crate::file;

pub(super) async fn find(context: &Context<'_>) -> Result<Issued, Failure> {
    let environment = context.environment();
    let role = Role { arn: environment.require(ROLE_ARN)?, ..Role::default() };
    let provider = environment.require(OIDC_PROVIDER_ARN)?;
    assume(&role, provider, environment.require_path(OIDC_TOKEN_FILE)?, context).await
}

/// Assumes `role` with the token in `token_file`. The file is replaced from time to time, so it is read each time.
pub(super) async fn assume(
    role: &Role<'_>,
    provider_arn: &str,
    token_file: &Path,
    context: &Context<'_>,
) -> Result<Issued, Failure> {
    let name = token_file.display();
    let file = file::read(token_file)
        .map_err(|error| Failure::of_system(format_args!("the token file {name} can't be read"), &error))?;
    match file.text.trim() {
        "" => Err(Failure::of(format!("the token file {name} is empty"))),
        token => role.assume_with_oidc(provider_arn, token, context).await,
    }
}
