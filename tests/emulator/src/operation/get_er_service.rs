//! GetErService: whether Edge Routine is activated.

use serde_json::{Value, json};

use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "GetErService", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let status = if call.account.activated { "Running" } else { "NotOpened" };
    Ok(json!({"Status": status, "PlanName": "er_freetier"}))
}
