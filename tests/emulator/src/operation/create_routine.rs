//! CreateRoutine: a new routine without records.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::clock;
use crate::service_error::ServiceError;
use crate::state::Routine;

pub(super) const OPERATION: Operation = Operation { action: "CreateRoutine", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("Name");
    check_routine_name(name)?;
    let has_assets = match call.text("HasAssets").to_ascii_lowercase().as_str() {
        "true" => true,
        "false" | "" => false,
        _ => return Err(ServiceError::known("InvalidParameter")),
    };
    call.check_account()?;
    if call.account.routine(name).is_some() {
        return Err(ServiceError::known("RoutineAlreadyExist"));
    }
    if call.account.routines.len() >= call.account.routine_quota {
        return Err(ServiceError::known("RoutineNumberExceedQuotaLimit"));
    }
    let mut routine = Routine::new(name);
    routine.description = call.text("Description").into();
    routine.has_assets = has_assets;
    routine.create_time = clock::format(call.now);
    call.account.routines.push(routine);
    Ok(json!({"Status": "OK"}))
}
