//! ListSites: the account's sites, filtered by name.

use serde_json::{Value, json};

use super::page::Page;
use super::{Call, Operation};
use crate::service_error::ServiceError;
use crate::site::Site;

pub(super) const OPERATION: Operation = Operation { action: "ListSites", is_routine_write: false, run };

fn run(call: &mut Call<'_>) -> Result<Value, ServiceError> {
    let page = Page::read(call, usize::MAX, 500)?;
    let wanted = call.text("SiteName").to_ascii_lowercase();
    let matches: fn(&str, &str) -> bool = match call.text("SiteSearchType") {
        _ if wanted.is_empty() => |_, _| true,
        "prefix" => |name, wanted| name.starts_with(wanted),
        "suffix" => |name, wanted| name.ends_with(wanted),
        "fuzzy" => |name, wanted| name.contains(wanted),
        "exact" | "" => |name, wanted| name == wanted,
        _ => return Err(ServiceError::known("InvalidParameter")),
    };
    let sites = call.account.sites.iter();
    let found: Vec<_> = sites.filter(|site| matches(&site.site_name.to_ascii_lowercase(), &wanted)).collect();
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
        "CreateTime": site.create_time,
        "NameServerList": site.name_servers(),
        "VerifyCode": site.verify_code(),
    })
}
