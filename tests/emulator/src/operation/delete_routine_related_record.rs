//! DeleteRoutineRelatedRecord: unties a record from its routine.

use serde_json::{Value, json};

use super::name::{check_record_name, check_routine_name};
use super::{Call, Operation};
use crate::service_error::ServiceError;
use crate::site::{Backend, SiteStatus};

pub(super) const OPERATION: Operation = Operation { action: "DeleteRoutineRelatedRecord", is_routine_write: true, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let (routine_name, record_name) = (call.text("Name"), call.text("RecordName"));
    check_routine_name(routine_name)?;
    check_record_name(record_name)?;
    let (site_id, record_id) = (call.positive("SiteId")?, call.positive("RecordId")?);
    call.check_account()?;

    let routine = call.writable_routine(routine_name)?;
    let site = call.account.site(site_id).filter(|site| site.covers(record_name));
    let site = site.ok_or_else(|| ServiceError::known("SiteParameterNotMatch"))?;
    if site.status == SiteStatus::Busy {
        return Err(ServiceError::known("Site.ServiceBusy"));
    }
    let position = routine.related_records.iter().position(|record| {
        record.site_id == site_id
            && record.record_id == record_id
            && record.record_name.eq_ignore_ascii_case(record_name)
    });
    let position = position.ok_or_else(|| ServiceError::known("ParameterNotExist"))?;
    let backend = site.backend;
    if backend == Backend::Down {
        return Err(ServiceError::known("InternalException"));
    }

    call.remove_record(routine_name, position);
    if backend == Backend::Flaky {
        return Err(ServiceError::known("InternalException").after_taking_effect());
    }
    Ok(json!({"Status": "OK"}))
}
