//! CreateRoutineRelatedRecord: ties a domain name of a site to a routine.
//!
//! RAM: `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.

use serde::Deserialize;

use super::{Action, Operation, Receipt, check_id, check_name, number};
use crate::error::Error;
use crate::signature::Parameter;

/// The record to create. The routine and the site must exist.
///
/// ```
/// let request = esa::CreateRoutineRelatedRecordRequest::new(54362329990032, "my-routine", "app.example.com");
/// assert_eq!(request.record_name, "app.example.com");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CreateRoutineRelatedRecordRequest<'a> {
    /// The site's id: 1 or more.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes without control characters.
    pub name: &'a str,
    /// The record's name, a domain name on the site: 1 to 253 bytes without control characters.
    pub record_name: &'a str,
}

impl<'a> CreateRoutineRelatedRecordRequest<'a> {
    /// Returns a request for the record `record_name` of the site `site_id`, tied to the routine `name`.
    pub fn new(site_id: i64, name: &'a str, record_name: &'a str) -> CreateRoutineRelatedRecordRequest<'a> {
        CreateRoutineRelatedRecordRequest { site_id, name, record_name }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    status: String,
    #[serde(default, deserialize_with = "number::optional_id")]
    record_id: Option<i64>,
}

/// The service's data of a record that it has created.
pub(crate) struct Created {
    /// Replies from before May 2025 don't have it.
    pub(crate) record_id: Option<i64>,
    pub(crate) status: String,
    pub(crate) receipt: Receipt,
}

impl Operation for CreateRoutineRelatedRecordRequest<'_> {
    type Reply = Reply;
    type Output = Created;

    fn action(&self) -> Action<'_> {
        Action { record_name: self.record_name, ..Action::write("CreateRoutineRelatedRecord") }
    }

    fn check(&self) -> Result<(), Error> {
        check_id("site_id", self.site_id)?;
        check_name("name", self.name)?;
        check_name("record_name", self.record_name)
    }

    fn form(&self) -> Vec<Parameter<'_>> {
        vec![
            ("Name", self.name.into()),
            ("RecordName", self.record_name.into()),
            ("SiteId", self.site_id.to_string().into()),
        ]
    }

    fn output(&self, reply: Reply, receipt: Receipt) -> Result<Created, Error> {
        receipt.check_status(&reply.status)?;
        Ok(Created { record_id: reply.record_id, status: reply.status, receipt })
    }
}
