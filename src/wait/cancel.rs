//! Cancels calls from another thread or a signal handler.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::wake::Wake;

/// Cancels the calls that use it, permanently. A clone is the same object.
///
/// It holds a file descriptor. A call waits for its socket and for this descriptor at the same time. So cancelling
/// needs no polling, and ends every kind of wait. After a fork, parent and child share it: if one triggers it, the
/// calls of both end.
///
/// ```
/// use esa::{CallOptions, Cancel, Client, Config, Credentials, ErrorKind, GetMatchSiteRequest};
///
/// let mut config = Config::new();
/// config.endpoint("http://127.0.0.1:1").credentials(Credentials::new("id", "secret")?);
/// let client = Client::new(&config)?;
/// let cancel = Cancel::new()?;
/// let mut options = CallOptions::new();
/// options.cancel(&cancel);
///
/// cancel.trigger(); // from any thread, or from a signal handler
/// let error = client.get_match_site(&GetMatchSiteRequest::new("app.example.com"), &options).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Cancelled);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Cancel(Arc<Inner>);

struct Inner {
    triggered: AtomicBool,
    wake: Wake,
}

impl Cancel {
    /// Creates an object that can cancel calls. Fails if the process has no file descriptors left.
    pub fn new() -> io::Result<Cancel> {
        Ok(Cancel(Arc::new(Inner { triggered: AtomicBool::new(false), wake: Wake::new()? })))
    }

    /// Cancels every call that uses this, those that run and later ones.
    ///
    /// A signal handler may call it. It takes no lock and allocates nothing.
    pub fn trigger(&self) {
        if !self.0.triggered.swap(true, Ordering::SeqCst) {
            self.0.wake.happen();
        }
    }

    pub(crate) fn is_triggered(&self) -> bool {
        self.0.triggered.load(Ordering::SeqCst)
    }

    /// Returns a descriptor that becomes readable when this is triggered, and stays readable.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.0.wake.as_raw_fd()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("triggered", &self.is_triggered()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wait::{Deadline, Task, WaitError, drive};

    #[test]
    fn a_call_that_waits_is_cancelled_by_the_other_process_of_a_fork() {
        let cancel = Cancel::new().unwrap();
        // What this process sees of it.
        cancel.0.wake.happen();
        let task = Task::new(Some(cancel), None);
        let limits = task.limits(Deadline::after(Duration::from_secs(60)));

        assert!(matches!(drive(&task, limits.pause(Duration::from_secs(60))), Err(WaitError::Cancelled)));
    }

    #[test]
    fn a_trigger_is_seen_by_all_clones_and_in_the_debug_text() {
        let cancel = Cancel::new().unwrap();
        let clone = cancel.clone();
        assert!(!clone.is_triggered());

        cancel.trigger();

        assert!(clone.is_triggered());
        assert_eq!(format!("{clone:?}"), "Cancel { triggered: true, .. }");
    }
}
