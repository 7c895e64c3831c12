//! The work of a bulk: first the list, so that existing records cost no call of their own, then one record after the
//! other.
//!
//! If somebody else has just created a record and no list shows it yet, it is read back again while the others are
//! ensured. A pass reads back all records of this kind together.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::Record;
use super::create::{Origin, create};
use super::ensure::{read_first, with_site};
use super::listing::{Listing, is_fresh};
use crate::call::{Call, ReadBacks, UNLISTED, World};
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::Level;
use crate::operation::CreateRoutineRelatedRecordRequest;
use crate::service_code::ServiceCode;
use crate::wait::WaitError;

pub(crate) struct Work {
    count: usize,
    /// How many results have been returned.
    done: usize,
    items: VecDeque<Item>,
    /// By their names.
    routines: HashMap<String, Routine>,
    /// The results of items that can't be returned yet. The first one is for the item that is returned next.
    tried: VecDeque<Option<Tried>>,
    unlisted: Vec<Unlisted>,
    /// When to read the unlisted records back.
    read_backs: ReadBacks,
    next_read_back: Duration,
    /// The failure that all the rest share.
    aborted: Option<Error>,
}

/// What is known of a routine.
#[derive(Default)]
struct Routine {
    /// The number of items.
    items: usize,
    listing: Option<Listing>,
}

/// The result of an item.
struct Tried {
    item: Item,
    /// When the result was known.
    at: Duration,
    result: Result<Record, Error>,
}

/// A record that exists according to the service, although no list shows it yet.
struct Unlisted {
    item: Item,
    /// The service's refusal that says so.
    refusal: Error,
    /// Until when to read it back.
    until: Duration,
}

#[derive(Clone, Debug)]
struct Item {
    index: usize,
    site_id: i64,
    name: String,
    record_name: String,
    /// Whether a write of it was sent and refused.
    was_refused: bool,
}

impl Tried {
    fn is_existing(&self) -> bool {
        self.result.as_ref().is_ok_and(|record| record.origin == Origin::Existing)
    }
}

impl Item {
    fn request(&self) -> CreateRoutineRelatedRecordRequest<'_> {
        CreateRoutineRelatedRecordRequest::new(self.site_id, &self.name, &self.record_name)
    }
}

/// Groups the items by their routines' names.
fn routines_of<'a>(items: impl IntoIterator<Item = &'a Item>) -> HashMap<String, Routine> {
    let mut routines = HashMap::<_, Routine>::new();
    for item in items {
        routines.entry(item.name.clone()).or_default().items += 1;
    }
    routines
}

/// Begins a call for the next record.
pub(crate) type Begin<'b, 'c, W> = &'b dyn Fn() -> Call<'c, W>;

impl Work {
    pub(crate) fn new<'a>(requests: impl IntoIterator<Item = CreateRoutineRelatedRecordRequest<'a>>) -> Work {
        let items = requests.into_iter().enumerate().map(|(index, request)| Item {
            index,
            site_id: request.site_id,
            name: request.name.to_owned(),
            record_name: request.record_name.to_owned(),
            was_refused: false,
        });
        let items: VecDeque<_> = items.collect();
        Work {
            routines: routines_of(&items),
            count: items.len(),
            done: 0,
            tried: VecDeque::new(),
            items,
            unlisted: Vec::new(),
            read_backs: ReadBacks::within(Duration::ZERO),
            next_read_back: Duration::ZERO,
            aborted: None,
        }
    }

    /// Cancels the rest. They fail without being sent.
    pub(super) fn cancel(&mut self) {
        self.aborted = Some(Error::new(ErrorKind::Cancelled, "cancelled before it was tried"));
    }

    /// Returns how many results are still to come.
    pub(super) fn left(&self) -> usize {
        self.count - self.done
    }

    /// Returns whether a record is still to be tried.
    pub(super) fn has_untried(&self) -> bool {
        !self.items.is_empty() && self.aborted.is_none()
    }

    /// Returns the next result, in the order of the items.
    pub(crate) async fn next<W: World>(&mut self, begin: Begin<'_, '_, W>) -> Option<Result<Record, Error>> {
        if self.left() == 0 {
            return None;
        }
        loop {
            match self.tried.front_mut().and_then(Option::take) {
                // The record may be gone by now.
                Some(tried) if tried.is_existing() && !is_fresh(tried.at, begin().world.now()) => {
                    self.ensure(tried.item, begin).await;
                    continue;
                }
                Some(tried) => {
                    self.done += 1;
                    self.tried.pop_front();
                    return Some(tried.result);
                }
                None => {}
            }
            if self.is_time_to_read_back(begin) {
                self.read_back_unlisted(begin).await;
            } else {
                let item = self.items.pop_front()?;
                self.routine(&item.name).items -= 1;
                self.ensure(item, begin).await;
            }
        }
    }

    fn routine(&mut self, name: &str) -> &mut Routine {
        self.routines.entry(name.to_owned()).or_default()
    }

    fn listing(&self, name: &str) -> Option<&Listing> {
        self.routines.get(name)?.listing.as_ref()
    }

    fn is_time_to_read_back<W: World>(&self, begin: Begin<'_, '_, W>) -> bool {
        !self.unlisted.is_empty() && (self.items.is_empty() || begin().world.now() >= self.next_read_back)
    }

    /// Tries one record.
    async fn ensure<W: World>(&mut self, mut item: Item, begin: Begin<'_, '_, W>) {
        let call = begin();
        call.world.counters().calls.count();
        let result = match &self.aborted {
            Some(error) => Err(error.clone()),
            None => self.try_to_ensure(&mut item, &call, begin).await,
        };
        let (result, at) = match result {
            Ok((record, at)) => (Ok(record), at),
            Err(error) if item.was_refused && error.outcome() == Outcome::NotSent => {
                (Err(error.with_outcome(Outcome::Refused)), call.world.now())
            }
            Err(error) => (Err(error), call.world.now()),
        };
        match &result {
            Err(refusal) if is_unlisted(refusal) => {
                item.was_refused = true;
                // The record's own time limit counts, as if its call went on.
                let left = call.world.left().unwrap_or(Duration::MAX);
                let until = call.world.now().saturating_add(call.rules.horizon.min(left));
                self.unlisted.push(Unlisted { item, refusal: refusal.clone(), until });
                self.read_backs = ReadBacks::within(call.rules.horizon);
                self.plan_next_read_back(&call);
                return;
            }
            Err(error) if self.aborted.is_none() && is_shared_by_all(error) => {
                let message = format!("not tried, because {} failed: {error}", item.record_name);
                let aborted = Error::new(error.kind(), message).with_advice(error.advice().to_owned());
                self.aborted = Some(aborted.with_retryable(error.retryable()));
            }
            Ok(record) => {
                if let Some(listing) = &mut self.routine(&item.name).listing {
                    listing.add(&item.record_name, record);
                }
            }
            Err(_) => {}
        }
        self.finish(item, at, result);
    }

    fn finish(&mut self, item: Item, at: Duration, result: Result<Record, Error>) {
        let place = item.index - self.done;
        if place >= self.tried.len() {
            self.tried.resize_with(place + 1, || None);
        }
        self.tried[place] = Some(Tried { item, at, result });
    }

    /// Returns the record, and when it was seen to exist.
    async fn try_to_ensure<W: World>(
        &mut self,
        item: &mut Item,
        call: &Call<'_, W>,
        begin: Begin<'_, '_, W>,
    ) -> Result<(Record, Duration), Error> {
        let waiting =
            |stop: WaitError| stop.while_doing("waiting for the records before it", ErrorKind::Io, Outcome::NotSent);
        call.world.check().map_err(waiting)?;
        let rest = 1 + self.routine(&item.name).items;
        let is_fresh = |listing: &Listing| is_fresh(listing.read_at, call.world.now());
        // A single record needs no list of all: its own call reads the list.
        if rest > 1 && !self.listing(&item.name).is_some_and(is_fresh) {
            self.list(&item.name, rest, begin).await?;
        }
        let listing = self.listing(&item.name).filter(|listing| is_fresh(listing));
        if let Some(listing) = listing {
            if let Some(existing) = listing.find(call, item.site_id, &item.record_name) {
                return Ok((existing, listing.read_at));
            }
        }
        let is_complete = listing.is_some_and(|listing| listing.is_complete);
        item.site_id = with_site(call, &item.request()).await?.site_id;
        if !is_complete {
            if let Some(existing) = read_first(call, &item.request()).await? {
                return Ok((existing, call.world.now()));
            }
        }
        create(call, &item.request(), false).await.map(|record| (record, call.world.now()))
    }

    /// Lists the routine's records, but no more pages than pay for this number of items.
    async fn list<W: World>(&mut self, name: &str, items: usize, begin: Begin<'_, '_, W>) -> Result<(), Error> {
        let listing = match Listing::read(begin, name, items).await {
            Err(error) if error.kind() == ErrorKind::Cancelled || is_shared_by_all(&error) => return Err(error),
            Err(error) => {
                // Without the list, each record's call reads the list itself.
                let world = begin().world;
                let log = world.log().action("ListRoutineRelatedRecords", name);
                log.write(Level::Warn, || format!("the records of {name} aren't listed first, because {error}"));
                Listing::empty(world.now())
            }
            Ok(listing) => listing,
        };
        self.routine(name).listing = Some(listing);
        Ok(())
    }

    /// Waits until the next read-back, and then reads back all unlisted records. Fails those whose time is over.
    async fn read_back_unlisted<W: World>(&mut self, begin: Begin<'_, '_, W>) {
        let call = begin();
        let wait = self.next_read_back.saturating_sub(call.world.now());
        let gives_up = self.aborted.is_some() || call.world.pause(wait).await.is_err();
        let unlisted = std::mem::take(&mut self.unlisted);
        let listed = if gives_up { Vec::new() } else { self.list_again(&unlisted, begin).await };
        for Unlisted { item, refusal, until } in unlisted {
            let found = if gives_up { None } else { self.read_back(&item, listed.contains(&item.name), begin).await };
            match found {
                // The refused request was an attempt, too.
                Some(record) => {
                    let attempts = refusal.attempts();
                    self.finish(item, call.world.now(), Ok(Record { attempts, ..record }));
                }
                None if !gives_up && call.world.now() < until => self.unlisted.push(Unlisted { item, refusal, until }),
                None => self.finish(item, call.world.now(), Err(refusal.with_advice(UNLISTED))),
            }
        }
        self.plan_next_read_back(&call);
    }

    /// Lists the routines that have more than one unlisted record. Returns their names.
    async fn list_again<W: World>(&mut self, unlisted: &[Unlisted], begin: Begin<'_, '_, W>) -> Vec<String> {
        let routines = routines_of(unlisted.iter().map(|unlisted| &unlisted.item));
        let mut listed = Vec::new();
        for (name, Routine { items, .. }) in routines.into_iter().filter(|(_, routine)| routine.items > 1) {
            if self.list(&name, items, begin).await.is_ok() {
                listed.push(name);
            }
        }
        listed
    }

    /// Returns the record, if the service shows it by now.
    async fn read_back<W: World>(&self, item: &Item, was_listed: bool, begin: Begin<'_, '_, W>) -> Option<Record> {
        let call = begin();
        let listing = self.listing(&item.name).filter(|_| was_listed);
        let found = listing.and_then(|listing| listing.find(&call, item.site_id, &item.record_name));
        match found {
            None if !listing.is_some_and(|listing| listing.is_complete) => {
                read_first(&call, &item.request()).await.ok()?
            }
            found => found,
        }
    }

    fn plan_next_read_back<W: World>(&mut self, call: &Call<'_, W>) {
        let now = call.world.now();
        let last = self.unlisted.iter().map(|unlisted| unlisted.until).max().unwrap_or(now);
        self.next_read_back =
            self.read_backs.next_wait(call.world.left()).map_or(last, |wait| now.saturating_add(wait));
    }
}

/// Returns whether the service says that somebody else has created the record.
fn is_unlisted(error: &Error) -> bool {
    error.service_code() == ServiceCode::ParameterAlreadyExist && error.outcome() == Outcome::Refused
}

/// Returns whether this failure of one record's call will fail all the others as well.
fn is_shared_by_all(error: &Error) -> bool {
    let concerns_all = matches!(
        error.kind(),
        ErrorKind::Credentials | ErrorKind::Lock | ErrorKind::Auth | ErrorKind::Overdue | ErrorKind::NotActivated
    );
    concerns_all && !error.retryable()
}
