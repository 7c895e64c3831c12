//! ListSites: the account's sites, as far as a filter lets them through.

use serde_json::{Value, json};

use super::page::Page;
use super::site_filter::SiteFilter;
use super::{Call, Operation};
use crate::service_error::ServiceError;
use crate::site::Site;

pub(super) const OPERATION: Operation = Operation { action: "ListSites", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let page = Page::read(call, usize::MAX, 500)?;
    let filter = SiteFilter::read(call)?;
    let found: Vec<_> = call.account.sites.iter().filter(|site| filter.lets_through(site)).collect();
    let sites: Vec<_> = page.cut(&found).iter().map(|site| describe(site)).collect();
    Ok(json!({"PageNumber": page.number, "PageSize": page.size, "TotalCount": found.len(), "Sites": sites}))
}

/// A site as replies show it.
pub(super) fn describe(site: &Site) -> Value {
    json!({
        "SiteId": site.site_id,
        "SiteName": site.site_name,
        "Status": site.status,
        "AccessType": site.access_type,
        "Coverage": site.coverage,
        "InstanceId": site.instance_id,
        "PlanSpecName": site.plan.spec_name(),
        "Tags": site.tags,
        "CreateTime": site.create_time,
        "NameServerList": site.name_servers(),
        "VerifyCode": site.verify_code(),
    })
}
