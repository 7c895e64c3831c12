//! ListRoutineRelatedRecords: a routine's records, a page at a time.
//!
//! RAM: `esa:ListRoutineRelatedRecords` on `*` only; a policy for one site doesn't cover it.

use serde::Deserialize;

use super::{Operation, Receipt, check_name, number};
use crate::error::Error;
use crate::signature::Parameter;

/// The most that the service gives at once.
pub(crate) const LARGEST_PAGE: u32 = 20;

/// Which page of a routine's records to list.
#[derive(Clone, Copy, Debug)]
pub struct ListRoutineRelatedRecords<'a> {
    /// The routine's name: 1 to 253 bytes without control characters.
    pub name: &'a str,
    /// Only records whose name has something to do with this: the service's match is a fuzzy one.
    pub search_key_word: Option<&'a str>,
    /// The page, from 1 on.
    pub page_number: u32,
    /// How many records a page has: 1 to 20.
    pub page_size: u32,
}

impl<'a> ListRoutineRelatedRecords<'a> {
    /// The first page of all records of the routine `name`.
    pub fn of(name: &'a str) -> ListRoutineRelatedRecords<'a> {
        ListRoutineRelatedRecords { name, search_key_word: None, page_number: 1, page_size: LARGEST_PAGE }
    }
}

/// A record that is tied to a routine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct RelatedRecord {
    /// The record's id.
    #[serde(deserialize_with = "number::id")]
    pub record_id: i64,
    /// The record's name.
    pub record_name: String,
    /// The site's id.
    #[serde(deserialize_with = "number::id")]
    pub site_id: i64,
    /// The site's name; may be empty.
    #[serde(default)]
    pub site_name: String,
}

/// A page of a routine's records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelatedRecordPage {
    /// The records of this page.
    pub records: Vec<RelatedRecord>,
    /// How many records there are on all pages.
    pub total_count: u64,
    /// Whether there are records on later pages.
    pub has_more: bool,
    /// The service's id of the request.
    pub request_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    total_count: u64,
    related_records: Vec<RelatedRecord>,
}

impl Operation for ListRoutineRelatedRecords<'_> {
    const ACTION: &'static str = "ListRoutineRelatedRecords";
    const WRITES: bool = false;

    type Reply = Reply;
    type Output = RelatedRecordPage;

    fn check(&self) -> Result<(), Error> {
        check_name("name", self.name)?;
        if let Some(search_key_word) = self.search_key_word {
            check_name("search_key_word", search_key_word)?;
        }
        if self.page_number < 1 {
            return Err(Error::invalid_argument("page_number", "is 0; it is 1 or more"));
        }
        if !(1..=LARGEST_PAGE).contains(&self.page_size) {
            let reason = format_args!("is {}; it is 1 to {LARGEST_PAGE}", self.page_size);
            return Err(Error::invalid_argument("page_size", reason));
        }
        Ok(())
    }

    fn form(&self) -> Vec<Parameter<'_>> {
        let mut form = vec![
            ("Name", self.name.into()),
            ("PageNumber", self.page_number.to_string().into()),
            ("PageSize", self.page_size.to_string().into()),
        ];
        form.extend(self.search_key_word.map(|word| ("SearchKeyWord", word.into())));
        form
    }

    fn output(&self, reply: Reply, receipt: Receipt) -> Result<RelatedRecordPage, Error> {
        let listed = u64::from(self.page_number) * u64::from(self.page_size);
        Ok(RelatedRecordPage {
            // A page without any ends it, whatever the count says, which others may change meanwhile.
            has_more: listed < reply.total_count && !reply.related_records.is_empty(),
            records: reply.related_records,
            total_count: reply.total_count,
            request_id: receipt.request_id,
        })
    }

    fn texts(output: &mut RelatedRecordPage) -> Vec<&mut String> {
        output.records.iter_mut().flat_map(|record| [&mut record.record_name, &mut record.site_name]).collect()
    }
}
