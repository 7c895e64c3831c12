//! GetRoutine: one routine.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::routine_code::Environment;
use crate::service_error::ServiceError;
use crate::state::Routine;

pub(super) const OPERATION: Operation = Operation { action: "GetRoutine", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    check_routine_name(call.text("Name"))?;
    let routine = call.routine(call.text("Name"))?;
    let mut reply = describe(routine);
    let environments = [Environment::Staging, Environment::Production];
    reply["Envs"] = environments.map(|environment| describe_environment(routine, environment)).into();
    Ok(reply)
}

fn describe_environment(routine: &Routine, environment: Environment) -> Value {
    let Some(deployment) = routine.deployments.get(&environment) else { return json!({"Env": environment}) };
    let versions = deployment.shares.iter().map(|share| {
        let code = routine.code(&share.code_version);
        json!({
            "CodeVersion": share.code_version,
            "Percentage": share.percentage,
            "Description": code.map(|code| &code.description),
            "CreateTime": code.map(|code| &code.create_time),
        })
    });
    let versions: Vec<_> = versions.collect();
    json!({
        "Env": environment,
        "CodeDeploy": {
            "DeployId": deployment.id,
            "CreationTime": deployment.create_time,
            "Strategy": "percentage",
            "CodeVersions": versions,
        },
    })
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
