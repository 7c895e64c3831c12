//! STS: issues the temporary keys of roles.

mod assume_role;
mod assume_role_with_oidc;
mod get_caller_identity;
mod session_request;

use jiff::Timestamp;
use serde_json::Value;

use crate::authenticate;
use crate::ram::Principal;
use crate::request::Parameters;
use crate::service_error::ServiceError;
use crate::state::Account;

pub(crate) const API_VERSION: &str = "2015-04-01";

pub(crate) const PRODUCT: &str = "Sts";

#[derive(Debug)]
pub(crate) struct Operation {
    action: &'static str,
    required: &'static [&'static str],
    /// Whether its parameters are proof enough without a signature.
    takes_unsigned: bool,
    run: fn(&mut Call<'_>) -> Result<Value, ServiceError>,
}

/// One execution of an operation.
pub(crate) struct Call<'a> {
    pub(crate) parameters: &'a Parameters,
    /// The signer.
    pub(crate) signer: Option<&'a Principal>,
    pub(crate) accounts: &'a mut [Account],
    pub(crate) now: Timestamp,
}

const OPERATIONS: &[Operation] =
    &[assume_role::OPERATION, assume_role_with_oidc::OPERATION, get_caller_identity::OPERATION];

pub(crate) fn actions() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|operation| operation.action)
}

pub(crate) fn find(action: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.action == action)
}

pub(crate) fn takes_unsigned(version: Option<&str>, action: &str) -> bool {
    version == Some(API_VERSION) && find(action).is_some_and(|operation| operation.takes_unsigned)
}

impl Operation {
    /// Carries it out. The reply lacks only its `RequestId`.
    pub(crate) fn run(&self, call: &mut Call<'_>) -> Result<Value, ServiceError> {
        call.parameters.require(self.required)?;
        (self.run)(call)
    }
}

impl<'a> Call<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.parameters.get(name).unwrap_or_default()
    }

    fn signer(&self) -> Result<&'a Principal, ServiceError> {
        self.signer.ok_or_else(authenticate::unsigned)
    }
}
