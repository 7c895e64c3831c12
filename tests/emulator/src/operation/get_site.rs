//! GetSite: one site.

use serde_json::{Value, json};

use super::{Call, Operation, list_sites};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "GetSite", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let site = call.account.site(call.positive("SiteId")?);
    let site = site.ok_or_else(|| ServiceError::known("SiteNotFound"))?;
    Ok(json!({"SiteModel": list_sites::describe(site)}))
}
