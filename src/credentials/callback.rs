//! The provider that the caller supplies, for secrets that are stored elsewhere.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::context::Context;
use super::{Credentials, Failure, Issued};

/// What the caller's own provider returns.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use esa::{Config, Credentials, ProvidedCredentials};
///
/// let mut config = Config::new();
/// config.credentials_provider(|_time_left| {
///     let credentials = Credentials::temporary("STS.id", "secret", "token").map_err(|error| error.to_string())?;
///     Ok(ProvidedCredentials::new(credentials).with_expires(SystemTime::now() + Duration::from_secs(3600)))
/// });
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProvidedCredentials {
    /// The credentials.
    pub credentials: Credentials,
    /// When they expire. `None`: they stay valid until the service refuses them.
    pub expires: Option<SystemTime>,
}

impl ProvidedCredentials {
    /// Returns credentials without an expiration.
    pub fn new(credentials: Credentials) -> ProvidedCredentials {
        ProvidedCredentials { credentials, expires: None }
    }

    /// Sets when they expire.
    pub fn with_expires(self, expires: SystemTime) -> ProvidedCredentials {
        ProvidedCredentials { expires: Some(expires), ..self }
    }
}

type Provide = dyn Fn(Duration) -> Result<ProvidedCredentials, String> + Send + Sync;

/// The caller's provider function.
#[derive(Clone)]
pub(crate) struct Callback(Arc<Provide>);

impl Callback {
    pub(crate) fn new(
        provide: impl Fn(Duration) -> Result<ProvidedCredentials, String> + Send + Sync + 'static,
    ) -> Callback {
        Callback(Arc::new(provide))
    }

    pub(super) fn find(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        let left = context.asker.limits.deadline.left().unwrap_or(Duration::MAX);
        // The function may take longer than the permit allows.
        context.permit.extend(Duration::MAX);
        let provided = (self.0)(left);
        context.permit.extend(context.asker.attempt);
        let ProvidedCredentials { credentials, expires } = provided?;
        let lifetime = expires.map(|expires| expires.duration_since(context.asker.clock.now()).unwrap_or_default());
        if lifetime == Some(Duration::ZERO) {
            return Err(Failure::of("the credentials that it gives have expired"));
        }
        Ok(Issued { credentials, lifetime, origin: "the program's own function".to_owned() })
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}
