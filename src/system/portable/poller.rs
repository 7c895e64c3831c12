//! A poller of many descriptors and a timer. Only Linux has one so far, so no poller is ever created here.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Instant;

/// Readiness to read, as bits of events.
pub(crate) const READ: u32 = 1;
/// Readiness to write.
pub(crate) const WRITE: u32 = 2;
/// A broken connection, for both directions.
pub(crate) const BROKEN: u32 = 4;

/// A poller. No value of it exists.
#[derive(Debug)]
pub(crate) struct Poller(Infallible);

/// What has become ready. Nobody receives it.
#[allow(dead_code)]
pub(crate) enum Readied {
    Timer,
    Descriptor(RawFd, u32),
}

impl Poller {
    /// Fails: there is no poller here.
    pub(crate) fn new() -> io::Result<Poller> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn add_edges(&self, _: RawFd, _: u32) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn add_level(&self, _: RawFd, _: u32) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn remove(&self, _: RawFd) {
        match self.0 {}
    }

    pub(crate) fn set_timer(&self, _: Instant) {
        match self.0 {}
    }

    pub(crate) fn poll(&self, _: impl FnMut(Readied)) -> io::Result<()> {
        match self.0 {}
    }
}

impl AsRawFd for Poller {
    fn as_raw_fd(&self) -> RawFd {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_poller_can_be_created() {
        assert_eq!(Poller::new().unwrap_err().kind(), io::ErrorKind::Unsupported);
    }
}
