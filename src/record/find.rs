//! Finding a record: the service has no operation that gets one, so all pages of its routine's list are read.

use crate::call::Call;
use crate::error::Error;
use crate::operation::{ListRoutineRelatedRecords, RelatedRecord};

/// The record of this name on this site, among those of the routine `name`; and the list's id of the request.
pub(super) fn find(
    call: &Call<'_>,
    name: &str,
    site_id: i64,
    record_name: &str,
) -> Result<Option<(RelatedRecord, String)>, Error> {
    let mut list =
        ListRoutineRelatedRecords { search_key_word: Some(record_name), ..ListRoutineRelatedRecords::of(name) };
    loop {
        let page = call.read(&list)?;
        // The service's search is a fuzzy one.
        let found = page
            .records
            .into_iter()
            .find(|record| record.site_id == site_id && is_same_host(&record.record_name, record_name));
        match found {
            Some(record) => return Ok(Some((record, page.request_id))),
            None if page.has_more => list.page_number += 1,
            None => return Ok(None),
        }
    }
}

fn is_same_host(one: &str, other: &str) -> bool {
    host_key(one) == host_key(other)
}

/// What two names of one host have in common: host names have no case, and a dot at their end says nothing.
pub(super) fn host_key(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_compared_without_case_and_the_dot_at_their_end() {
        assert!(is_same_host("A.Example.com", "a.example.COM"));
        assert!(is_same_host("a.example.com.", "a.example.com"));
        assert!(!is_same_host("a.example.com", "b.a.example.com"));
        assert!(!is_same_host("a.example.com..", "a.example.com"));
    }
}
