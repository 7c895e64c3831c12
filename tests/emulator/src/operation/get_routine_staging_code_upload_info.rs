//! GetRoutineStagingCodeUploadInfo: a form by which code can be uploaded for a while.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::{Call, Operation};
use crate::code_upload;
use crate::routine_code::number_at;
use crate::service_error::ServiceError;

// Nothing is stored until the code comes.
pub(super) const OPERATION: Operation =
    Operation { action: "GetRoutineStagingCodeUploadInfo", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("Name");
    check_routine_name(name)?;
    call.check_account()?;
    call.routine(name)?;
    let form = code_upload::form(call.origin, &call.account.id, name, call.text("CodeDescription"), call.now);
    Ok(json!({"CodeVersion": number_at(call.now), "OssPostConfig": form}))
}
