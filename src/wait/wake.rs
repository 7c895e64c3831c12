//! What wakes a thread that waits in `poll`.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::sync::Arc;

/// An event of the kernel's: a file descriptor that becomes readable when it happens, and stays so.
#[derive(Debug)]
pub(crate) struct Wake(File);

impl Wake {
    /// One that hasn't happened; an error where the process has no file descriptors left.
    #[allow(unsafe_code)]
    pub(crate) fn new() -> io::Result<Wake> {
        // SAFETY: takes no memory.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is new, and nobody else's.
        Ok(Wake(unsafe { File::from_raw_fd(descriptor) }))
    }

    /// Makes it happen. A signal handler may call it: it takes no lock and allocates nothing.
    pub(crate) fn happen(&self) {
        // It fails only where it has happened more often than can be counted.
        let _ = (&self.0).write(&1_u64.to_ne_bytes());
    }

    /// Makes as if it hadn't happened.
    pub(crate) fn reset(&self) {
        // It fails where it hasn't.
        let _ = io::Read::read(&mut &self.0, &mut [0; 8]);
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
