//! ListRoutineRelatedRecords: a routine's records, a page at a time, as far as the list lags as they were before.

use serde_json::{Value, json};

use super::name::check_routine_name;
use super::page::Page;
use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "ListRoutineRelatedRecords", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    check_routine_name(call.text("Name"))?;
    let page = Page::read(call, usize::MAX, 20)?;
    // Fuzzy, as the service is: any part of the name.
    let wanted = call.text("SearchKeyWord").to_ascii_lowercase();
    let routine = call.routine(call.text("Name"))?;
    let mut found = call.records(routine);
    found.retain(|record| record.record_name.to_ascii_lowercase().contains(&wanted));
    let records = page.cut(&found).iter().map(|record| {
        let site_name = call.account.site(record.site_id).map_or("", |site| &site.site_name);
        json!({
            "RecordName": record.record_name,
            "SiteId": record.site_id,
            "SiteName": site_name,
            "RecordId": record.record_id,
        })
    });
    let records: Vec<_> = records.collect();
    Ok(json!({
        "PageNumber": page.number,
        "PageSize": page.size,
        "TotalCount": found.len(),
        "RelatedRecords": records,
    }))
}
