//! Wakes a thread that waits in `poll`.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use crate::system::Event;

/// An event that a waker triggers.
#[derive(Debug)]
pub(crate) struct Wake(Event);

impl Wake {
    /// Creates an event that hasn't happened. Fails if the process has no file descriptors left.
    pub(crate) fn new() -> io::Result<Wake> {
        Event::new().map(Wake)
    }

    /// Triggers the event. A signal handler may call it: it takes no lock and allocates nothing.
    pub(crate) fn happen(&self) {
        self.0.happen();
    }

    /// Resets the event.
    pub(crate) fn reset(&self) {
        self.0.reset();
    }
}

impl std::task::Wake for Wake {
    fn wake(self: Arc<Self>) {
        self.happen();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.happen();
    }
}

impl AsRawFd for Wake {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
