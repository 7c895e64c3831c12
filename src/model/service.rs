//! A simulated service: records with their lives, and lists that lag.

use std::time::Duration;

use serde_json::{Value, json};

use crate::random::Random;

pub(super) const SITE: i64 = 54_362_329_990_032;
pub(super) const ROUTINE: &str = "routine";
pub(super) const ANOTHER: &str = "another-routine";
const PAGE: usize = 20;

/// A record, from its creation until it is deleted.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) id: i64,
    pub(super) routine: String,
    pub(super) record_name: String,
    pub(super) site_id: i64,
    pub(super) from: Duration,
    pub(super) until: Option<Duration>,
}

impl Life {
    fn is_at(&self, time: Duration) -> bool {
        self.from <= time && self.until.is_none_or(|until| time < until)
    }

    /// Whether the record existed at some instant between these two.
    pub(super) fn meets(&self, start: Duration, end: Duration) -> bool {
        self.from <= end && self.until.is_none_or(|until| until >= start)
    }
}

/// A write that the service is asked for.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Create { routine: String, record_name: String, site_id: i64 },
    Delete { id: i64, routine: String, record_name: String, site_id: i64 },
}

/// A page of a list.
pub(super) struct Page {
    pub(super) body: Value,
    /// The records on it.
    pub(super) shown: Vec<(String, i64)>,
}

#[derive(Debug)]
pub(super) struct Service {
    pub(super) lives: Vec<Life>,
    next_id: i64,
    quota: usize,
    /// The longest lag of a list.
    pub(super) lag: Duration,
    /// Whether all lists lag equally. If lists come from several places, they lag differently, and have one page each:
    /// pages from different places would show a list that never existed.
    pub(super) lags_evenly: bool,
    newest_first: bool,
    /// How the total count is wrong.
    count: Count,
}

#[derive(Clone, Copy, Debug)]
enum Count {
    Right,
    TooSmall,
    TooLarge,
    Text,
    Missing,
}

impl Service {
    pub(super) fn new(random: &mut Random) -> Service {
        Service {
            lives: Vec::new(),
            next_id: 1000,
            quota: if random.percent(10) { 3 } else { 1000 },
            lag: if random.percent(50) { Duration::ZERO } else { random.milliseconds(100, 4000) },
            lags_evenly: random.percent(50),
            newest_first: random.percent(50),
            count: random.of_all(&[
                Count::Right,
                Count::Right,
                Count::TooSmall,
                Count::TooLarge,
                Count::Text,
                Count::Missing,
            ]),
        }
    }

    pub(super) fn create(
        &mut self,
        routine: &str,
        record_name: &str,
        site_id: i64,
        now: Duration,
    ) -> Result<i64, &'static str> {
        let alive = || self.lives.iter().filter(|life| life.is_at(now));
        if alive().any(|life| life.record_name == record_name && life.site_id == site_id) {
            return Err("ParameterAlreadyExist");
        }
        if alive().filter(|life| life.routine == routine).count() >= self.quota {
            return Err("RelatedRecordNumberExceedQuotaLimit");
        }
        self.next_id += 1;
        let (id, routine, record_name) = (self.next_id, routine.to_owned(), record_name.to_owned());
        self.lives.push(Life { id, routine, record_name, site_id, from: now, until: None });
        Ok(id)
    }

    pub(super) fn delete(&mut self, id: i64, now: Duration) -> Result<i64, &'static str> {
        let there = |life: &&mut Life| life.id == id && life.is_at(now);
        let life = self.lives.iter_mut().find(there).ok_or("ParameterNotExist")?;
        life.until = Some(now);
        Ok(id)
    }

    pub(super) fn write(&mut self, write: &Write, now: Duration) -> Result<i64, &'static str> {
        match write {
            Write::Create { routine, record_name, site_id } => self.create(routine, record_name, *site_id, now),
            Write::Delete { id, routine, record_name, site_id } => {
                let is_it = |life: &Life| {
                    (life.id, &life.routine, &life.record_name, life.site_id) == (*id, routine, record_name, *site_id)
                };
                match self.lives.iter().any(is_it) {
                    true => self.delete(*id, now),
                    false => Err("ParameterNotExist"),
                }
            }
        }
    }

    /// Returns the record of this name that exists now.
    pub(super) fn named(&self, record_name: &str, now: Duration) -> Option<&Life> {
        self.lives.iter().find(|life| life.record_name == record_name && life.site_id == SITE && life.is_at(now))
    }

    /// Returns a page of the routine's records. The search finds all records: it is as fuzzy as possible.
    pub(super) fn list(&self, routine: &str, page: usize, now: Duration, random: &mut Random) -> Page {
        let lag = if self.lags_evenly { self.lag } else { self.lag.mul_f64(random.below(1000) as f64 / 1000.0) };
        let then = now.saturating_sub(lag);
        let mut all: Vec<_> = self.lives.iter().filter(|life| life.routine == routine && life.is_at(then)).collect();
        if self.newest_first {
            all.reverse();
        }
        let records: Vec<_> = all.iter().skip((page - 1) * PAGE).take(PAGE).collect();
        let rows = records.iter().map(|life| {
            json!({"RecordId": life.id, "RecordName": life.record_name, "SiteId": life.site_id, "SiteName": "example.com"})
        });
        let mut body = json!({"RequestId": "R-list", "RelatedRecords": rows.collect::<Vec<_>>()});
        match self.count {
            Count::Right => body["TotalCount"] = all.len().into(),
            Count::TooSmall => body["TotalCount"] = (all.len() / 2).into(),
            Count::TooLarge => body["TotalCount"] = (all.len() + 7).into(),
            Count::Text => body["TotalCount"] = all.len().to_string().into(),
            Count::Missing => {}
        }
        let shown = records.iter().filter(|life| life.site_id == SITE).map(|life| (life.record_name.clone(), life.id));
        Page { body, shown: shown.collect() }
    }
}
