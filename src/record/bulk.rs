//! Ensuring many records: a list first, so that what exists already costs no call of its own, then one after the other.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use super::find::host_key;
use super::{Origin, Record, ensure};
use crate::call::{Call, CallOptions, Deadline};
use crate::client::Client;
use crate::error::{Error, Outcome, Status};
use crate::log::Level;
use crate::operation::{CreateRoutineRelatedRecord, LARGEST_PAGE, ListRoutineRelatedRecords, RelatedRecord};

/// Records that are ensured one after the other, in their order, whenever the next one is asked for.
///
/// One that fails doesn't keep the others from being tried, unless it fails for a reason that all of them share (the
/// credentials, the account): then the rest fail with it, without being sent. Run again with the same records, it does
/// what is left to do.
pub struct Bulk {
    client: Client,
    options: CallOptions,
    deadline: Option<Deadline>,
    items: VecDeque<Item>,
    /// What exists already; `None` before the first item.
    existing: Option<Existing>,
    /// Why none of the rest can succeed.
    hopeless: Option<Error>,
}

struct Item {
    site_id: i64,
    name: String,
    record_name: String,
}

impl Item {
    fn request(&self) -> CreateRoutineRelatedRecord<'_> {
        CreateRoutineRelatedRecord { site_id: self.site_id, name: &self.name, record_name: &self.record_name }
    }
}

/// A routine's name and a record's, as host names are compared.
type Key = (String, String);

/// The records that are known to exist.
#[derive(Default)]
struct Existing(HashMap<Key, Vec<Known>>);

#[derive(Clone)]
struct Known {
    site_id: i64,
    record_id: Option<i64>,
    request_id: String,
}

impl Bulk {
    /// The records of `requests`, each within `options`, all within `timeout`; `None`: as long as it takes.
    pub(crate) fn new<'a>(
        client: &Client,
        requests: impl IntoIterator<Item = CreateRoutineRelatedRecord<'a>>,
        options: &CallOptions,
        timeout: Option<Duration>,
    ) -> Bulk {
        let items = requests.into_iter().map(|request| Item {
            site_id: request.site_id,
            name: request.name.to_owned(),
            record_name: request.record_name.to_owned(),
        });
        Bulk {
            client: client.clone(),
            options: options.clone(),
            deadline: timeout.map(Deadline::after),
            items: items.collect(),
            existing: None,
            hopeless: None,
        }
    }

    /// Makes the rest fail as cancelled, without being sent.
    pub fn cancel(&mut self) {
        self.hopeless = Some(Error::new(Status::Cancelled, "cancelled before its turn"));
    }

    fn begin(&self) -> Call<'_> {
        self.client.begin_before(&self.options, self.deadline)
    }

    fn ensure(&mut self, item: &Item) -> Result<Record, Error> {
        self.client.counters().calls.count();
        if let Some(error) = &self.hopeless {
            return Err(error.clone());
        }
        let doing = |stop: crate::call::Stop| stop.while_doing("waiting for its turn", Status::Io, Outcome::NotSent);
        self.begin().check().map_err(doing)?;
        if self.existing.is_none() {
            self.existing = Some(self.list(item)?);
        }
        let known = self.existing.as_ref().and_then(|existing| existing.find(item));
        let result = match known {
            Some(known) => Ok(known.record()),
            None => ensure(&self.begin(), &item.request()),
        };
        match &result {
            Ok(record) => self.existing.get_or_insert_default().add(item, record),
            Err(error) if is_shared_by_all(error) => {
                let message = format!("not tried, because of what came of {}: {error}", item.record_name);
                self.hopeless = Some(Error::new(error.status(), message).advice_is(error.advice().to_owned()));
            }
            Err(_) => {}
        }
        result
    }

    /// The records that the routines of this item and the rest have, as far as listing them is worth it.
    fn list(&self, first: &Item) -> Result<Existing, Error> {
        let mut items_of: HashMap<&str, u64> = HashMap::new();
        for item in self.items.iter().chain([first]) {
            *items_of.entry(&item.name).or_default() += 1;
        }
        let mut existing = Existing::default();
        // A single record is found out about by the call that makes it.
        for (name, count) in items_of.into_iter().filter(|&(_, count)| count > 1) {
            match self.list_routine(name, count, &mut existing) {
                // Without the list, each call finds out for itself.
                Err(error) if error.status() != Status::Cancelled => self
                    .client
                    .log()
                    .write(Level::Warn, || format!("the records of {name} aren't listed first, because {error}")),
                result => result?,
            }
        }
        Ok(existing)
    }

    fn list_routine(&self, name: &str, items: u64, existing: &mut Existing) -> Result<(), Error> {
        let mut list = ListRoutineRelatedRecords::of(name);
        loop {
            let page = self.begin().read(&list)?;
            for record in page.records {
                existing.insert(name, &record, &page.request_id);
            }
            // A list that is longer than the work isn't worth its pages.
            if !page.has_more || page.total_count.div_ceil(LARGEST_PAGE.into()) > items {
                return Ok(());
            }
            list.page_number += 1;
        }
    }
}

/// Whether what failed one record's call will fail the next one's as well.
fn is_shared_by_all(error: &Error) -> bool {
    matches!(error.status(), Status::Credentials | Status::Auth | Status::Overdue | Status::NotActivated)
}

impl Iterator for Bulk {
    type Item = Result<Record, Error>;

    /// Ensures the next record; `None` after the last one.
    fn next(&mut self) -> Option<Result<Record, Error>> {
        let item = self.items.pop_front()?;
        let ensured = self.ensure(&item);
        Some(self.client.let_out(ensured))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.items.len(), Some(self.items.len()))
    }
}

impl ExactSizeIterator for Bulk {}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk").field("left", &self.items.len()).finish_non_exhaustive()
    }
}

impl Existing {
    fn insert(&mut self, name: &str, record: &RelatedRecord, request_id: &str) {
        let known =
            Known { site_id: record.site_id, record_id: Some(record.record_id), request_id: request_id.to_owned() };
        self.0.entry((name.to_owned(), host_key(&record.record_name))).or_default().push(known);
    }

    fn add(&mut self, item: &Item, record: &Record) {
        let known =
            Known { site_id: record.site_id, record_id: record.record_id, request_id: record.request_id.clone() };
        self.0.entry((item.name.clone(), host_key(&item.record_name))).or_default().push(known);
    }

    /// The record of `item`; without a site's id, the only one of its name.
    fn find(&self, item: &Item) -> Option<&Known> {
        let of_name = self.0.get(&(item.name.clone(), host_key(&item.record_name)))?;
        match (item.site_id, of_name.as_slice()) {
            (0, [only]) => Some(only),
            (0, _) => None,
            (site_id, _) => of_name.iter().find(|known| known.site_id == site_id),
        }
    }
}

impl Known {
    fn record(&self) -> Record {
        Record {
            record_id: self.record_id,
            site_id: self.site_id,
            origin: Origin::Existing,
            status: "OK".to_owned(),
            request_id: self.request_id.clone(),
            attempts: 0,
        }
    }
}
