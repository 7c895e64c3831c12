//! Carries out operations within a deadline. Calls can be cancelled, and each error says what the call did.
//!
//! Data goes one way: arguments → request → signed request → reply → outcome → result.

mod attempt;
mod backoff;
mod budget;
mod carry_out;
mod core;
mod deleted;
mod engine;
mod file_lock;
mod holding;
#[cfg(test)]
mod properties;
mod reconcile;
#[cfg(test)]
mod simulation;
mod wire;
mod world;
mod write_lock;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use self::attempt::Attempts;
pub(crate) use self::budget::Budget;
use self::carry_out::{Carrying, Step};
pub(crate) use self::core::{Core, Live, Timeouts, Writes};
pub(crate) use self::deleted::Deleted;
pub(crate) use self::engine::Done;
use self::engine::Progress;
pub(crate) use self::reconcile::{ReadBacks, Reconcile, UNLISTED};
pub(crate) use self::wire::Wire;
pub(crate) use self::world::World;
#[cfg(test)]
pub(crate) use self::world::{Failure, Outgoing, Recovery};
#[cfg(test)]
pub(crate) use self::write_lock::Lock;
pub use self::write_lock::TryLock;
pub(crate) use self::write_lock::{Functions, Keep, LockKind, WriteLock};
use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::Operation;
use crate::wait::{Cancel, Deadline, Interrupt, Task, drive};

/// The options of one call. They override its client's defaults.
///
/// ```
/// use std::time::Duration;
///
/// use esa::{CallOptions, Cancel};
///
/// let cancel = Cancel::new()?;
/// let mut options = CallOptions::new();
/// options.timeout(Duration::from_secs(5)).cancel(&cancel);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    cancel: Option<Cancel>,
    interrupt: Option<Interrupt>,
    timeout: Option<Duration>,
    max_attempts: Option<u32>,
}

impl CallOptions {
    /// Returns the client's defaults.
    pub fn new() -> CallOptions {
        CallOptions::default()
    }

    /// Cancels the call when `cancel` is triggered.
    pub fn cancel(&mut self, cancel: &Cancel) -> &mut CallOptions {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Sets a function that is called every 50 ms, on the calling thread, while the call waits or reads. If it returns
    /// true, the call is cancelled.
    pub fn interrupt(&mut self, interrupt: impl Fn() -> bool + Send + Sync + 'static) -> &mut CallOptions {
        self.interrupt = Some(Interrupt::new(interrupt));
        self
    }

    /// Returns what cancels the call.
    #[cfg(feature = "capi")]
    pub(crate) fn cancelled_by(&self) -> Option<Cancel> {
        self.cancel.clone()
    }

    #[cfg(feature = "capi")]
    pub(crate) fn asks(&self) -> bool {
        self.interrupt.is_some()
    }

    /// Runs the call that `make` returns on this thread.
    pub(crate) fn run<T>(&self, make: impl AsyncFnOnce(&Task) -> T) -> T {
        // Tests run it with the other driver.
        #[cfg(feature = "_multi-driver")]
        if self.interrupt.is_none() {
            let cancel = self.cancel.clone();
            return crate::wait::multi::drive(cancel, |task| Box::pin(async move { make(&task).await }));
        }
        let task = Task::new(self.cancel.clone(), self.interrupt.clone());
        drive(&task, make(&task))
    }

    /// Sets how long the whole call may take.
    pub fn timeout(&mut self, timeout: Duration) -> &mut CallOptions {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how many attempts may fail in a row. See [`Config::max_attempts`](crate::Config::max_attempts).
    pub fn max_attempts(&mut self, max_attempts: u32) -> &mut CallOptions {
        self.max_attempts = Some(max_attempts.max(1));
        self
    }
}

/// A call of the program: a client that acts in a world, within the call's limits.
pub(crate) struct Call<'a, W = Wire<'a>> {
    pub(crate) world: W,
    pub(crate) rules: Rules<'a>,
}

/// How a call handles failures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) max_attempts: u32,
    /// How long to read back. See [`Config::reconcile_horizon`](crate::Config::reconcile_horizon).
    pub(crate) horizon: Duration,
    pub(crate) budget: &'a Budget,
}

impl<'a> Call<'a> {
    /// Begins a call now. It ends by `deadline`, or earlier by its own time limit.
    pub(crate) fn begin(
        core: &'a Core,
        number: u64,
        options: &CallOptions,
        task: &'a Task,
        deadline: Deadline,
    ) -> Call<'a> {
        let own = Deadline::after(options.timeout.unwrap_or(core.timeouts.total));
        let limits = task.limits(own.earlier(deadline));
        let max_attempts = options.max_attempts.unwrap_or(core.max_attempts);
        Call {
            world: Wire { core, live: core.live(), number, limits, keep: None },
            rules: Rules { max_attempts, horizon: core.reconcile_horizon, budget: &core.budget },
        }
    }

    /// Lets the call keep the shared lock for later calls.
    pub(crate) fn keeping(mut self, keep: &'a Keep) -> Call<'a> {
        self.world.keep = Some(keep);
        self
    }
}

impl<W: World> Call<'_, W> {
    /// Carries out an operation without read-backs. It changes nothing, or the library doesn't know what shows that it
    /// was carried out.
    pub(crate) async fn perform<O: Operation>(&self, operation: &O) -> Result<O::Output, Error> {
        operation.check()?;
        let mut attempts = Attempts::of(operation);
        let reconcile = if operation.action().writes { Reconcile::Unknown } else { Reconcile::Idempotent };
        self.carrying(reconcile).go_on(&self.world, &mut attempts).await?;
        attempts.output.ok_or_else(without_result)
    }

    /// Carries out an operation so that its outcome is known.
    ///
    /// `read_back` finds out, after a number of attempts, whether one of them was carried out. The output is missing
    /// only if there was nothing left to do ([`Done::Gone`]).
    pub(crate) async fn carry_out<O: Operation>(
        &self,
        operation: &O,
        reconcile: Reconcile,
        mut read_back: impl AsyncFnMut(u32) -> Result<Option<O::Output>, Error>,
    ) -> Result<(Done, Option<O::Output>), Error> {
        operation.check()?;
        let mut attempts = Attempts::of(operation);
        let mut carrying = self.carrying(reconcile);
        loop {
            match carrying.go_on(&self.world, &mut attempts).await? {
                Step::Done(done) => return Ok((done, attempts.output)),
                Step::ReadBack(made) => {
                    // Boxed, so that calls without it need less memory.
                    let found = Box::pin(read_back(made)).await.map(|output| {
                        attempts.output = output;
                        attempts.output.is_some()
                    });
                    carrying.was_read_back(&self.world, &operation.action(), found);
                }
            }
        }
    }
}

impl<W> Call<'_, W> {
    fn carrying(&self, reconcile: Reconcile) -> Carrying<'_> {
        let Rules { max_attempts, horizon, budget } = self.rules;
        Carrying::new(Progress::new(reconcile, max_attempts, horizon), budget)
    }
}

/// Returns the number of the process's next call, for the log.
pub(crate) fn next_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Returns the error of a bug in the library.
pub(crate) fn without_result() -> Error {
    Error::new(ErrorKind::Internal, "a call without a result").with_outcome(Outcome::Unknown)
}
