//! Where credentials come from when the caller gives none: one provider after the other, the first that has some.

use super::{Credentials, environment};
use crate::environment::Environment;
use crate::error::{Error, Status};

/// The places to look for credentials.
#[derive(Debug)]
pub(crate) struct Chain {
    found: Result<Credentials, String>,
}

impl Chain {
    /// The caller's own credentials, else the environment's.
    pub(crate) fn new(configured: Option<Credentials>, variables: &Environment) -> Chain {
        let found = configured.map_or_else(|| environment::find(variables), Ok);
        Chain { found: found.map_err(|reason| format!("no credentials: environment: {reason}")) }
    }

    /// The credentials to sign a request with.
    pub(crate) fn credentials(&self) -> Result<&Credentials, Error> {
        self.found.as_ref().map_err(|reason| Error::new(Status::Credentials, reason.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN};

    fn chain(variables: &[(&'static str, &str)]) -> Chain {
        Chain::new(None, &Environment::of(variables.iter().map(|(name, value)| (*name, value.to_string()))))
    }

    #[test]
    fn the_environment_s_credentials_are_found() {
        let chain = chain(&[(ACCESS_KEY_ID, "id"), (ACCESS_KEY_SECRET, "secret"), (SECURITY_TOKEN, "token")]);

        assert_eq!(chain.credentials().unwrap(), &Credentials::new("id", "secret", Some("token")).unwrap());
    }

    #[test]
    fn the_caller_s_own_come_first() {
        let own = Credentials::new("own", "secret", None).unwrap();
        let variables = Environment::of([(ACCESS_KEY_ID, "id".to_owned()), (ACCESS_KEY_SECRET, "s".to_owned())]);

        assert_eq!(Chain::new(Some(own.clone()), &variables).credentials().unwrap(), &own);
    }

    #[test]
    fn the_error_says_which_variable_is_missing_and_no_secret() {
        for (variables, reason) in [
            (&[][..], "no credentials: environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set"),
            (
                &[(ACCESS_KEY_ID, "id"), (ACCESS_KEY_SECRET, "")],
                "no credentials: environment: ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set",
            ),
            (
                &[(ACCESS_KEY_ID, "id"), (ACCESS_KEY_SECRET, "hunter 2")],
                "no credentials: environment: access_key_secret has a blank, a control character or a byte that is not ASCII",
            ),
        ] {
            let error = chain(variables).credentials().unwrap_err();
            assert_eq!((error.status(), error.message()), (Status::Credentials, reason));
        }
    }
}
