//! CommitRoutineStagingCode: makes a version of the code that was uploaded last.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::clock;
use crate::routine_code::{Code, number_at};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "CommitRoutineStagingCode", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("Name");
    check_routine_name(name)?;
    call.check_account()?;
    let routine = call.writable_routine(name)?;
    let staged = routine.staged_code.as_ref().ok_or_else(|| ServiceError::known("ParameterNotExist"))?;
    let description = call.text("CodeDescription");
    let description = if description.is_empty() { &staged.description } else { description };
    let mut time = call.now;
    while routine.code(&number_at(time)).is_some() {
        time += jiff::SignedDuration::from_nanos(1);
    }
    let code = Code {
        version: number_at(time),
        description: description.into(),
        create_time: clock::format(call.now),
        code_base64: staged.code_base64.clone(),
    };
    let version = code.version.clone();
    if let Some(routine) = call.account.routine_mut(name) {
        routine.code_versions.push(code);
    }
    Ok(json!({"CodeVersion": version}))
}
