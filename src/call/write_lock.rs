//! The lock that independent clients share: programs and machines that write to the same account.
//!
//! The service refuses a routine call of an account while another one runs. With a lock, clients wait for each other
//! without sending requests. The lock only puts writes in order: losing it costs a refusal, and never a wrong result.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::World;
use super::backoff::jitter;
use super::file_lock::FileLock;
use super::holding::{Entry, Holding, News};
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::{Level, Scope};
use crate::per_process::generation;
use crate::wait::WaitError;

/// The result of an attempt to acquire a shared lock.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::time::Duration;
///
/// use esa::{Config, TryLock};
///
/// let is_taken = Arc::new(AtomicBool::new(false));
/// let lock = Arc::clone(&is_taken);
/// let try_acquire = move |_lease: Duration| match lock.swap(true, Ordering::SeqCst) {
///     false => TryLock::Acquired,
///     true => TryLock::NotYet { retry_after: Duration::from_millis(100) },
/// };
/// Config::new().write_lock(try_acquire, move || is_taken.store(false, Ordering::SeqCst));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryLock {
    /// The client holds the lock until it releases it or the lease ends.
    Acquired,
    /// Another client holds the lock. The call asks again after half of this time to all of it.
    NotYet {
        /// The time after which it makes sense to ask again.
        retry_after: Duration,
    },
    /// The lock is unavailable, for example because its server is down. The call goes on without it.
    Without,
    /// The lock can't be used. The call fails with this reason, which must hold no secret.
    Failed(String),
}

/// A lock that is shared with others.
pub(crate) trait Lock: Send + Sync {
    /// Tries to acquire it for at most `lease`. Doesn't wait if another client holds it.
    fn try_acquire(&self, lease: Duration) -> TryLock;

    /// Returns the error of a call that couldn't ask for it.
    fn failed(&self, reason: &str) -> Error {
        unusable(reason)
    }

    /// Releases it. The lease may be over.
    fn release(&self);

    /// Whether the lock can end by itself. Only then it can be kept while the program does something else.
    fn has_lease(&self) -> bool {
        true
    }

    /// Returns how long a client that may hold it for `hold` does so while others want it. To pass it on must take much
    /// less time.
    fn shared_hold(&self, hold: Duration) -> Duration {
        hold
    }
}

/// A lock that consists of two functions.
pub(crate) struct Functions<A, R> {
    pub(crate) try_acquire: A,
    pub(crate) release: R,
}

impl<A: Fn(Duration) -> TryLock + Send + Sync, R: Fn() + Send + Sync> Lock for Functions<A, R> {
    fn try_acquire(&self, lease: Duration) -> TryLock {
        (self.try_acquire)(lease)
    }

    fn release(&self) {
        (self.release)();
    }
}

/// The kind of lock that a configuration has.
#[derive(Clone)]
pub(crate) enum LockKind {
    /// One lock for all clients of the configuration.
    Shared(Arc<dyn Lock>),
    /// The file of this name. Each client in each process locks it for itself.
    File(PathBuf),
}

impl fmt::Debug for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockKind::Shared(_) => f.write_str("Shared"),
            LockKind::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// A client's share of the lock in this process.
pub(crate) struct WriteLock {
    lock: Arc<dyn Lock>,
    hold: Duration,
    holding: Mutex<Holding>,
    /// The generation of the process that it belongs to. A child doesn't hold its parent's lock.
    generation: u64,
}

impl fmt::Debug for WriteLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteLock").field("holding", &self.holding).finish_non_exhaustive()
    }
}

impl WriteLock {
    /// Creates the lock. The client holds it for further writes for at most `hold`.
    pub(crate) fn new(kind: &LockKind, hold: Duration) -> WriteLock {
        let lock = match kind {
            LockKind::Shared(lock) => Arc::clone(lock),
            LockKind::File(path) => Arc::new(FileLock::new(path.clone())),
        };
        let generation = generation();
        // The numbers differ by process, so that a parent's bulk doesn't use a child's holding.
        let holding = Mutex::new(Holding::new(hold, lock.shared_hold(hold), generation << 32));
        WriteLock { lock, hold, holding, generation }
    }

    /// Returns the permit with which a call acquires the lock.
    pub(crate) fn want(&self) -> LockPermit<'_> {
        self.holding().want();
        LockPermit { lock: self, is_asking: false, number: None, report: LockReport::default(), now: Duration::ZERO }
    }

    fn holding(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn let_go(&self, now: Duration) {
        struct Released<'a>(&'a WriteLock, Duration);
        impl Drop for Released<'_> {
            fn drop(&mut self) {
                self.0.holding().released(self.1);
            }
        }
        // Runs even if the function panics.
        let _released = Released(self, now);
        self.lock.release();
    }
}

/// A call's permit for the lock. When it is dropped, the call no longer writes.
pub(crate) struct LockPermit<'a> {
    lock: &'a WriteLock,
    is_asking: bool,
    /// The number of the holding that it writes in. `None`: it doesn't write, or writes without the lock.
    number: Option<u64>,
    report: LockReport,
    /// The time of the last event.
    now: Duration,
}

/// Lines for the log. They are written after the lock is released, because the program's log function may make another
/// call.
#[derive(Clone, Copy, Default)]
pub(crate) struct LockReport {
    is_granted: bool,
    /// How long the call waited for the lock. `None`: not at all.
    waited: Option<Duration>,
    news: Option<News>,
}

/// The shortest wait for the lock.
const SHORTEST: Duration = Duration::from_millis(1);

/// How much longer a lease is than the work done in it.
const MARGIN: Duration = Duration::from_secs(1);

/// Returns a random wait between half of `wait` and all of it, so that clients with the same answer don't ask together.
pub(super) fn spread(wait: Duration, random: u64) -> Duration {
    let wait = wait.max(SHORTEST);
    wait / 2 + jitter(wait / 2, random)
}

impl LockPermit<'_> {
    /// Waits until the call may write, within its limits. One attempt takes up to `attempt`.
    ///
    /// Meanwhile it extends its permit of the write limit with `stay`, by the given time. If another call has got the
    /// permit, returns `Ok(false)`.
    pub(crate) async fn acquire<W: World>(
        &mut self,
        world: &W,
        attempt: Duration,
        stay: impl Fn(Duration) -> bool,
    ) -> Result<bool, Error> {
        let started = world.now();
        loop {
            self.now = world.now();
            let mut entry = self.lock.holding().acquire(self.now);
            if entry == Entry::Ask {
                // The function may take any time.
                stay(Duration::MAX);
                entry = self.ask(world, attempt)?;
                stay(attempt);
            }
            match entry {
                Entry::Write(number) => {
                    self.number = Some(number);
                    return Ok(true);
                }
                Entry::WriteUnlocked => return Ok(true),
                Entry::LetGo => self.lock.let_go(self.now),
                Entry::Wait(wait) => {
                    if self.report.waited.is_none() {
                        world.counters().lock_waits.count();
                    }
                    let wait = spread(wait, world.random());
                    stay(wait.saturating_add(attempt));
                    world.pause(wait).await.map_err(while_waiting)?;
                    self.report.waited = Some(world.now().saturating_sub(started));
                    if !stay(attempt) {
                        return Ok(false);
                    }
                }
                Entry::Ask => {}
            }
        }
    }

    fn ask<W: World>(&mut self, world: &W, attempt: Duration) -> Result<Entry, Error> {
        let WriteLock { lock, hold, .. } = self.lock;
        let lease = hold.saturating_add(attempt).saturating_add(MARGIN);
        self.is_asking = true;
        let answer = lock.try_acquire(lease);
        self.is_asking = false;
        // The lease began before the answer came.
        let (entry, news) = self.lock.holding().answered(&answer, lease, self.now);
        self.report.news = news.or(self.report.news);
        match answer {
            TryLock::Failed(reason) => Err(lock.failed(&reason)),
            TryLock::Acquired => {
                world.counters().lock_grants.count();
                self.report.is_granted = true;
                Ok(entry)
            }
            TryLock::NotYet { .. } | TryLock::Without => Ok(entry),
        }
    }

    /// Whether the call waited for the lock.
    pub(crate) fn has_waited(&self) -> bool {
        self.report.waited.is_some()
    }

    /// Whether the call writes with the lock held.
    pub(crate) fn is_locked(&self) -> bool {
        self.number.is_some()
    }

    /// Lets `keep` keep the lock for later calls.
    pub(crate) fn keep_with(&self, keep: &Keep) {
        let may_keep = |number: &u64| self.lock.lock.has_lease() && self.lock.holding().keep(*number);
        if let Some(number) = self.number.filter(may_keep) {
            keep.0.store(number, Ordering::Relaxed);
        }
    }

    /// Unregisters the call, which no longer writes.
    pub(crate) fn release(mut self, now: Duration) -> LockReport {
        self.now = now;
        self.report
    }
}

impl Drop for LockPermit<'_> {
    fn drop(&mut self) {
        let lock = self.lock;
        if lock.generation != generation() {
            return;
        }
        if self.is_asking {
            // The lock's function has panicked.
            lock.holding().answered(&TryLock::Failed(String::new()), Duration::ZERO, self.now);
        }
        let lets_go = lock.holding().release(self.number, self.now);
        if lets_go {
            lock.let_go(self.now);
        }
    }
}

impl LockReport {
    /// Writes the lines to the log.
    pub(crate) fn write(self, log: &Scope<'_>) {
        if let Some(waited) = self.waited {
            let waited = waited.as_millis();
            log.write(Level::Info, || format!("waited {waited} ms for the write lock"));
        }
        match self.news {
            Some(News::Out) => log.write(
                Level::Warn,
                || "the write lock is unavailable: writes go on without it and may be refused as busy",
            ),
            Some(News::Back) => log.write(Level::Info, || "the write lock is available again"),
            None => {}
        }
        if self.is_granted {
            log.write(Level::Debug, || "acquired the write lock");
        }
    }
}

/// Keeps the lock for a bulk's next record.
#[derive(Debug, Default)]
pub(crate) struct Keep(AtomicU64);

impl Keep {
    /// Stops keeping it, at the time `now`.
    pub(crate) fn end(&self, lock: Option<&WriteLock>, now: Duration) {
        let number = self.0.swap(0, Ordering::Relaxed);
        let Some(lock) = lock.filter(|_| number != 0) else { return };
        let lets_go = lock.holding().keep_no_longer(number, now);
        if lets_go {
            lock.let_go(now);
        }
    }

    /// The same, if the client has held the lock as long as it may.
    pub(crate) fn end_if_over(&self, lock: Option<&WriteLock>, now: Duration) {
        if self.0.load(Ordering::Relaxed) != 0 && lock.is_some_and(|lock| lock.holding().is_over(now)) {
            self.end(lock, now);
        }
    }
}

/// Returns the error of a call whose lock can't be used.
pub(super) fn unusable(reason: &str) -> Error {
    Error::new(ErrorKind::Lock, format!("the write lock can't be used: {reason}"))
}

fn while_waiting(stop: WaitError) -> Error {
    stop.while_doing("waiting for the write lock", ErrorKind::Io, Outcome::NotSent)
}
