//! DeleteRoutineRelatedRecord: unties a record from its routine.
//!
//! RAM: `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.

use serde::Deserialize;

use super::{Action, Operation, Receipt, check_id, check_name};
use crate::error::Error;
use crate::signature::Parameter;

/// Which record to delete.
#[derive(Clone, Copy, Debug)]
pub struct DeleteRoutineRelatedRecord<'a> {
    /// The site's id: 1 or more.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes without control characters.
    pub name: &'a str,
    /// The record's name: 1 to 253 bytes without control characters.
    pub record_name: &'a str,
    /// The record's id, 1 or more; `None`: it is found by its name.
    pub record_id: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    status: String,
}

impl Operation for DeleteRoutineRelatedRecord<'_> {
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

    /// Here and not in the form, as the official SDKs send it.
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
