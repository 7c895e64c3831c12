//! Drivers that run many calls at once.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Weak;

/// A driver of many calls on one thread. It registers a descriptor when that is created, until it is closed. So a wait
/// costs no system call.
pub(crate) trait Host: Send + Sync {
    fn watch(&self, descriptor: RawFd) -> io::Result<()>;

    fn forget(&self, descriptor: RawFd);
}

/// A source of events, and whose calls wait for it: those of a host, or (`None`) each on its own thread.
#[derive(Debug)]
pub(crate) struct Watched<T: AsRawFd> {
    source: T,
    /// The host. If it is gone, it no longer knows the source.
    host: Option<Weak<dyn Host>>,
}

impl<T: AsRawFd> Watched<T> {
    pub(super) fn new(source: T, host: Option<&Weak<dyn Host>>) -> io::Result<Watched<T>> {
        if let Some(host) = host {
            host.upgrade().ok_or(io::ErrorKind::NotConnected)?.watch(source.as_raw_fd())?;
        }
        Ok(Watched { source, host: host.cloned() })
    }

    pub(crate) fn source_mut(&mut self) -> &mut T {
        &mut self.source
    }

    /// Whether the source belongs to this host.
    pub(crate) fn is_of(&self, host: Option<&Weak<dyn Host>>) -> bool {
        match (&self.host, host) {
            (Some(own), Some(other)) => Weak::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        }
    }
}

impl<T: AsRawFd> Deref for Watched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.source
    }
}

impl<T: AsRawFd> AsRawFd for Watched<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.source.as_raw_fd()
    }
}

impl<T: AsRawFd> Drop for Watched<T> {
    fn drop(&mut self) {
        if let Some(host) = self.host.as_ref().and_then(Weak::upgrade) {
            host.forget(self.source.as_raw_fd());
        }
    }
}
