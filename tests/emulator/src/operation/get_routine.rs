//! GetRoutine: one routine.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::service_error::ServiceError;
use crate::state::Routine;

pub(super) const OPERATION: Operation = Operation { action: "GetRoutine", writes: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    check_routine_name(call.text("Name"))?;
    let mut reply = describe(call.routine(call.text("Name"))?);
    reply["Envs"] = json!([{"Env": "staging"}, {"Env": "production"}]);
    Ok(reply)
}

/// A routine as replies show it, but for its name.
pub(super) fn describe(routine: &Routine) -> Value {
    json!({
        "Description": routine.description,
        "CreateTime": routine.create_time,
        "HasAssets": routine.has_assets,
        "DefaultRelatedRecord": format!("{}.er.aliyun-esa.net", routine.name),
    })
}
