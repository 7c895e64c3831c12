//! Finds a record. The service has no operation that gets one, so its routine's list is read, page by page.
//!
//! A row in the list counts as a record, unless this client has deleted that record lately: lists lag. A missing row
//! proves less: while others delete, rows move to earlier pages, and the reader can miss them.

use super::host_name::host_key;
use crate::call::{Call, World};
use crate::error::Error;
use crate::operation::{ListRoutineRelatedRecordsRequest, RelatedRecord};

/// The result of one pass over the list.
#[derive(Debug)]
pub(super) struct Pass {
    /// The record, and the request id of the list that shows it. The pass ends with it.
    pub(super) found: Option<(RelatedRecord, String)>,
    /// Whether the list lags: it shows the record as it was before this client deleted it.
    lags: bool,
    /// Whether the list has an entry that can't be read and may be the record.
    has_unread: bool,
    pages: u32,
    /// All ids that the list shows.
    ids: Vec<i64>,
}

impl Pass {
    /// Whether this pass and the one `before` prove that the record doesn't exist. A single page can't miss a row. Nor
    /// can two passes if no row moved between them.
    pub(super) fn proves_absence(&self, before: Option<&Pass>) -> bool {
        let has_settled = before.is_some_and(|before| before.ids == self.ids);
        self.found.is_none() && !self.lags && !self.has_unread && (self.pages == 1 || has_settled)
    }

    pub(super) fn shows(&self, id: i64) -> bool {
        self.ids.contains(&id)
    }

    /// The same for the record of this `id`. Another record of the same name is proof as well, because a name exists
    /// once.
    pub(super) fn proves_absence_of(&self, id: i64, before: Option<&Pass>) -> bool {
        !self.shows(id) && (self.found.is_some() || self.proves_absence(before))
    }
}

/// Reads the list of the routine `name` once, and returns what it shows of this record.
pub(super) async fn find<W: World>(
    call: &Call<'_, W>,
    name: &str,
    site_id: i64,
    record_name: &str,
) -> Result<Pass, Error> {
    let key = host_key(record_name);
    let mut pass = Pass { found: None, lags: false, has_unread: false, pages: 0, ids: Vec::new() };
    let mut list = ListRoutineRelatedRecordsRequest::new(name).with_search_key_word(record_name);
    loop {
        let page = call.perform(&list).await?;
        pass.pages += 1;
        pass.has_unread |= page.has_unread;
        for record in page.records {
            pass.ids.push(record.record_id);
            // The service's search is fuzzy.
            if record.site_id != site_id || host_key(&record.record_name) != key {
                continue;
            }
            if call.has_deleted(record.record_id) {
                pass.lags = true;
            } else {
                pass.found = Some((record, page.request_id));
                return Ok(pass);
            }
        }
        if !page.has_more {
            return Ok(pass);
        }
        list.page_number += 1;
    }
}

impl<W: World> Call<'_, W> {
    /// Whether this client has deleted the record of this `id` so recently that a list may still show it.
    pub(super) fn has_deleted(&self, id: i64) -> bool {
        self.world.deleted().has(id, self.world.now(), self.rules.horizon)
    }

    /// Remembers that the record of this `id` is gone or may be gone.
    pub(super) fn remember_deleted(&self, id: i64) {
        self.world.deleted().add(id, self.world.now(), self.rules.horizon);
    }
}
