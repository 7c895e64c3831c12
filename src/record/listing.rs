//! The records of a routine, as a bulk has listed them.

use std::time::Duration;

use super::Record;
use super::create::Origin;
use super::host_name::host_key;
use crate::call::{Call, World};
use crate::error::Error;
use crate::operation::{LARGEST_PAGE, ListRoutineRelatedRecordsRequest};

/// How long a listing counts. Others may delete records meanwhile.
const FRESH: Duration = Duration::from_secs(30);

/// Whether a listing that was read at `read_at` still counts now.
pub(super) fn is_fresh(read_at: Duration, now: Duration) -> bool {
    now.saturating_sub(read_at) < FRESH
}

/// The records of one routine at one time.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) read_at: Duration,
    /// Whether the listing has all records of the routine.
    pub(super) is_complete: bool,
    /// Sorted by their names.
    records: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    /// The same for all spellings of the name.
    key: String,
    site_id: i64,
    record_id: Option<i64>,
    request_id: String,
}

impl Listing {
    /// Returns a listing without records.
    pub(super) fn empty(now: Duration) -> Listing {
        Listing { read_at: now, is_complete: false, records: Vec::new() }
    }

    /// Lists the records of the routine `name`, but no more pages than pay for this number of `items`. Each page is a
    /// call of its own.
    pub(super) async fn read<'c, W: World>(
        begin: &dyn Fn() -> Call<'c, W>,
        name: &str,
        items: usize,
    ) -> Result<Listing, Error> {
        let mut list = ListRoutineRelatedRecordsRequest::new(name);
        let mut listing = Listing::empty(begin().world.now());
        let most_pages = u64::try_from(items).unwrap_or(u64::MAX);
        loop {
            let call = begin();
            let page = call.perform(&list).await?;
            // If the list lags, it shows records that this client has deleted. They are gone now and stay gone.
            for record in page.records.into_iter().filter(|record| !call.has_deleted(record.record_id)) {
                let known = Known {
                    key: host_key(&record.record_name),
                    site_id: record.site_id,
                    record_id: Some(record.record_id),
                    request_id: page.request_id.clone(),
                };
                listing.insert(known);
            }
            listing.is_complete = !page.has_more;
            // If the list is longer than the work, its pages cost more than they save.
            let pages = page.total_count.div_ceil(LARGEST_PAGE.into()).max(list.page_number.into());
            if listing.is_complete || pages > most_pages {
                return Ok(listing);
            }
            list.page_number += 1;
        }
    }

    /// Adds a record that was ensured after the list was read.
    pub(super) fn add(&mut self, record_name: &str, record: &Record) {
        self.insert(Known {
            key: host_key(record_name),
            site_id: record.site_id,
            record_id: record.record_id,
            request_id: record.request_id.clone(),
        });
    }

    fn insert(&mut self, known: Known) {
        let place = self.records.partition_point(|other| other.key <= known.key);
        self.records.insert(place, known);
    }

    /// Returns the record of this name, unless `call`'s client has deleted it since. Without a site id, the name must
    /// be unique.
    pub(super) fn find<W: World>(&self, call: &Call<'_, W>, site_id: i64, record_name: &str) -> Option<Record> {
        let is_there = |known: &&Known| !known.record_id.is_some_and(|id| call.has_deleted(id));
        let key = host_key(record_name);
        let from = self.records.partition_point(|known| known.key < key);
        let of_name = self.records.iter().skip(from).take_while(|known| known.key == key).filter(is_there);
        let mut of_site = of_name.filter(|known| site_id == 0 || known.site_id == site_id);
        let known = of_site.next()?;
        if site_id == 0 && of_site.any(|other| other.site_id != known.site_id) {
            return None;
        }
        Some(Record {
            record_id: known.record_id,
            site_id: known.site_id,
            origin: Origin::Existing,
            status: "OK".to_owned(),
            request_id: known.request_id.clone(),
            attempts: 0,
        })
    }
}
