//! Ensuring many records, whenever the next one is asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Record;
use super::work::Work;
use crate::call::{Call, CallOptions, Core, Keep, next_number};
use crate::error::Error;
use crate::operation::CreateRoutineRelatedRecordRequest;
use crate::wait::{Deadline, Task};

/// Records that are ensured one after the other, in their order, whenever the next one is asked for.
///
/// One that fails doesn't keep the others from being tried, unless it fails for a reason that all of them share (the
/// credentials, the account): then the rest fail with it, without being sent. Run again with the same records, it does
/// what is left to do.
pub struct Bulk {
    core: Arc<Core>,
    /// Of the call that all of it is.
    number: u64,
    options: CallOptions,
    deadline: Deadline,
    work: Work,
    keep: Keep,
    /// When the last result was handed out.
    handed_out: Option<Instant>,
}

/// How soon a program comes for the next record that does little else: the client keeps the lock for it that it shares with
/// others.
const SOON: Duration = Duration::from_millis(5);

/// What comes of the next record. On its own, since both drivers make it.
type Next<'a> = Pin<Box<dyn Future<Output = Option<Result<Record, Error>>> + 'a>>;

impl Bulk {
    /// The records of `requests`, each within `options`.
    pub(crate) fn new<'a>(
        core: &Arc<Core>,
        requests: impl IntoIterator<Item = CreateRoutineRelatedRecordRequest<'a>>,
        options: &CallOptions,
    ) -> Bulk {
        Bulk {
            core: Arc::clone(core),
            number: next_number(),
            options: options.clone(),
            deadline: Deadline::NEVER,
            work: Work::new(requests),
            keep: Keep::default(),
            handed_out: None,
        }
    }

    /// Ends by this time, from now on, whatever is left: further records fail with
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout).
    pub fn with_timeout(mut self, timeout: Duration) -> Bulk {
        self.deadline = Deadline::after(timeout);
        self
    }

    /// Ensures the next record as part of this task; `None` after the last one.
    pub(crate) fn next_of<'a>(&'a mut self, task: &'a Task) -> Next<'a> {
        Box::pin(async move {
            let is_soon = self.handed_out.is_some_and(|at| at.elapsed() <= SOON);
            let Bulk { core, number, options, deadline, work, keep, .. } = self;
            let ensured = work.next(&|| Call::begin(core, *number, options, task, *deadline).keeping(keep)).await;
            // Nobody could let it go while the program does something else.
            if !is_soon || !work.has_untried() {
                self.let_go();
            }
            self.handed_out = Some(Instant::now());
            let core = &self.core;
            Some(ensured?.map_err(|error| core.log.redacted(error)))
        })
    }

    /// Makes the rest fail as cancelled, without being sent.
    pub fn cancel(&mut self) {
        self.let_go();
        self.work.cancel();
    }

    /// Lets others have the lock that the client shares with them.
    fn let_go(&self) {
        self.keep.end(self.core.live().write_lock.as_ref(), self.core.started.elapsed());
    }
}

impl Drop for Bulk {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Iterator for Bulk {
    type Item = Result<Record, Error>;

    /// Ensures the next record; `None` after the last one.
    fn next(&mut self) -> Option<Result<Record, Error>> {
        let options = self.options.clone();
        options.run(async |task| self.next_of(task).await)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.work.left(), Some(self.work.left()))
    }
}

impl ExactSizeIterator for Bulk {}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulk").field("left", &self.work.left()).finish_non_exhaustive()
    }
}
