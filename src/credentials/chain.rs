//! The sources of credentials: the caller's own, else the providers, in the order of the official SDKs.

use std::ffi::CStr;
use std::fmt;
use std::pin::Pin;

use super::context::{Context, Surroundings};
use super::{Failure, Issued, cli_profile, credentials_file, credentials_uri, ecs_ram_role, environment, oidc};
use crate::credentials::Identity;
use crate::environment::{
    ACCESS_KEY_ID, ACCESS_KEY_SECRET, CLI_PROFILE_DISABLED, CONFIG_FILE, CREDENTIALS_FILE, ECS_METADATA,
    ECS_METADATA_DISABLED, Environment, OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE, PROFILE, SECURITY_TOKEN,
};
use crate::error::{Error, ErrorKind, Outcome};

/// The name of a source of credentials, here and in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) &'static CStr);

impl Source {
    pub(crate) fn name(self) -> &'static str {
        self.0.to_str().unwrap_or_default()
    }

    /// Whether the source can give other credentials later.
    pub(super) fn can_renew(self) -> bool {
        self != CONFIGURATION && self != ENVIRONMENT
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

pub(super) const CONFIGURATION: Source = Source(c"configuration");
const CALLBACK: Source = Source(c"callback");
const ENVIRONMENT: Source = Source(c"environment");

/// A provider's search for credentials.
type Search<'a> = Pin<Box<dyn Future<Output = Result<Issued, Failure>> + 'a>>;

/// A provider of credentials.
struct Provider {
    source: Source,
    find: for<'a> fn(&'a Context<'_>) -> Search<'a>,
    /// The variable that disables it.
    switch: Option<&'static str>,
    /// The variables that select its credentials. If one of them is set and the provider gives none, the search ends,
    /// because later providers have other accounts' credentials.
    named_by: &'static [&'static str],
}

/// The first provider that gives credentials is used.
const PROVIDERS: [Provider; 6] = [
    Provider {
        source: ENVIRONMENT,
        find: |context| Box::pin(async { environment::find(context) }),
        switch: None,
        named_by: &[ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN],
    },
    // A role alone may be meant for a profile.
    Provider {
        source: Source(c"oidc"),
        find: |context| Box::pin(oidc::find(context)),
        switch: None,
        named_by: &[OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE],
    },
    // The profile may also be one in the credentials file, which comes next.
    Provider {
        source: Source(c"cli_profile"),
        find: |context| Box::pin(cli_profile::find(context)),
        switch: Some(CLI_PROFILE_DISABLED),
        named_by: &[CONFIG_FILE],
    },
    Provider {
        source: Source(c"credentials_file"),
        find: |context| Box::pin(credentials_file::find(context)),
        switch: None,
        named_by: &[CREDENTIALS_FILE, PROFILE],
    },
    Provider {
        source: Source(c"ecs_ram_role"),
        find: |context| Box::pin(ecs_ram_role::find(context)),
        switch: Some(ECS_METADATA_DISABLED),
        named_by: &[ECS_METADATA],
    },
    Provider {
        source: Source(c"credentials_uri"),
        find: |context| Box::pin(credentials_uri::find(context)),
        switch: None,
        named_by: &[],
    },
];

impl Provider {
    async fn find(&self, context: &Context<'_>) -> Result<Issued, Failure> {
        match self.switch.filter(|switch| context.environment().is_on(switch)) {
            Some(switch) => Err(Failure::of(format!("{switch} is set"))),
            None => (self.find)(context).await,
        }
    }

    /// Returns the variable that selects this provider, if one is set.
    fn named_by(&self, environment: &Environment) -> Option<&'static str> {
        let is_out = self.switch.is_some_and(|switch| environment.is_on(switch));
        self.named_by.iter().copied().find(|variable| !is_out && environment.get(variable).is_some())
    }
}

/// The source of a client's credentials.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The caller's own. `None`: the providers are asked.
    identity: Option<Identity>,
    pub(crate) surroundings: Surroundings,
}

impl Chain {
    /// Creates the chain. The caller's own credentials come before those of the environment.
    pub(crate) fn new(identity: Option<Identity>, variables: &Environment) -> Result<Chain, Error> {
        Ok(Chain { identity, surroundings: Surroundings::new(variables)? })
    }

    /// Returns credentials and their source. If `chosen` has given credentials before, asks no other: a client's
    /// identity doesn't change.
    pub(super) async fn issue(&self, chosen: Option<Source>, context: &Context<'_>) -> Result<(Source, Issued), Error> {
        let mut failures = Failures::default();
        let mut judge = |source: Source, found: Result<Issued, Failure>| match found {
            Ok(issued) => Ok(Some((source, issued))),
            Err(failure) => match context.asker.limits.check() {
                Ok(()) => Ok(failures.add(source, failure)),
                Err(stop) => {
                    let doing = format!("waiting for credentials of {source}");
                    Err(stop.while_doing(&doing, ErrorKind::Credentials, Outcome::NotSent))
                }
            },
        };
        let issued = match &self.identity {
            Some(Identity::Credentials(credentials)) => Some((CONFIGURATION, Issued::given(credentials))),
            Some(Identity::Callback(callback)) => judge(CALLBACK, callback.find(context))?,
            None => {
                let mut providers =
                    PROVIDERS.iter().filter(|provider| chosen.is_none_or(|source| source == provider.source));
                loop {
                    let Some(provider) = providers.next() else { break None };
                    if let Some(issued) = judge(provider.source, provider.find(context).await)? {
                        break Some(issued);
                    }
                    if let Some(variable) = provider.named_by(context.environment()) {
                        failures.reasons.push(format!("no other provider is asked, because {variable} is set"));
                        break None;
                    }
                }
            }
        };
        issued.ok_or_else(|| failures.into_error())
    }
}

/// Why each provider that was asked gave nothing.
#[derive(Default)]
struct Failures {
    reasons: Vec<String>,
    retryable: bool,
    out_of_descriptors: bool,
}

impl Failures {
    fn add<T>(&mut self, source: Source, failure: Failure) -> Option<T> {
        self.reasons.push(format!("{source}: {}", failure.reason));
        self.retryable |= failure.retryable;
        self.out_of_descriptors |= failure.out_of_descriptors;
        None
    }

    fn into_error(self) -> Error {
        let message = format!("no credentials: {}", self.reasons.join("; "));
        let status = if self.out_of_descriptors { ErrorKind::Descriptors } else { ErrorKind::Credentials };
        Error::new(status, message).with_retryable(self.retryable)
    }
}
