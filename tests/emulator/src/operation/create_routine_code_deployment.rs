//! CreateRoutineCodeDeployment: gives an environment one version of the code or two, each its part of the traffic.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::routine_code::{Environment, Share};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation =
    Operation { action: "CreateRoutineCodeDeployment", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("Name");
    check_routine_name(name)?;
    let environment: Environment = call.choice("Env")?;
    let invalid = || ServiceError::known("InvalidParameter");
    let strategy = Some(call.text("Strategy")).filter(|strategy| *strategy == "percentage").ok_or_else(invalid)?;
    let shares: Vec<Share> = serde_json::from_str(call.text("CodeVersions")).map_err(|_| invalid())?;
    call.check_account()?;
    call.writable_routine(name)?;
    let id = call.deploy(name, environment, shares.clone())?;
    Ok(json!({"DeploymentId": id, "Strategy": strategy, "CodeVersions": shares}))
}
