//! PublishRoutineCodeVersion: gives an environment one version of the code; without a number, the newest.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::routine_code::{Environment, Share};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "PublishRoutineCodeVersion", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("Name");
    check_routine_name(name)?;
    let environment: Environment = call.choice("Env")?;
    call.check_account()?;
    let routine = call.writable_routine(name)?;
    let version = match call.text("CodeVersion") {
        "" => routine.code_versions.last(),
        version => routine.code(version),
    };
    let version = version.ok_or_else(|| ServiceError::known("ParameterNotExist"))?.version.clone();
    call.deploy(name, environment, vec![Share { code_version: version.clone(), percentage: 100 }])?;
    Ok(json!({"CodeVersion": version}))
}
