//! Which sites ListSites is asked for.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::Call;
use crate::service_error::ServiceError;
use crate::site::{AccessType, Coverage, Plan, Site};

/// The states that the service knows of.
const STATUSES: [&str; 4] = ["pending", "active", "offline", "moved"];

pub(super) struct SiteFilter {
    name: String,
    name_matches: fn(&str, &str) -> bool,
    status: String,
    access_type: Option<AccessType>,
    coverage: Option<Coverage>,
    plan: Option<Plan>,
    is_for_enterprise: bool,
    tags: Vec<WantedTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WantedTag {
    key: String,
    /// Without it, any.
    value: Option<String>,
}

impl SiteFilter {
    pub(super) fn read(call: &Call<'_>) -> Result<Self, ServiceError> {
        refuse_what_is_not_modelled(call)?;
        Ok(Self {
            name: call.text("SiteName").to_ascii_lowercase(),
            name_matches: match call.text("SiteSearchType") {
                _ if call.text("SiteName").is_empty() => |_, _| true,
                "prefix" => |name, wanted| name.starts_with(wanted),
                "suffix" => |name, wanted| name.ends_with(wanted),
                "fuzzy" => |name, wanted| name.contains(wanted),
                "exact" | "" => |name, wanted| name == wanted,
                _ => return Err(invalid()),
            },
            status: match call.text("Status") {
                status if status.is_empty() || STATUSES.contains(&status) => status.to_owned(),
                _ => return Err(invalid()),
            },
            access_type: optional(call, "AccessType")?,
            coverage: optional(call, "Coverage")?,
            plan: optional(call, "PlanSubscribeType")?,
            is_for_enterprise: match call.text("OnlyEnterprise") {
                "" | "false" => false,
                "true" => true,
                _ => return Err(invalid()),
            },
            tags: match call.text("TagFilter") {
                "" => Vec::new(),
                filter => serde_json::from_str(filter).map_err(|_| invalid())?,
            },
        })
    }

    pub(super) fn lets_through(&self, site: &Site) -> bool {
        let has = |tag: &WantedTag| {
            site.tags.get(&tag.key).is_some_and(|value| tag.value.as_ref().is_none_or(|wanted| wanted == value))
        };
        (self.name_matches)(&site.site_name.to_ascii_lowercase(), &self.name)
            && (self.status.is_empty() || json!(site.status) == self.status.as_str())
            && self.access_type.is_none_or(|wanted| wanted == site.access_type)
            && self.coverage.is_none_or(|wanted| wanted == site.coverage)
            && self.plan.is_none_or(|wanted| wanted == site.plan)
            && (!self.is_for_enterprise || site.plan == Plan::Enterprise)
            && self.tags.iter().all(has)
    }
}

/// Rather than to answer as if they weren't there.
fn refuse_what_is_not_modelled(call: &Call<'_>) -> Result<(), ServiceError> {
    let unknown = match (call.text("ResourceGroupId"), call.text("OrderBy")) {
        ("", "" | "gmtCreate") => return Ok(()),
        ("", _) => "no OrderBy but gmtCreate",
        _ => "no ResourceGroupId",
    };
    Err(ServiceError::new(400, "InvalidParameter", format!("esa-emulator models {unknown} of ListSites.")))
}

fn optional<T: DeserializeOwned>(call: &Call<'_>, name: &str) -> Result<Option<T>, ServiceError> {
    if call.text(name).is_empty() { Ok(None) } else { call.choice(name).map(Some) }
}

fn invalid() -> ServiceError {
    ServiceError::known("InvalidParameter")
}
