//! What wakes a thread that waits in `poll`.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd};

/// An event of the kernel's: a file descriptor that becomes readable when it happens, and stays so.
#[derive(Debug)]
pub(super) struct Wake(File);

impl Wake {
    /// One that hasn't happened; an error where the process has no file descriptors left.
    #[allow(unsafe_code)]
    pub(super) fn new() -> io::Result<Wake> {
        // SAFETY: takes no memory.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is new, and nobody else's.
        Ok(Wake(unsafe { File::from_raw_fd(descriptor) }))
    }

    /// Makes it happen. A signal handler may call it: it takes no lock and allocates nothing.
    pub(super) fn wake(&self) {
        // It fails only where it has happened more often than can be counted.
        let _ = (&self.0).write(&1_u64.to_ne_bytes());
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
