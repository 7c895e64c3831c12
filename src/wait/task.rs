//! A call as its driver sees it: what it waits for, and what ends it early.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Weak};
use std::task::Waker;

use super::wake::Wake;
use super::{Cancel, Deadline, Host, Interrupt};

/// What a call and its driver share. The call is a future: it leaves here what it waits for; the driver polls it again when
/// that has happened, or something ends it.
#[derive(Debug, Default)]
pub(crate) struct Task {
    pub(super) interest: Cell<Interest>,
    pub(super) cancel: Option<Cancel>,
    pub(super) interrupt: Option<Interrupt>,
    pub(super) is_cancelled: Cell<bool>,
    /// Why it can't wait.
    pub(super) failure: RefCell<Option<io::Error>>,
    /// What wakes its thread, where it waits for something other than a descriptor.
    pub(super) wake: RefCell<Option<Arc<Wake>>>,
    /// What drives it together with others, and what tells that to poll it again.
    pub(super) host: Option<(Weak<dyn Host>, Waker)>,
}

/// Which way a descriptor has to be ready.
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
    /// More descriptors than that are not waited for at once.
    pub(crate) const MOST: usize = 6;

    pub(crate) fn until(until: Deadline) -> Interest {
        Interest { until, ..Interest::default() }
    }

    /// This, and `descriptor` as well.
    pub(crate) fn or(mut self, descriptor: &impl AsRawFd, ready: Ready) -> Interest {
        self.add(descriptor.as_raw_fd(), ready);
        self
    }

    /// This, or what `other` waits for.
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
    /// A call on a thread of its own.
    pub(crate) fn new(cancel: Option<Cancel>, interrupt: Option<Interrupt>) -> Task {
        Task { cancel, interrupt, ..Task::default() }
    }

    /// What the call waits for, since it was polled last.
    pub(crate) fn interest(&self) -> Interest {
        self.interest.take()
    }

    pub(crate) fn set_interest(&self, interest: Interest) {
        self.interest.set(interest);
    }

    pub(super) fn host(&self) -> Option<&Weak<dyn Host>> {
        self.host.as_ref().map(|(host, _)| host)
    }

    /// What polls the call again when it is woken, by any thread.
    pub(super) fn waker(&self) -> io::Result<Waker> {
        if let Some((_, waker)) = &self.host {
            return Ok(waker.clone());
        }
        let wake = Arc::new(Wake::new()?);
        *self.wake.borrow_mut() = Some(Arc::clone(&wake));
        Ok(wake.into())
    }
}
