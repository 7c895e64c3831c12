//! DeleteRoutine: a routine and its records go.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "DeleteRoutine", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("Name");
    check_routine_name(name)?;
    call.check_account()?;
    let records = call.writable_routine(name)?.related_records.len();
    for position in (0..records).rev() {
        call.remove_record(name, position);
    }
    call.account.routines.retain(|routine| routine.name != name);
    Ok(json!({"Status": "OK"}))
}
