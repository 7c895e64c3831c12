//! Ensuring many records, whenever the next one is asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::Record;
use super::work::Work;
use crate::call::{Call, CallOptions, Core};
use crate::error::Error;
use crate::operation::CreateRoutineRelatedRecord;
use crate::wait::{Deadline, Task};

/// Records that are ensured one after the other, in their order, whenever the next one is asked for.
///
/// One that fails doesn't keep the others from being tried, unless it fails for a reason that all of them share (the
/// credentials, the account): then the rest fail with it, without being sent. Run again with the same records, it does
/// what is left to do.
pub struct Bulk {
    core: Arc<Core>,
    options: CallOptions,
    deadline: Deadline,
    work: Work,
}

/// What comes of the next record. On its own, since both drivers make it.
type Next<'a> = Pin<Box<dyn Future<Output = Option<Result<Record, Error>>> + 'a>>;

impl Bulk {
    /// The records of `requests`, each within `options`, all within `timeout`; `None`: as long as it takes.
    pub(crate) fn new<'a>(
        core: &Arc<Core>,
        requests: impl IntoIterator<Item = CreateRoutineRelatedRecord<'a>>,
        options: &CallOptions,
        timeout: Option<Duration>,
    ) -> Bulk {
        Bulk {
            core: Arc::clone(core),
            options: options.clone(),
            deadline: timeout.map_or(Deadline::NEVER, Deadline::after),
            work: Work::new(requests),
        }
    }

    /// Ensures the next record as part of this task; `None` after the last one.
    pub(crate) fn next_of<'a>(&'a mut self, task: &'a Task) -> Next<'a> {
        let Bulk { core, options, deadline, work } = self;
        Box::pin(async move {
            let ensured = work.next(&|| Call::begin(core, options, task, *deadline)).await?;
            Some(ensured.map_err(|error| core.log.redacted(error)))
        })
    }

    /// Makes the rest fail as cancelled, without being sent.
    pub fn cancel(&mut self) {
        self.work.cancel();
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
