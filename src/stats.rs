//! What a client has done so far, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a client has done since it was created. After a fork, the child's numbers go on from the parent's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls of the program. Each record of a bulk counts as one.
    pub calls: u64,
    /// Requests to the service, read-backs included.
    pub attempts: u64,
    /// Requests that repeated a failed one.
    pub retries: u64,
    /// Records whose answer was lost and that a read-back found.
    pub recoveries: u64,
    /// Waits because the service was busy with another call of the account.
    pub busy_waits: u64,
    /// Waits because another write of the client was running.
    pub write_limit_waits: u64,
    /// Connections that were opened, including those to servers of credentials.
    pub connections_opened: u64,
    /// Requests that went over a pooled connection.
    pub connections_reused: u64,
    /// How often the client got credentials from a provider.
    pub credentials_refreshed: u64,
    /// Waits because another client held the shared lock.
    pub lock_waits: u64,
    /// How often the client acquired that lock.
    pub lock_grants: u64,
    /// Writes that the service refused as busy although the client held the lock.
    pub lock_losses: u64,
}

/// A number that any thread may count.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The numbers, while they are counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: Counter,
    pub(crate) attempts: Counter,
    pub(crate) retries: Counter,
    pub(crate) recoveries: Counter,
    pub(crate) busy_waits: Counter,
    pub(crate) write_limit_waits: Counter,
    pub(crate) connections_opened: Counter,
    pub(crate) connections_reused: Counter,
    pub(crate) credentials_refreshed: Counter,
    pub(crate) lock_waits: Counter,
    pub(crate) lock_grants: Counter,
    pub(crate) lock_losses: Counter,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        Stats {
            calls: self.calls.get(),
            attempts: self.attempts.get(),
            retries: self.retries.get(),
            recoveries: self.recoveries.get(),
            busy_waits: self.busy_waits.get(),
            write_limit_waits: self.write_limit_waits.get(),
            connections_opened: self.connections_opened.get(),
            connections_reused: self.connections_reused.get(),
            credentials_refreshed: self.credentials_refreshed.get(),
            lock_waits: self.lock_waits.get(),
            lock_grants: self.lock_grants.get(),
            lock_losses: self.lock_losses.get(),
        }
    }
}
