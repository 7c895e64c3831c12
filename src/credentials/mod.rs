//! The identity of the caller: an access key, and where it comes from.

mod cache;
mod callback;
mod chain;
mod child;
mod cli_profile;
mod cloud_sso;
mod context;
mod credentials_file;
mod credentials_uri;
mod ecs_ram_role;
mod environment;
mod external;
mod failure;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod ini;
mod issued;
mod oidc;
mod servers;
mod setting;
mod sts;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use self::cache::Cache;
pub(crate) use self::callback::Callback;
pub use self::callback::ProvidedCredentials;
pub(crate) use self::chain::{Chain, Source};
pub(crate) use self::context::Asker;
use self::failure::Failure;
use self::issued::Issued;
use crate::signature::Credentials;

/// The identity that the caller has set.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    Credentials(Credentials),
    Callback(Callback),
}
