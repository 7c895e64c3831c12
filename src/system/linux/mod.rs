//! Linux: events are eventfds, and the kernel wipes memory in forked children.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::AtomicU64;

use super::owned;

#[cfg(feature = "capi")]
mod poller;
#[cfg(feature = "capi")]
pub(crate) use poller::*;

/// A file descriptor that becomes readable when the event happens, and stays readable.
#[derive(Debug)]
pub(crate) struct Event(File);

impl Event {
    /// Creates an event that hasn't happened. Fails if the process has no file descriptors left.
    #[allow(unsafe_code)]
    pub(crate) fn new() -> io::Result<Event> {
        // SAFETY: eventfd takes no memory.
        owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }).map(|owned| Event(owned.into()))
    }

    /// Triggers the event. A signal handler may call it: it takes no lock and allocates nothing.
    pub(crate) fn happen(&self) {
        // A write fails only if the counter is full. The event has happened then.
        let _ = (&self.0).write(&1_u64.to_ne_bytes());
    }

    /// Resets the event.
    pub(crate) fn reset(&self) {
        // A read fails if the event hasn't happened.
        let _ = (&self.0).read(&mut [0; 8]);
    }
}

impl AsRawFd for Event {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Returns the read end and the write end of a pipe. Child programs inherit neither.
#[allow(unsafe_code)]
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for two.
    match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } {
        0 => Ok((owned(ends[0])?, owned(ends[1])?)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns memory that is 0 again in every forked child. `None` if the kernel has no such memory, as before Linux 4.14.
#[allow(unsafe_code)]
pub(crate) fn wiped_by_kernel() -> Option<&'static AtomicU64> {
    const LENGTH: usize = size_of::<AtomicU64>();
    // SAFETY: new memory at the kernel's choice of address, which nothing else uses.
    let page = unsafe {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        libc::mmap(ptr::null_mut(), LENGTH, protection, flags, -1, 0)
    };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the page that was just mapped. It is released only if nothing refers to it.
    unsafe {
        if libc::madvise(page, LENGTH, libc::MADV_WIPEONFORK) != 0 {
            libc::munmap(page, LENGTH);
            return None;
        }
    }
    // SAFETY: a page of zeros, aligned as pages are, that is never released.
    Some(unsafe { &*page.cast::<AtomicU64>() })
}
