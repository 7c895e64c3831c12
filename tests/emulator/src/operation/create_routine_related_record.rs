//! CreateRoutineRelatedRecord: ties a record of a site to a routine.

use serde_json::{Value, json};

use super::name::{check_record_name, check_routine_name};
use super::{Call, Operation};
use crate::service_error::ServiceError;
use crate::site::{Backend, SiteStatus};
use crate::state::RelatedRecord;

pub(super) const OPERATION: Operation = Operation { action: "CreateRoutineRelatedRecord", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let (routine_name, record_name) = (call.text("Name"), call.text("RecordName"));
    check_routine_name(routine_name)?;
    check_record_name(record_name)?;
    let site_id = call.positive("SiteId")?;
    call.check_account()?;

    let routine = call.writable_routine(routine_name)?;
    let (bound, quota) = (routine.related_records.len(), routine.record_quota.unwrap_or(call.account.record_quota));
    let site = call.account.site(site_id).filter(|site| site.covers(record_name));
    let site = site.ok_or_else(|| ServiceError::known("SiteParameterNotMatch"))?;
    if site.status == SiteStatus::Busy {
        return Err(ServiceError::known("Site.ServiceBusy"));
    }
    if site.dns_records.iter().any(|name| name.eq_ignore_ascii_case(record_name)) {
        return Err(ServiceError::known("DependedByOthers"));
    }
    let is_same =
        |record: &RelatedRecord| record.site_id == site_id && record.record_name.eq_ignore_ascii_case(record_name);
    if call.account.records().any(is_same) {
        return Err(ServiceError::known("ParameterAlreadyExist"));
    }
    if bound >= quota {
        return Err(ServiceError::known("RelatedRecordNumberExceedQuotaLimit"));
    }
    let backend = site.backend;
    if backend == Backend::Down {
        return Err(ServiceError::known("InternalException"));
    }

    let record = RelatedRecord { record_name: record_name.into(), site_id, record_id: call.record_ids.fresh() };
    let record_id = record.record_id;
    call.add_record(routine_name, record);
    if backend == Backend::Flaky {
        return Err(ServiceError::known("InternalException").after_taking_effect());
    }
    Ok(json!({"Status": "OK", "RecordId": record_id}))
}
