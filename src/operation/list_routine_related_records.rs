//! ListRoutineRelatedRecords: a routine's records, a page at a time.
//!
//! RAM: `esa:ListRoutineRelatedRecords` on `*` only; a policy for one site doesn't cover it.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Action, Operation, Receipt, check_name, number};
use crate::error::Error;
use crate::signature::Parameter;

/// The service's limit for one page.
pub(crate) const LARGEST_PAGE: u32 = 20;

/// The page to list of a routine's records.
///
/// ```
/// let request = esa::ListRoutineRelatedRecordsRequest::new("my-routine").with_page_number(2).with_page_size(10);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ListRoutineRelatedRecordsRequest<'a> {
    /// The routine's name: 1 to 253 bytes without control characters.
    pub name: &'a str,
    /// Lists only records whose names match this. The service's match is fuzzy.
    pub search_key_word: Option<&'a str>,
    /// The page, from 1 on.
    pub page_number: u32,
    /// The number of records on a page: 1 to 20.
    pub page_size: u32,
}

impl<'a> ListRoutineRelatedRecordsRequest<'a> {
    /// Returns a request for the first page of all records of the routine `name`, with 20 records.
    pub fn new(name: &'a str) -> ListRoutineRelatedRecordsRequest<'a> {
        ListRoutineRelatedRecordsRequest { name, search_key_word: None, page_number: 1, page_size: LARGEST_PAGE }
    }

    /// Lists only records whose names match this. The service's match is fuzzy.
    pub fn with_search_key_word(self, search_key_word: &'a str) -> ListRoutineRelatedRecordsRequest<'a> {
        ListRoutineRelatedRecordsRequest { search_key_word: Some(search_key_word), ..self }
    }

    /// Sets the page, from 1 on.
    pub fn with_page_number(self, page_number: u32) -> ListRoutineRelatedRecordsRequest<'a> {
        ListRoutineRelatedRecordsRequest { page_number, ..self }
    }

    /// Sets the number of records on a page: 1 to 20.
    pub fn with_page_size(self, page_size: u32) -> ListRoutineRelatedRecordsRequest<'a> {
        ListRoutineRelatedRecordsRequest { page_size, ..self }
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
    /// The site's name. May be empty.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub site_name: String,
}

/// A page of a routine's records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelatedRecordPage {
    /// The records of this page.
    pub records: Vec<RelatedRecord>,
    /// The number of records on all pages, as the service reports it. 0 if it doesn't. Others may change it meanwhile.
    pub total_count: u64,
    /// Whether there may be records on later pages.
    pub has_more: bool,
    /// Whether an entry couldn't be read. It may be any record.
    pub(crate) has_unread: bool,
    /// The service's id of the request.
    pub request_id: String,
}

/// The reply. Either field may be missing, but not both. An entry that can't be read is skipped, so that the others
/// still count.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    #[serde(default, deserialize_with = "number::count_or_zero")]
    total_count: Option<u64>,
    #[serde(default, deserialize_with = "readable_entries")]
    related_records: Option<Entries>,
}

#[derive(Default)]
struct Entries {
    records: Vec<RelatedRecord>,
    /// The number of entries, including skipped ones.
    count: usize,
}

fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn readable_entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Entries>, D::Error> {
    struct Reader;

    impl<'de> Visitor<'de> for Reader {
        type Value = Entries;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of records, or null")
        }

        fn visit_unit<E>(self) -> Result<Entries, E> {
            Ok(Entries::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Entries, A::Error> {
            let mut read = Entries::default();
            while let Some(entry) = entries.next_element::<&RawValue>()? {
                read.count += 1;
                read.records.extend(serde_json::from_slice::<RelatedRecord>(entry.get().as_bytes()).ok());
            }
            Ok(read)
        }
    }

    deserializer.deserialize_any(Reader).map(Some)
}

impl Operation for ListRoutineRelatedRecordsRequest<'_> {
    type Reply = Reply;
    type Output = RelatedRecordPage;

    fn action(&self) -> Action<'_> {
        // A record is found by its name, which is then the search key word.
        let record_name = self.search_key_word.unwrap_or(self.name);
        Action { record_name, ..Action::read("ListRoutineRelatedRecords") }
    }

    fn check(&self) -> Result<(), Error> {
        check_name("name", self.name)?;
        if let Some(search_key_word) = self.search_key_word {
            check_name("search_key_word", search_key_word)?;
        }
        if self.page_number < 1 {
            return Err(Error::invalid_argument("page_number", "is 0; it is 1 or more"));
        }
        if !(1..=LARGEST_PAGE).contains(&self.page_size) {
            return Err(Error::invalid_argument(
                "page_size",
                format_args!("is {}; it is 1 to {LARGEST_PAGE}", self.page_size),
            ));
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
        if reply.related_records.is_none() && reply.total_count.is_none() {
            return Err(receipt.unreadable("it has neither RelatedRecords nor TotalCount"));
        }
        let Entries { records, count } = reply.related_records.unwrap_or_default();
        let total_count = reply.total_count.unwrap_or_default();
        let listed = u64::from(self.page_number) * u64::from(self.page_size);
        // The count is a hint: others change it meanwhile, and it may lag. A full page means that more may follow. An
        // empty page is the last one.
        let is_full = count >= self.page_size as usize;
        Ok(RelatedRecordPage {
            has_more: is_full || (count > 0 && listed < total_count),
            has_unread: count > records.len(),
            records,
            total_count,
            request_id: receipt.request_id,
        })
    }

    fn texts(output: &mut RelatedRecordPage) -> Vec<&mut String> {
        output.records.iter_mut().flat_map(|record| [&mut record.record_name, &mut record.site_name]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> RelatedRecordPage {
        let receipt = Receipt { attempt: 1, http_status: 200, request_id: String::new() };
        let reply = serde_json::from_slice(body.as_bytes()).unwrap();
        ListRoutineRelatedRecordsRequest { page_size: 2, ..ListRoutineRelatedRecordsRequest::new("routine") }
            .output(reply, receipt)
            .unwrap()
    }

    #[test]
    fn a_reply_that_is_no_list_is_refused() {
        let receipt = Receipt { attempt: 1, http_status: 200, request_id: String::new() };
        let reply = serde_json::from_slice(br#"{"Status":"OK"}"#).unwrap();
        let error = ListRoutineRelatedRecordsRequest::new("routine").output(reply, receipt).unwrap_err();

        assert_eq!((error.kind(), error.retryable()), (crate::error::ErrorKind::Response, true));
    }

    const ENTRY: &str = r#"{"RecordId":7,"RecordName":"a.example.com","SiteId":1}"#;

    #[test]
    fn missing_or_invalid_entries_do_not_hide_the_others() {
        for nothing in
            [r#"{"TotalCount":0}"#, r#"{"RelatedRecords":null}"#, r#"{"RelatedRecords":[],"TotalCount":null}"#]
        {
            assert_eq!((page(nothing).records.len(), page(nothing).has_more), (0, false), "{nothing}");
        }
        let odd = r#"{"SiteName":null}"#;
        let named = r#"{"RecordId":"8","RecordName":"b.example.com","SiteId":"1","SiteName":null}"#;
        let page = page(&format!(r#"{{"TotalCount":"3","RelatedRecords":[{odd},null,5,{ENTRY},{named}]}}"#));
        assert_eq!(page.records.iter().map(|record| record.record_id).collect::<Vec<_>>(), [7, 8]);
        assert_eq!((page.total_count, page.records[1].site_name.as_str()), (3, ""));
    }

    #[test]
    fn a_full_page_may_be_followed_by_others_whatever_the_count_says() {
        let has_more = |count: &str, entries: &[&str]| {
            page(&format!(r#"{{"TotalCount":{count},"RelatedRecords":[{}]}}"#, entries.join(","))).has_more
        };

        assert!(has_more("0", &[ENTRY, ENTRY]));
        assert!(has_more("0", &[ENTRY, "{}"]));
        assert!(has_more("3", &[ENTRY]));
        assert!(!has_more("2", &[ENTRY]));
        assert!(!has_more("100", &[]));
    }
}
