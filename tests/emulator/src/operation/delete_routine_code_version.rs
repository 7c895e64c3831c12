//! DeleteRoutineCodeVersion: a version of the code goes, unless an environment runs it.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "DeleteRoutineCodeVersion", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let (name, version) = (call.text("Name"), call.text("CodeVersion"));
    check_routine_name(name)?;
    call.check_account()?;
    let routine = call.writable_routine(name)?;
    if routine.code(version).is_none() {
        return Err(ServiceError::known("ParameterNotExist"));
    }
    if routine.deployments.values().any(|deployment| deployment.has(version)) {
        return Err(ServiceError::known("DependedByOthers"));
    }
    if let Some(routine) = call.account.routine_mut(name) {
        routine.code_versions.retain(|code| code.version != version);
    }
    Ok(json!({"Status": "OK"}))
}
