//! DeleteRoutineRelatedRecord: unties a record from its routine.
//!
//! RAM: `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.

use serde::Deserialize;

use super::{Action, Operation, Receipt, check_id, check_name};
use crate::error::Error;
use crate::signature::Parameter;

/// The record to delete.
///
/// ```
/// use esa::DeleteRoutineRelatedRecordRequest;
///
/// let by_name = DeleteRoutineRelatedRecordRequest::new(54362329990032, "my-routine", "app.example.com");
/// let by_id = by_name.with_record_id(1234567890123);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct DeleteRoutineRelatedRecordRequest<'a> {
    /// The site's id: 1 or more.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes without control characters.
    pub name: &'a str,
    /// The record's name: 1 to 253 bytes without control characters.
    pub record_name: &'a str,
    /// The record's id, 1 or more. `None`: the call finds the record by its name.
    pub record_id: Option<i64>,
}

impl<'a> DeleteRoutineRelatedRecordRequest<'a> {
    /// Returns a request for the record `record_name` of the site `site_id`, tied to the routine `name`.
    pub fn new(site_id: i64, name: &'a str, record_name: &'a str) -> DeleteRoutineRelatedRecordRequest<'a> {
        DeleteRoutineRelatedRecordRequest { site_id, name, record_name, record_id: None }
    }

    /// Deletes only the record with this id, and doesn't search for it by its name.
    pub fn with_record_id(self, record_id: i64) -> DeleteRoutineRelatedRecordRequest<'a> {
        DeleteRoutineRelatedRecordRequest { record_id: Some(record_id), ..self }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    status: String,
}

impl Operation for DeleteRoutineRelatedRecordRequest<'_> {
    type Reply = Reply;
    type Output = Receipt;

    fn action(&self) -> Action<'_> {
        Action { record_name: self.record_name, ..Action::write("DeleteRoutineRelatedRecord") }
    }

    fn check(&self) -> Result<(), Error> {
        check_id("site_id", self.site_id)?;
        check_name("name", self.name)?;
        check_name("record_name", self.record_name)?;
        self.record_id.map_or(Ok(()), |id| check_id("record_id", id))
    }

    /// The parameters go into the query and not into the form, as the official SDKs send them.
    fn query(&self) -> Vec<Parameter<'_>> {
        vec![("SiteId", self.site_id.to_string().into())]
    }

    fn form(&self) -> Vec<Parameter<'_>> {
        vec![
            ("Name", self.name.into()),
            ("RecordId", self.record_id.unwrap_or_default().to_string().into()),
            ("RecordName", self.record_name.into()),
        ]
    }

    fn output(&self, reply: Reply, receipt: Receipt) -> Result<Receipt, Error> {
        receipt.check_status(&reply.status)?;
        Ok(receipt)
    }
}
