//! GetMatchSite: the site whose name is the longest suffix of a record's name.

use serde_json::{Value, json};

use super::name::check_record_name;
use super::{Call, Operation};
use crate::service_error::ServiceError;

pub(super) const OPERATION: Operation = Operation { action: "GetMatchSite", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let record_name = call.text("RecordName");
    check_record_name(record_name)?;
    let covering = call.account.sites.iter().filter(|site| site.covers(record_name));
    let site = covering.max_by_key(|site| site.site_name.len());
    let site = site.ok_or_else(|| ServiceError::known("SiteNotFound"))?;
    Ok(json!({"SiteId": site.site_id, "SiteName": site.site_name}))
}
