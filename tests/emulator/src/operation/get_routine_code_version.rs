//! GetRoutineCodeVersion: one version of a routine's code, with the code.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "GetRoutineCodeVersion", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    check_routine_name(call.text("Name"))?;
    let code = call.routine(call.text("Name"))?.code(call.text("CodeVersion"));
    let code = code.ok_or_else(|| ServiceError::known("ParameterNotExist"))?;
    Ok(json!({
        "CodeDescription": code.description,
        "CreateTime": code.create_time,
        "RoutineCode": STANDARD.encode(&code.code_base64),
    }))
}
