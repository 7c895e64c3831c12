//! ListRoutineCodeVersions: the versions of a routine's code, newest first, a page at a time.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::page::Page;
use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "ListRoutineCodeVersions", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    check_routine_name(call.text("Name"))?;
    let page = Page::read(call, 2, 20)?;
    let wanted = call.text("SearchKeyWord").to_ascii_lowercase();
    let versions = call.routine(call.text("Name"))?.code_versions.iter().rev();
    let found: Vec<_> = versions.filter(|code| code.description.to_ascii_lowercase().contains(&wanted)).collect();
    let shown = page.cut(&found).iter().map(|code| {
        json!({
            "CodeVersion": code.version,
            "CodeDescription": code.description,
            "CreateTime": code.create_time,
            "Status": "Available",
        })
    });
    let shown: Vec<_> = shown.collect();
    Ok(json!({
        "PageNumber": page.number,
        "PageSize": page.size,
        "TotalCount": found.len(),
        "CodeVersions": shown,
    }))
}
