//! Plays a row: a server with its script, one call, and checks of the result.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use esa::{
    CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, ErrorKind, Level, Log, Origin,
    Outcome, Record,
};

use super::service::{KEY_ID, SECRET, Service, State, Stored, TOKEN};
use super::step::Step;
use super::texts;

pub(super) const SITE: i64 = 54_362_329_990_032;
pub(super) const ROUTINE: &str = "routine";
pub(super) const RECORD: &str = "record.example.com";

/// How long calls read back: with this time, `READ_BACKS` times in a row.
const HORIZON: Duration = Duration::from_secs(2);
pub(super) const READ_BACKS: u32 = 5;

/// How much longer than its deadline a call may take.
const SLACK: Duration = Duration::from_secs(2);

/// The log of the tests' clients.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(super) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

/// A server's script, and a client's configuration.
pub(super) struct Row {
    pub(super) state: State,
    pub(super) config: Config,
    total: Duration,
    lines: Lines,
    ensure: bool,
    record_name: String,
}

/// The result of a call.
pub(super) struct Played {
    pub(super) result: Result<Record, Error>,
    pub(super) service: Service,
    pub(super) elapsed: Duration,
}

pub(super) fn given() -> Row {
    let mut row = given_without_credentials();
    row.config.credentials(Credentials::temporary(KEY_ID, SECRET, TOKEN).unwrap());
    row
}

/// Returns a row whose client has to find its credentials.
pub(super) fn given_without_credentials() -> Row {
    let mut config = Config::new();
    config.reconcile_horizon(HORIZON);
    let lines = Lines::default();
    let sink = lines.clone();
    config.log(Log::new(Level::Debug, move |record| sink.0.lock().unwrap().push(record.message.to_owned())));
    Row { state: State::default(), config, total: Duration::ZERO, lines, ensure: false, record_name: RECORD.to_owned() }
        .limits(2000, 12_000)
}

impl Row {
    /// Sets what happens to the first creates. Afterwards the service behaves normally.
    pub(super) fn creates(mut self, steps: impl IntoIterator<Item = Step>) -> Row {
        self.state.create_script.extend(steps);
        self
    }

    pub(super) fn lists(mut self, steps: impl IntoIterator<Item = Step>) -> Row {
        self.state.list_script.extend(steps);
        self
    }

    pub(super) fn deletes_as(mut self, steps: impl IntoIterator<Item = Step>) -> Row {
        self.state.delete_script.extend(steps);
        self
    }

    /// Sets the record's name for the call.
    pub(super) fn named(mut self, record_name: &str) -> Row {
        record_name.clone_into(&mut self.record_name);
        self
    }

    /// Makes the call to a new server, and finds the record of this id.
    pub(super) fn found(mut self, id: i64) {
        let service = Service::start(std::mem::take(&mut self.state));
        self.config.endpoint(&format!("http://{}", service.address));
        let record = self.call(&Client::new(&self.config).unwrap()).unwrap();
        assert_eq!((record.origin, record.record_id), (Origin::Recovered, Some(id)));
    }

    pub(super) fn every_create(mut self, step: Step) -> Row {
        self.state.create_always = Some(step);
        self
    }

    pub(super) fn every_list(mut self, step: Step) -> Row {
        self.state.list_always = Some(step);
        self
    }

    /// Adds a record that exists before the call.
    pub(super) fn stored(mut self, name: &str, record_name: &str, site_id: i64) -> Row {
        let record_id = 1000 + i64::try_from(self.state.records.len()).unwrap();
        let (name, record_name) = (name.to_owned(), record_name.to_owned());
        self.state.records.push(Stored { name, record_name, site_id, record_id });
        self
    }

    /// The id that the server gives the first record.
    pub(super) fn first_id(mut self, id: i64) -> Row {
        self.state.first_id = Some(id);
        self
    }

    pub(super) fn ensures(mut self) -> Row {
        self.ensure = true;
        self
    }

    /// Sets the milliseconds for an attempt (and a connection), and for the call.
    pub(super) fn limits(mut self, attempt: u64, total: u64) -> Row {
        let (attempt, total) = (Duration::from_millis(attempt), Duration::from_millis(total));
        self.config.connect_timeout(attempt).attempt_timeout(attempt).timeout(total);
        self.total = total;
        self
    }

    /// Makes the call to a new server.
    pub(super) fn played(mut self) -> Played {
        let service = Service::start(std::mem::take(&mut self.state));
        self.config.endpoint(&format!("http://{}", service.address));
        self.played_with(service)
    }

    /// Makes the call to the configured endpoint. `service` may be behind it.
    pub(super) fn played_with(self, service: Service) -> Played {
        let client = Client::new(&self.config).unwrap();
        let started = Instant::now();
        let result = self.call(&client);
        let played = Played { result, service, elapsed: started.elapsed() };
        assert!(played.elapsed < self.total + SLACK, "after {:?}: {:?}", played.elapsed, played.result);
        played.keeps_the_promises(&self.lines);
        played
    }

    /// Returns what the client has logged so far.
    pub(super) fn lines(&self) -> String {
        self.lines.text()
    }

    pub(super) fn call(&self, client: &Client) -> Result<Record, Error> {
        let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, &self.record_name);
        match self.ensure {
            true => client.ensure_routine_related_record(&request, &CallOptions::new()),
            false => client.create_routine_related_record(&request, &CallOptions::new()),
        }
    }
}

impl Played {
    /// Checks what holds for every row.
    fn keeps_the_promises(&self, lines: &Lines) {
        let state = self.service.state();
        assert!(state.problems.is_empty(), "{:#?}", state.problems);
        let records = state.records.iter().filter(|record| record.record_name == RECORD && record.site_id == SITE);
        let ids: Vec<_> = records.map(|record| record.record_id).collect();
        assert!(ids.len() <= 1, "doubled: {ids:?}");
        match &self.result {
            Ok(record) => {
                assert_eq!(ids.len(), 1, "{record:?}");
                assert!(record.record_id.is_none_or(|id| id == ids[0]), "{record:?} is not {}", ids[0]);
            }
            Err(error) => assert!(!error.message().is_empty() && !error.advice().is_empty(), "{error:?}"),
        }
        let shown = [
            texts::texts(&self.result, |record| {
                vec![record.status.clone(), record.request_id.clone(), format!("{record:?}")]
            }),
            lines.0.lock().unwrap().clone(),
        ]
        .concat();
        let signatures = state.signatures.iter().map(String::as_str).filter(|signature| !signature.is_empty());
        texts::assert_keeps(&shown, [SECRET, TOKEN].into_iter().chain(signatures));
    }

    pub(super) fn succeeds(self, origin: Origin) -> Played {
        match &self.result {
            Ok(record) => assert_eq!((record.origin, record.status.as_str()), (origin, "OK"), "{record:?}"),
            Err(error) => panic!("{error:?}"),
        }
        self
    }

    pub(super) fn fails(self, status: ErrorKind, outcome: Outcome) -> Played {
        match &self.result {
            Ok(record) => panic!("{record:?}"),
            Err(error) => assert_eq!((error.kind(), error.outcome()), (status, outcome), "{error:?}"),
        }
        self
    }

    pub(super) fn outcome_is(self, outcome: Outcome) -> Played {
        assert_eq!(self.error().outcome(), outcome, "{:?}", self.result);
        self
    }

    /// Checks how many creates and lists reached the server.
    pub(super) fn sent(self, creates: u32, lists: u32) -> Played {
        assert_eq!(self.service.seen(), (creates, lists), "{:?}", self.result);
        self
    }

    /// Checks how many attempts to create the record the call reports.
    pub(super) fn attempts(self, attempts: u32) -> Played {
        let found = self.result.as_ref().map_or_else(Error::attempts, |record| record.attempts);
        assert_eq!(found, attempts, "{:?}", self.result);
        self
    }

    /// Checks how many records of the call exist afterwards.
    pub(super) fn leaves(self, records: usize) -> Played {
        let state = self.service.state();
        let found = state.records.iter().filter(|found| found.record_name == RECORD && found.site_id == SITE);
        assert_eq!(found.count(), records, "{:?}", state.records);
        drop(state);
        self
    }

    /// Passes the failure to `check`.
    pub(super) fn saying(self, check: impl FnOnce(&Error) -> bool) -> Played {
        assert!(check(self.error()), "{:?}", self.result);
        self
    }

    /// Checks that the call took at least this number of milliseconds.
    pub(super) fn takes(self, milliseconds: u64) -> Played {
        assert!(self.elapsed >= Duration::from_millis(milliseconds), "{:?}", self.elapsed);
        self
    }

    pub(super) fn error(&self) -> &Error {
        self.result.as_ref().unwrap_err()
    }
}

/// Plays similar cases at the same time, because most of them wait. A failure names its case.
pub(super) fn together<T: std::fmt::Debug + Sync>(cases: &[T], play: impl Fn(&T) + Sync) {
    let failed: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = cases.iter().map(|case| (case, scope.spawn(|| play(case)))).collect();
        threads.into_iter().filter_map(|(case, thread)| thread.join().is_err().then_some(case)).collect()
    });
    assert!(failed.is_empty(), "{failed:#?}");
}
