//! Ensures many records, one each time that the next one is asked for.

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

/// Ensures records one after the other, in their order, one each time the iterator is advanced.
///
/// If one record fails, the others are still tried, unless the failure concerns all of them (the credentials, the
/// account). Then the rest fail with the same error, without being sent. A second run with the same records does only
/// what is left to do.
pub struct Bulk {
    core: Arc<Core>,
    /// The number of the whole bulk's call.
    number: u64,
    options: CallOptions,
    deadline: Deadline,
    work: Work,
    keep: Keep,
    /// When the last result was returned.
    handed_out: Option<Instant>,
}

/// If the program asks for the next record within this time, the client holds the shared lock for it.
const SOON: Duration = Duration::from_millis(5);

/// What becomes of the next record. It is a function of its own because both drivers use it.
type Next<'a> = Pin<Box<dyn Future<Output = Option<Result<Record, Error>>> + 'a>>;

impl Bulk {
    /// Returns a bulk for the records of `requests`, each within `options`.
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

    /// Limits the time of the whole bulk, counted from now. Records that are left over then fail with
    /// [`ErrorKind::Timeout`](crate::ErrorKind::Timeout).
    pub fn with_timeout(mut self, timeout: Duration) -> Bulk {
        self.deadline = Deadline::after(timeout);
        self
    }

    /// Ensures the next record as part of this task. `None` after the last one.
    pub(crate) fn next_of<'a>(&'a mut self, task: &'a Task) -> Next<'a> {
        Box::pin(async move {
            let is_soon = self.handed_out.is_some_and(|at| at.elapsed() <= SOON);
            let Bulk { core, number, options, deadline, work, keep, .. } = self;
            let ensured = work.next(&|| Call::begin(core, *number, options, task, *deadline).keeping(keep)).await;
            // While the program does something else, nobody could release the lock.
            if !is_soon || !work.has_untried() {
                self.let_go();
            }
            self.handed_out = Some(Instant::now());
            let core = &self.core;
            Some(ensured?.map_err(|error| core.log.redacted(error)))
        })
    }

    /// Cancels the bulk. The rest of the records fail as cancelled, without being sent.
    pub fn cancel(&mut self) {
        self.let_go();
        self.work.cancel();
    }

    /// Releases the lock that the client shares with others.
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

    /// Ensures the next record. `None` after the last one.
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
