//! A call, as its driver sees it: what it waits for, and what ends it early.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Weak};
use std::task::Waker;

use super::wake::Wake;
use super::{Cancel, Deadline, Host, Interrupt};

/// State that a call and its driver share. The call is a future that stores here what it waits for. The driver polls it
/// again when that has happened, or when something ends it.
#[derive(Debug, Default)]
pub(crate) struct Task {
    pub(super) interest: Cell<Interest>,
    pub(super) cancel: Option<Cancel>,
    pub(super) interrupt: Option<Interrupt>,
    pub(super) is_cancelled: Cell<bool>,
    /// Why the call can't wait.
    pub(super) failure: RefCell<Option<io::Error>>,
    /// Wakes the call's thread, if the call waits for something other than a descriptor.
    pub(super) wake: RefCell<Option<Arc<Wake>>>,
    /// The driver of many calls, if there is one, and a waker that makes it poll the call again.
    pub(super) host: Option<(Weak<dyn Host>, Waker)>,
}

/// The direction in which a descriptor has to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    Read,
    Write,
}

/// What a call waits for: any of these descriptors, or a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interest {
    watched: [Option<(RawFd, Ready)>; Interest::MOST],
    pub(super) until: Deadline,
}

impl Interest {
    /// The limit of descriptors to wait for at once.
    pub(crate) const MOST: usize = 6;

    pub(crate) fn until(until: Deadline) -> Interest {
        Interest { until, ..Interest::default() }
    }

    /// Adds `descriptor`.
    pub(crate) fn or(mut self, descriptor: &impl AsRawFd, ready: Ready) -> Interest {
        self.add(descriptor.as_raw_fd(), ready);
        self
    }

    /// Adds what `other` waits for.
    pub(crate) fn or_other(mut self, other: Interest) -> Interest {
        other.watched().for_each(|(descriptor, ready)| self.add(descriptor, ready));
        Interest { until: self.until.earlier(other.until), ..self }
    }

    pub(super) fn watched(&self) -> impl Iterator<Item = (RawFd, Ready)> {
        self.watched.into_iter().map_while(|watched| watched)
    }

    fn add(&mut self, descriptor: RawFd, ready: Ready) {
        if let Some(free) = self.watched.iter_mut().find(|watched| watched.is_none()) {
            *free = Some((descriptor, ready));
        }
    }
}

impl Task {
    /// Returns the task of a call that has its own thread.
    pub(crate) fn new(cancel: Option<Cancel>, interrupt: Option<Interrupt>) -> Task {
        Task { cancel, interrupt, ..Task::default() }
    }

    /// Returns what the call waits for since the last poll.
    pub(crate) fn interest(&self) -> Interest {
        self.interest.take()
    }

    pub(crate) fn set_interest(&self, interest: Interest) {
        self.interest.set(interest);
    }

    pub(super) fn host(&self) -> Option<&Weak<dyn Host>> {
        self.host.as_ref().map(|(host, _)| host)
    }

    /// Returns a waker. Any thread may use it to have the call polled again.
    pub(super) fn waker(&self) -> io::Result<Waker> {
        if let Some((_, waker)) = &self.host {
            return Ok(waker.clone());
        }
        let wake = Arc::new(Wake::new()?);
        *self.wake.borrow_mut() = Some(Arc::clone(&wake));
        Ok(wake.into())
    }
}
