//! What wakes a thread that waits in `poll`.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use crate::system::Event;

/// An event that a waker makes happen.
#[derive(Debug)]
pub(crate) struct Wake(Event);

impl Wake {
    /// One that hasn't happened; an error where the process has no file descriptors left.
    pub(crate) fn new() -> io::Result<Wake> {
        Event::new().map(Wake)
    }

    /// Makes it happen. A signal handler may call it: it takes no lock and allocates nothing.
    pub(crate) fn happen(&self) {
        self.0.happen();
    }

    /// Makes as if it hadn't happened.
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
