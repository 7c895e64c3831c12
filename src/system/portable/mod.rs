//! Every POSIX system: events are pipes, and fork handlers wipe memory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::AtomicU64;

use super::owned;

#[cfg(feature = "capi")]
mod poller;
#[cfg(feature = "capi")]
pub(crate) use poller::*;

/// A file descriptor that becomes readable when the event happens, and stays readable.
#[derive(Debug)]
pub(crate) struct Event {
    output: File,
    input: File,
}

impl Event {
    /// Creates an event that hasn't happened. Fails if the process has no file descriptors left.
    pub(crate) fn new() -> io::Result<Event> {
        let (output, input) = pipe()?;
        for end in [&output, &input] {
            set(end, libc::F_SETFL, libc::O_NONBLOCK)?;
        }
        Ok(Event { output: output.into(), input: input.into() })
    }

    /// Triggers the event. A signal handler may call it: it takes no lock and allocates nothing.
    pub(crate) fn happen(&self) {
        // A write fails only if the pipe is full. The event has happened then.
        let _ = (&self.input).write(&[0]);
    }

    /// Resets the event.
    pub(crate) fn reset(&self) {
        // A read fails if the event hasn't happened.
        while (&self.output).read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
    }
}

impl AsRawFd for Event {
    fn as_raw_fd(&self) -> RawFd {
        self.output.as_raw_fd()
    }
}

/// Returns the read end and the write end of a pipe. Child programs inherit neither.
#[allow(unsafe_code)]
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: `ends` has room for two.
    if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let (output, input) = (owned(ends[0])?, owned(ends[1])?);
    // If another thread starts a program right now, the program inherits them. macOS has no call that does both steps.
    for end in [&output, &input] {
        set(end, libc::F_SETFD, libc::FD_CLOEXEC)?;
    }
    Ok((output, input))
}

#[allow(unsafe_code)]
fn set(descriptor: &OwnedFd, what: libc::c_int, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: fcntl takes no memory here.
    match unsafe { libc::fcntl(descriptor.as_raw_fd(), what, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns memory that is 0 again in every forked child. These kernels have none.
pub(crate) fn wiped_by_kernel() -> Option<&'static AtomicU64> {
    None
}
