//! CreateRoutineRelatedRecord: ties a domain name of a site to a routine.
//!
//! RAM: `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.

use serde::Deserialize;

use super::{Operation, Receipt, check_name, check_site_id, number};
use crate::error::{Error, Outcome, Status};
use crate::signature::Parameter;

/// Which record to create. The routine and the site exist already.
#[derive(Clone, Copy, Debug)]
pub struct CreateRoutineRelatedRecord<'a> {
    /// The site's id: 1 or more.
    pub site_id: i64,
    /// The routine's name: 1 to 253 bytes without control characters.
    pub name: &'a str,
    /// The record's name, a domain name on the site: 1 to 253 bytes without control characters.
    pub record_name: &'a str,
}

/// A record that a call created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreatedRecord {
    /// The record's id; `None` where the service didn't tell, as it didn't before May 2025.
    pub record_id: Option<i64>,
    /// The service's word: `OK`.
    pub status: String,
    /// The service's id of the request.
    pub request_id: String,
    /// How many requests the call sent.
    pub attempts: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    status: String,
    #[serde(default, deserialize_with = "number::optional_id")]
    record_id: Option<i64>,
}

impl Operation for CreateRoutineRelatedRecord<'_> {
    const ACTION: &'static str = "CreateRoutineRelatedRecord";

    type Reply = Reply;
    type Output = CreatedRecord;

    fn check(&self) -> Result<(), Error> {
        check_site_id(self.site_id)?;
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

    fn output(&self, reply: Reply, receipt: Receipt) -> Result<CreatedRecord, Error> {
        if reply.status != "OK" {
            let message = format!("the service answered with Status {:?} in place of \"OK\"", reply.status);
            let error = Error::new(Status::Server, message).outcome_is(Outcome::Unknown).retryable_is(true);
            return Err(error.in_reply(receipt.http_status, &receipt.request_id));
        }
        Ok(CreatedRecord {
            record_id: reply.record_id,
            status: reply.status,
            request_id: receipt.request_id,
            attempts: receipt.attempt,
        })
    }
}
