//! CreateSite: a new site, which is pending until its owner has set its DNS up.

use serde_json::{Value, json};

use super::name::check_record_name;
use super::{Call, Operation};
use crate::clock;
use crate::service_error::ServiceError;
use crate::site::{AccessType, Coverage, Site, SiteStatus};

pub(super) const OPERATION: Operation = Operation { action: "CreateSite", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let name = call.text("SiteName");
    check_record_name(name)?;
    if name.starts_with('*') {
        return Err(ServiceError::known("InvalidParameter"));
    }
    let coverage: Coverage = call.choice("Coverage")?;
    let access_type: AccessType = call.choice("AccessType")?;
    if call.account.sites.iter().any(|site| site.site_name.eq_ignore_ascii_case(name)) {
        return Err(ServiceError::known("ParameterAlreadyExist"));
    }
    let site = Site {
        status: SiteStatus::Pending,
        access_type,
        coverage,
        instance_id: call.text("InstanceId").into(),
        create_time: clock::format(call.now),
        ..Site::new(call.site_ids.fresh(), name)
    };
    let reply = json!({
        "SiteId": site.site_id,
        "NameServerList": site.name_servers(),
        "VerifyCode": site.verify_code(),
    });
    call.account.sites.push(site);
    Ok(reply)
}
