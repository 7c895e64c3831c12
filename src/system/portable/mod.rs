//! What every POSIX system has: events are pipes, and handlers of fork wipe memory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::AtomicU64;

use super::owned;

#[cfg(feature = "capi")]
mod poller;
#[cfg(feature = "capi")]
pub(crate) use poller::*;

/// A file descriptor that becomes readable when the event happens, and stays so.
#[derive(Debug)]
pub(crate) struct Event {
    output: File,
    input: File,
}

impl Event {
    /// One that hasn't happened; an error where the process has no file descriptors left.
    pub(crate) fn new() -> io::Result<Event> {
        let (output, input) = pipe()?;
        for end in [&output, &input] {
            set(end, libc::F_SETFL, libc::O_NONBLOCK)?;
        }
        Ok(Event { output: output.into(), input: input.into() })
    }

    /// Makes it happen. A signal handler may call it: it takes no lock and allocates nothing.
    pub(crate) fn happen(&self) {
        // It fails only where it has happened so often that the pipe is full.
        let _ = (&self.input).write(&[0]);
    }

    /// Makes as if it hadn't happened.
    pub(crate) fn reset(&self) {
        // It fails where it hasn't.
        while (&self.output).read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
    }
}

impl AsRawFd for Event {
    fn as_raw_fd(&self) -> RawFd {
        self.output.as_raw_fd()
    }
}

/// What to read from, and what to write to; programs that are started get neither.
#[allow(unsafe_code)]
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: there is room for two.
    if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (output, input) = (owned(ends[0])?, owned(ends[1])?);
    // A program that another thread starts right now gets them all the same: macOS has no call that does both.
    for end in [&output, &input] {
        set(end, libc::F_SETFD, libc::FD_CLOEXEC)?;
    }
    Ok((output, input))
}

#[allow(unsafe_code)]
fn set(descriptor: &OwnedFd, what: libc::c_int, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: takes no memory.
    match unsafe { libc::fcntl(descriptor.as_raw_fd(), what, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Memory that is 0 again in every child, however it was forked: these kernels have none like it.
pub(crate) fn wiped_by_kernel() -> Option<&'static AtomicU64> {
    None
}
