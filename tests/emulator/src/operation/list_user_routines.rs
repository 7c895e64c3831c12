//! ListUserRoutines: the account's routines, a page at a time.

use serde_json::{Value, json};

use super::page::Page;
use super::{Call, Operation, get_routine};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "ListUserRoutines", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let page = Page::clamped(call, 10, 20)?;
    let wanted = call.text("SearchKeyWord").to_ascii_lowercase();
    let all = &call.account.routines;
    let found: Vec<_> = all.iter().filter(|routine| routine.name.to_ascii_lowercase().contains(&wanted)).collect();
    let routines = page.cut(&found).iter().map(|routine| {
        let mut shown = get_routine::describe(routine);
        shown["RoutineName"] = routine.name.as_str().into();
        shown
    });
    let routines: Vec<_> = routines.collect();
    Ok(json!({
        "PageNumber": page.number,
        "PageSize": page.size,
        "TotalCount": found.len(),
        "QuotaRoutineNumber": call.account.routine_quota,
        "UsedRoutineNumber": all.len(),
        "Routines": routines,
    }))
}
