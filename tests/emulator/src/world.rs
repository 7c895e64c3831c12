//! The whole state of the emulator, behind one lock.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::authenticate::NonceMemory;
use crate::canned_reply::CannedReplies;
use crate::clock::Clock;
use crate::endpoint::cloud_sso::CloudSso;
use crate::endpoint::metadata::{Metadata, TokenMemory};
use crate::fault::FaultTable;
use crate::journal::Journal;
use crate::late_commit::{LateCommit, LateCommits};
use crate::operation::{self, Operation};
use crate::request::Parameters;
use crate::request_log::RequestLog;
use crate::role::Role;
use crate::seed::Seed;
use crate::service_error::ServiceError;
use crate::setup::Setup;
use crate::state::Account;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) setup: Setup,
    start: Seed,
    random_seed: u64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) metadata: Metadata,
    pub(crate) cloud_sso: CloudSso,
    pub(crate) record_ids: Ids,
    pub(crate) site_ids: Ids,
    pub(crate) journal: Journal,
    pub(crate) late_commits: LateCommits,
    pub(crate) faults: FaultTable,
    pub(crate) replies: CannedReplies,
    pub(crate) clock: Clock,
    pub(crate) nonces: NonceMemory,
    pub(crate) metadata_tokens: TokenMemory,
    pub(crate) log: RequestLog,
}

impl World {
    pub(crate) fn new(start: Seed, setup: Setup) -> Self {
        let mut world = Self {
            setup,
            start: start.clone(),
            random_seed: 0,
            accounts: Vec::new(),
            metadata: Metadata::default(),
            cloud_sso: CloudSso::default(),
            record_ids: Ids::starting_at(FIRST_RECORD_ID),
            site_ids: Ids::starting_at(FIRST_SITE_ID),
            journal: Journal::default(),
            late_commits: LateCommits::default(),
            faults: FaultTable::new(Vec::new(), 0),
            replies: CannedReplies::default(),
            clock: Clock::default(),
            nonces: NonceMemory::default(),
            metadata_tokens: TokenMemory::default(),
            log: RequestLog::new(),
        };
        world.plant(start);
        world
    }

    /// Replaces everything that a seed has. Clock, nonces, metadata tokens and log stay.
    pub(crate) fn plant(&mut self, seed: Seed) {
        self.accounts = seed.accounts;
        self.metadata = seed.metadata;
        self.cloud_sso = seed.cloud_sso;
        for account in &mut self.accounts {
            // A lock shared with the seed's copy would outlive a reset.
            account.write_lock = Default::default();
        }
        self.record_ids = Ids::starting_at(FIRST_RECORD_ID);
        self.record_ids.complete(&mut self.accounts);
        self.site_ids = Ids::starting_at(FIRST_SITE_ID);
        self.site_ids.taken.extend(self.accounts.iter().flat_map(|account| &account.sites).map(|site| site.site_id));
        self.journal.clear();
        self.late_commits.clear();
        self.random_seed = seed.random_seed;
        self.faults = FaultTable::new(seed.faults, seed.random_seed);
        self.replies = CannedReplies::new(seed.replies);
    }

    /// Carries out an operation of the request with that number in the log. The reply lacks only its `RequestId`.
    pub(crate) fn execute(
        &mut self,
        operation: &Operation,
        account: &str,
        parameters: &Parameters,
        request: u64,
        origin: &str,
        now: Timestamp,
    ) -> Result<Value, ServiceError> {
        let account = self.accounts.iter_mut().find(|known| known.id == account);
        // A new seed may have removed the account since the request was authenticated.
        let account = account.ok_or_else(ServiceError::internal)?;
        operation.run(&mut operation::Call {
            parameters,
            account,
            origin,
            record_ids: &mut self.record_ids,
            site_ids: &mut self.site_ids,
            journal: &mut self.journal,
            request,
            now,
        })
    }

    /// Carries out the late writes that are due by then, each with its own time.
    pub(crate) fn commit_due(&mut self, now: Timestamp) {
        while let Some(late) = self.late_commits.take_due(now) {
            let LateCommit { due, request, origin, account, operation, parameters } = late;
            let result = self.execute(operation, &account, &parameters, request, &origin, due);
            self.log.update(request, |entry| entry.judge(&result));
        }
    }

    /// Restores the state of the start.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.start.clone(), self.setup.clone());
    }

    /// The state in the form of a seed document.
    pub(crate) fn to_seed_json(&self) -> Value {
        json!({
            "accounts": self.accounts,
            "metadata": self.metadata,
            "cloud_sso": self.cloud_sso,
            "faults": self.faults.rules(),
            "replies": self.replies.replies(),
            "random_seed": self.random_seed,
        })
    }

    /// The role of that name, of the first account that has one.
    pub(crate) fn role_mut(&mut self, name: &str) -> Option<&mut Role> {
        self.accounts.iter_mut().find_map(|account| account.role_mut(name))
    }
}

const FIRST_RECORD_ID: i64 = 3_227_405_728_754_048;
const FIRST_SITE_ID: i64 = 61_402_725_918_720;

/// Assigns the ids of records and sites. Each id is used once.
#[derive(Debug)]
pub(crate) struct Ids {
    next: i64,
    taken: HashSet<i64>,
}

impl Ids {
    fn starting_at(next: i64) -> Self {
        Self { next, taken: HashSet::new() }
    }

    pub(crate) fn fresh(&mut self) -> i64 {
        loop {
            let id = self.next;
            // Uneven steps, as the service's own ids have.
            self.next += 4096 + id % 61;
            if self.taken.insert(id) {
                return id;
            }
        }
    }

    /// Reserves the ids of existing records, and assigns ids to those without.
    fn complete(&mut self, accounts: &mut [Account]) {
        self.taken.extend(accounts.iter().flat_map(Account::records).map(|record| record.record_id));
        let routines = accounts.iter_mut().flat_map(|account| &mut account.routines);
        for record in routines.flat_map(|routine| &mut routine.related_records) {
            if record.record_id == 0 {
                record.record_id = self.fresh();
            }
        }
    }
}

/// The world, shared by the connections. The lock is never held during a wait.
#[derive(Debug)]
pub(crate) struct Shared(Mutex<World>);

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self(Mutex::new(world))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // All access goes through here, and carries out what is due first. So no timer is needed.
        let now = world.clock.now();
        world.commit_due(now);
        world
    }
}
