//! GetMatchSite: the account's site whose name is the longest suffix of a record's name.

use serde::Deserialize;

use super::{Action, Operation, Receipt, check_name, number};
use crate::error::Error;
use crate::signature::Parameter;

/// The record whose site is wanted.
///
/// ```
/// let request = esa::GetMatchSiteRequest::new("app.example.com");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GetMatchSiteRequest<'a> {
    /// The record's name: 1 to 253 bytes without control characters.
    pub record_name: &'a str,
}

impl<'a> GetMatchSiteRequest<'a> {
    /// Returns a request for the site that the record `record_name` belongs to.
    pub fn new(record_name: &'a str) -> GetMatchSiteRequest<'a> {
        GetMatchSiteRequest { record_name }
    }
}

/// The site that a record's name belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchSite {
    /// The site's id.
    pub site_id: i64,
    /// The site's name, such as `example.com`.
    pub site_name: String,
    /// The service's id of the request.
    pub request_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    #[serde(deserialize_with = "number::id")]
    site_id: i64,
    /// Only the id is required. The name may be null.
    site_name: Option<String>,
}

impl Operation for GetMatchSiteRequest<'_> {
    type Reply = Reply;
    type Output = MatchSite;

    fn action(&self) -> Action<'_> {
        Action { method: "GET", record_name: self.record_name, ..Action::read("GetMatchSite") }
    }

    fn check(&self) -> Result<(), Error> {
        check_name("record_name", self.record_name)
    }

    fn query(&self) -> Vec<Parameter<'_>> {
        vec![("RecordName", self.record_name.into())]
    }

    fn output(&self, reply: Reply, receipt: Receipt) -> Result<MatchSite, Error> {
        Ok(MatchSite {
            site_id: reply.site_id,
            site_name: reply.site_name.unwrap_or_default(),
            request_id: receipt.request_id,
        })
    }

    fn texts(output: &mut MatchSite) -> Vec<&mut String> {
        vec![&mut output.site_name]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_without_a_name_is_one() {
        for name in ["null", "\"example.com\""] {
            let reply: Reply = serde_json::from_str(&format!(r#"{{"SiteId":7,"SiteName":{name}}}"#)).unwrap();
            assert_eq!(reply.site_id, 7);
        }
        assert!(serde_json::from_str::<Reply>(r#"{"SiteId":7}"#).unwrap().site_name.is_none());
    }
}
