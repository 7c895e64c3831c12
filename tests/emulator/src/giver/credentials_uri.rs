//! A server with keys, such as a side-car: its URI has the role's name.

use serde_json::Value;

use super::Givers;
use crate::service_error::ServiceError;

pub(super) const PREFIX: &str = "/credentials/";

pub(super) fn credentials(role: &str, givers: &mut Givers<'_>) -> Result<Value, ServiceError> {
    let mut body = givers.key_of(role, None)?;
    body["Code"] = "Success".into();
    Ok(body)
}
