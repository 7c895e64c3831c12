//! A process of a world: this program again, controlled by environment variables.

use std::env;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use esa::{
    CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, DeleteRoutineRelatedRecordRequest,
    Deletion, Error, ListRoutineRelatedRecordsRequest, Outcome, Record, RelatedRecordPage,
};

use super::call::{Call, Failure, Operation, Origin, Said, Time, now};
use super::random::Random;
use super::{Size, names};
use crate::{ROUTINE, SITE_ID};

/// The start of a line that reports a call.
pub(crate) const MARK: &str = "world ";

const URL: &str = "WORLD_URL";
const SEED: &str = "WORLD_SEED";
const PROCESS: &str = "WORLD_PROCESS";
const SIZE: &str = "WORLD_SIZE";

/// How many writes a process lets run at once. 0 means any number.
const CONCURRENT_WRITES: [usize; 4] = [1, usize::MAX, 2, 4];

/// The oldest that a bulk's list may be when a record is tried.
const LIST_AGE: Time = 30_000_000_000;

/// How many ids a process remembers for deleting records.
const REMEMBERED: usize = 20;

/// Starts the process of this number.
pub(crate) fn start(number: usize, url: &str, seed: u64, size: &Size) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "world::worker::makes_its_calls", "--ignored", "--nocapture"])
        .env(URL, url)
        .env(SEED, seed.to_string())
        .env(PROCESS, number.to_string())
        .env(SIZE, serde_json::to_string(size).unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "one process of a world, which starts it"]
fn makes_its_calls() {
    let Ok(url) = env::var(URL) else { return };
    let number = |name| env::var(name).unwrap().parse::<u64>().unwrap();
    let process = number(PROCESS) as usize;
    let size: Size = serde_json::from_str(&env::var(SIZE).unwrap()).unwrap();
    let shared = Shared { process, client: client(&url, process), ids: Mutex::default(), names: size.names };
    thread::scope(|scope| {
        for thread in process * size.threads..(process + 1) * size.threads {
            let random = Random::new(number(SEED).wrapping_mul(1_000_003).wrapping_add(thread as u64));
            let mut worker = Worker { shared: &shared, random, next_call: (thread as u32) << CALL_BITS };
            scope.spawn(move || (0..size.calls).for_each(|_| worker.make_a_call()));
        }
    });
}

/// The calls of a thread have numbers below 2 to the power of this.
const CALL_BITS: u32 = 14;

fn client(url: &str, process: usize) -> Client {
    let key = Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap();
    let mut config = Config::new();
    config
        .endpoint(url)
        .credentials(key)
        .attempt_timeout(Duration::from_secs(2))
        .max_attempts(8)
        .max_concurrent_writes(CONCURRENT_WRITES[process % CONCURRENT_WRITES.len()]);
    Client::new(&config).unwrap()
}

/// The state that the threads of a process share.
struct Shared {
    process: usize,
    client: Client,
    /// Ids from results of calls, with the index of the name.
    ids: Mutex<Vec<(usize, i64)>>,
    names: usize,
}

struct Worker<'a> {
    shared: &'a Shared,
    random: Random,
    next_call: u32,
}

impl Worker<'_> {
    fn make_a_call(&mut self) {
        let options = self.options();
        let name = self.random.index(self.shared.names);
        match self.random.within(0..100) {
            0..25 => self.create(name, Operation::Create, &options),
            25..50 => self.create(name, Operation::Ensure, &options),
            50..60 => self.bulk(&options),
            60..75 => self.delete(name, None, &options),
            75..92 => match self.remembered() {
                Some((name, record_id)) => self.delete(name, Some(record_id), &options),
                None => self.delete(name, None, &options),
            },
            _ => self.list(&options),
        }
    }

    /// One call in five may have too little time.
    fn options(&mut self) -> CallOptions {
        let milliseconds = match self.random.within(0..10) {
            0 => self.random.within(5..300),
            1 => self.random.within(300..3000),
            _ => 30_000,
        };
        let mut options = CallOptions::new();
        options.timeout(Duration::from_millis(milliseconds));
        options
    }

    fn number(&mut self) -> u32 {
        self.next_call += 1;
        self.next_call - 1
    }

    fn create(&mut self, name: usize, operation: Operation, options: &CallOptions) {
        let (number, client) = (self.number(), &self.shared.client);
        let record_name = &names::spell(name, number);
        let request = CreateRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, record_name);
        let begin = now();
        let result = match operation {
            Operation::Create => client.create_routine_related_record(&request, options),
            _ => client.ensure_routine_related_record(&request, options),
        };
        self.tell(number, operation, name, begin, begin, result.map(|record| self.made(name, &record)));
    }

    fn bulk(&mut self, options: &CallOptions) {
        let length = self.random.within(2..5);
        let items: Vec<_> = (0..length)
            .map(|_| {
                let (name, number) = (self.random.index(self.shared.names), self.number());
                (name, number, names::spell(name, number))
            })
            .collect();
        let requests = items
            .iter()
            .map(|(_, _, record_name)| CreateRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, record_name));
        let start = now();
        let mut bulk = self.shared.client.ensure_routine_related_records(requests, options);
        for (name, number, _) in &items {
            let begin = now();
            let result = bulk.next().expect("a result for each record");
            let since = start.max(begin - LIST_AGE);
            // While one record waits to be listed, those after it are ensured before their results can be returned.
            self.tell(*number, Operation::Bulk, *name, since, start, result.map(|record| self.made(*name, &record)));
        }
    }

    fn delete(&mut self, name: usize, record_id: Option<i64>, options: &CallOptions) {
        let number = self.number();
        let record_name = &names::spell(name, number);
        let mut request = DeleteRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, record_name);
        request.record_id = record_id;
        let begin = now();
        let result = self.shared.client.delete_routine_related_record(&request, options);
        let operation = record_id.map_or(Operation::DeleteByName, Operation::DeleteById);
        self.tell(number, operation, name, begin, begin, result.map(|Deletion { .. }| Said::Gone));
    }

    fn list(&mut self, options: &CallOptions) {
        let mut list = ListRoutineRelatedRecordsRequest::new(ROUTINE);
        loop {
            let (number, begin) = (self.number(), now());
            let result = self.shared.client.list_routine_related_records(&list, options);
            let has_more = result.as_ref().is_ok_and(|page| page.has_more);
            self.tell(number, Operation::List, 0, begin, begin, result.map(|page| self.listed(page)));
            if !has_more {
                return;
            }
            list.page_number += 1;
        }
    }

    fn made(&self, name: usize, record: &Record) -> Said {
        let origin = match record.origin {
            esa::Origin::Created => Origin::Created,
            esa::Origin::Recovered => Origin::Recovered,
            _ => Origin::Existing,
        };
        record.record_id.into_iter().for_each(|record_id| self.remember(name, record_id));
        Said::Record { origin, record_id: record.record_id }
    }

    fn listed(&self, page: RelatedRecordPage) -> Said {
        let rows: Vec<_> = page.records.into_iter().map(|record| (record.record_name, record.record_id)).collect();
        for (record_name, record_id) in rows.iter().take(2) {
            if let Some((name, _)) = names::read(record_name) {
                self.remember(name, *record_id);
            }
        }
        Said::Listed(rows)
    }

    fn remember(&self, name: usize, record_id: i64) {
        let mut ids = self.shared.ids.lock().unwrap();
        if ids.len() == REMEMBERED {
            ids.remove(0);
        }
        ids.push((name, record_id));
    }

    fn remembered(&mut self) -> Option<(usize, i64)> {
        let ids = self.shared.ids.lock().unwrap();
        if ids.is_empty() { None } else { Some(ids[self.random.index(ids.len())]) }
    }

    /// Prints one line for the parent process.
    fn tell(
        &self,
        number: u32,
        operation: Operation,
        name: usize,
        since: Time,
        begin: Time,
        result: Result<Said, Error>,
    ) {
        let said = result.unwrap_or_else(|error| {
            Said::Failed(failure(&error), format!("{:?} after {} attempts: {error}", error.kind(), error.attempts()))
        });
        let call = Call { number, client: self.shared.process, operation, name, since, begin, end: now(), said };
        println!("\n{MARK}{}", serde_json::to_string(&call).unwrap());
    }
}

fn failure(error: &Error) -> Failure {
    match error.outcome() {
        Outcome::NotSent => Failure::NotSent,
        Outcome::Refused => Failure::Refused,
        Outcome::Unknown => Failure::Unknown,
    }
}
