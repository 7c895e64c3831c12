//! The lock that clients share which don't know of each other: programs and machines that write to one account.
//!
//! The service refuses a routine call of an account while another one runs. With a lock they wait for each other instead,
//! without requests. It is for order alone: one that is lost costs a refusal, and never a wrong result.

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

/// What became of asking for a lock that is shared with others.
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
    /// It is the client's, until it lets it go or the lease ends.
    Acquired,
    /// Another one has it. The call asks again after half of this time to all of it.
    NotYet {
        /// How soon it makes sense to ask again.
        retry_after: Duration,
    },
    /// There is none to be had, and the call is to go on without: whatever gives it is down.
    Without,
    /// It can't be asked for. The call fails with this reason, which must hold no secret.
    Failed(String),
}

/// A lock that is shared with others.
pub(crate) trait Lock: Send + Sync {
    /// Asks for it, to hold it no longer than `lease`. Doesn't wait for whoever has it.
    fn try_acquire(&self, lease: Duration) -> TryLock;

    /// Why a call fails that couldn't ask for it, for this reason.
    fn failed(&self, reason: &str) -> Error {
        unusable(reason)
    }

    /// Lets it go. The lease may be over.
    fn release(&self);

    /// Whether it may end by itself, so that it can be kept while the program does something else.
    fn has_lease(&self) -> bool {
        true
    }

    /// How long a client that may hold it for `hold` does so while others want it: long beside what it takes to hand it on.
    fn shared_hold(&self, hold: Duration) -> Duration {
        hold
    }
}

/// One that is made of two functions.
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

/// The lock that a configuration says.
#[derive(Clone)]
pub(crate) enum LockKind {
    /// One for all who use it.
    Shared(Arc<dyn Lock>),
    /// The file of this name, for each client in each process one.
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

/// What a client has of the lock in this process.
pub(crate) struct WriteLock {
    lock: Arc<dyn Lock>,
    hold: Duration,
    holding: Mutex<Holding>,
    /// Of the process that it belongs to. A child doesn't hold what its parent does.
    generation: u64,
}

impl fmt::Debug for WriteLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteLock").field("holding", &self.holding).finish_non_exhaustive()
    }
}

impl WriteLock {
    /// The lock, which the client holds for further writes no longer than `hold`.
    pub(crate) fn new(kind: &LockKind, hold: Duration) -> WriteLock {
        let lock = match kind {
            LockKind::Shared(lock) => Arc::clone(lock),
            LockKind::File(path) => Arc::new(FileLock::new(path.clone())),
        };
        let generation = generation();
        // So that a bulk of the parent's doesn't take a holding of its child's for its own.
        let holding = Mutex::new(Holding::new(hold, lock.shared_hold(hold), generation << 32));
        WriteLock { lock, hold, holding, generation }
    }

    /// What a call that wants to write asks for the lock with.
    pub(crate) fn want(&self) -> LockPermit<'_> {
        self.holding().want();
        LockPermit { lock: self, is_asking: false, number: None, told: Told::default(), now: Duration::ZERO }
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
        // Even where the function panics.
        let _released = Released(self, now);
        self.lock.release();
    }
}

/// The share that a call which wants to write has in the lock. When it is dropped, the call writes no more.
pub(crate) struct LockPermit<'a> {
    lock: &'a WriteLock,
    is_asking: bool,
    /// Of the holding that it writes in; `None`: it doesn't write, or without a lock.
    number: Option<u64>,
    told: Told,
    /// When something happened last.
    now: Duration,
}

/// What is worth a line in the log, once the call has released the lock: the log is the caller's, who may make another call in
/// it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told {
    is_granted: bool,
    /// How long the call waited for the lock; `None`: no time.
    waited: Option<Duration>,
    news: Option<News>,
}

/// What a wait for the lock is at least.
const SHORTEST: Duration = Duration::from_millis(1);

/// How much longer a lease is than what is done in it.
const MARGIN: Duration = Duration::from_secs(1);

/// How long to wait, of this time: half of it to all of it, so that those who are told the same don't come together.
pub(super) fn spread(wait: Duration, random: u64) -> Duration {
    let wait = wait.max(SHORTEST);
    wait / 2 + jitter(wait / 2, random)
}

impl LockPermit<'_> {
    /// Waits until the call may write, within its limits; an attempt of it takes as long as `attempt`.
    ///
    /// While it waits, it keeps its permit among the writes of its client with `stay`, for so long each time. Where that has
    /// gone to another one, `Ok` is false.
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
                // For as long as the function takes.
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
                    if self.told.waited.is_none() {
                        world.counters().lock_waits.count();
                    }
                    let wait = spread(wait, world.random());
                    stay(wait.saturating_add(attempt));
                    world.pause(wait).await.map_err(while_waiting)?;
                    self.told.waited = Some(world.now().saturating_sub(started));
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
        self.told.news = news.or(self.told.news);
        match answer {
            TryLock::Failed(reason) => Err(lock.failed(&reason)),
            TryLock::Acquired => {
                world.counters().lock_grants.count();
                self.told.is_granted = true;
                Ok(entry)
            }
            TryLock::NotYet { .. } | TryLock::Without => Ok(entry),
        }
    }

    /// Whether it took the call time to enter.
    pub(crate) fn has_waited(&self) -> bool {
        self.told.waited.is_some()
    }

    /// Whether the call writes while it holds the lock.
    pub(crate) fn is_locked(&self) -> bool {
        self.number.is_some()
    }

    /// Has `keep` keep what the call holds, for what follows it.
    pub(crate) fn keep_with(&self, keep: &Keep) {
        let may_keep = |number: &u64| self.lock.lock.has_lease() && self.lock.holding().keep(*number);
        if let Some(number) = self.number.filter(may_keep) {
            keep.0.store(number, Ordering::Relaxed);
        }
    }

    /// The call writes no more, at the time `now`.
    pub(crate) fn release(mut self, now: Duration) -> Told {
        self.now = now;
        self.told
    }
}

impl Drop for LockPermit<'_> {
    fn drop(&mut self) {
        let lock = self.lock;
        if lock.generation != generation() {
            return;
        }
        if self.is_asking {
            // Its function has panicked.
            lock.holding().answered(&TryLock::Failed(String::new()), Duration::ZERO, self.now);
        }
        let lets_go = lock.holding().release(self.number, self.now);
        if lets_go {
            lock.let_go(self.now);
        }
    }
}

impl Told {
    /// The lines for the log, where there are some.
    pub(crate) fn write(self, log: &Scope<'_>) {
        if let Some(waited) = self.waited {
            let waited = waited.as_millis();
            log.write(Level::Info, || format!("waited {waited} ms for the write lock"));
        }
        match self.news {
            Some(News::Out) => log.write(
                Level::Warn,
                || "there is no write lock to be had, so writes go on without, and may be refused as busy",
            ),
            Some(News::Back) => log.write(Level::Info, || "there is a write lock again"),
            None => {}
        }
        if self.is_granted {
            log.write(Level::Debug, || "got the write lock");
        }
    }
}

/// That a bulk keeps the lock for its next record.
#[derive(Debug, Default)]
pub(crate) struct Keep(AtomicU64);

impl Keep {
    /// Keeps it no longer, at the time `now`.
    pub(crate) fn end(&self, lock: Option<&WriteLock>, now: Duration) {
        let number = self.0.swap(0, Ordering::Relaxed);
        let Some(lock) = lock.filter(|_| number != 0) else { return };
        let lets_go = lock.holding().keep_no_longer(number, now);
        if lets_go {
            lock.let_go(now);
        }
    }

    /// The same, where the client has had the lock as long as it may.
    pub(crate) fn end_if_over(&self, lock: Option<&WriteLock>, now: Duration) {
        if self.0.load(Ordering::Relaxed) != 0 && lock.is_some_and(|lock| lock.holding().is_over(now)) {
            self.end(lock, now);
        }
    }
}

/// Why a call fails whose lock can't be asked for.
pub(super) fn unusable(reason: &str) -> Error {
    Error::new(ErrorKind::Lock, format!("the write lock can't be used: {reason}"))
}

fn while_waiting(stop: WaitError) -> Error {
    stop.while_doing("waiting for the write lock", ErrorKind::Io, Outcome::NotSent)
}
