//! Many descriptors and a timer behind one descriptor: an epoll instance.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Instant;

use crate::system::owned;

/// Readiness to read, as bits of events.
pub(crate) const READ: u32 = (libc::EPOLLIN | libc::EPOLLRDHUP) as u32;
/// Readiness to write.
pub(crate) const WRITE: u32 = libc::EPOLLOUT as u32;
/// A broken connection, for both directions.
pub(crate) const BROKEN: u32 = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
const EDGES: u32 = libc::EPOLLET as u32;

/// How many events one system call returns.
const EVENTS: usize = 128;

/// The timer's number among the events.
const TIMER: u64 = u64::MAX;

/// A poller with its timer.
#[derive(Debug)]
pub(crate) struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
}

/// What has become ready.
pub(crate) enum Readied {
    Timer,
    Descriptor(RawFd, u32),
}

impl Poller {
    /// Creates a poller that polls only its timer.
    #[allow(unsafe_code)]
    pub(crate) fn new() -> io::Result<Poller> {
        // SAFETY: epoll_create1 takes no memory.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: as above.
        let timer =
            owned(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK) })?;
        let poller = Poller { epoll, timer };
        poller.control(libc::EPOLL_CTL_ADD, poller.timer.as_raw_fd(), READ | EDGES, TIMER)?;
        Ok(poller)
    }

    /// Adds the descriptor, edge-triggered: reports each time it becomes ready for one of `events`.
    pub(crate) fn add_edges(&self, descriptor: RawFd, events: u32) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, descriptor, events | EDGES, data(descriptor))
    }

    /// Adds the descriptor, level-triggered: reports while it is ready for one of `events`.
    pub(crate) fn add_level(&self, descriptor: RawFd, events: u32) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, descriptor, events, data(descriptor))
    }

    /// Removes the descriptor.
    pub(crate) fn remove(&self, descriptor: RawFd) {
        // Fails if the descriptor is closed already. Closing it has removed it.
        let _ = self.control(libc::EPOLL_CTL_DEL, descriptor, 0, 0);
    }

    /// Sets the timer to this time.
    #[allow(unsafe_code)]
    pub(crate) fn set_timer(&self, at: Instant) {
        let left = at.saturating_duration_since(Instant::now());
        // A time of zero would switch the timer off. The seconds fit into 32 bits, as each system's `time_t` requires.
        let value = libc::timespec {
            tv_sec: i32::try_from(left.as_secs()).unwrap_or(i32::MAX).into(),
            tv_nsec: left.subsec_nanos().max(1).into(),
        };
        let interval = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let timer = libc::itimerspec { it_interval: interval, it_value: value };
        // SAFETY: `timer` outlives the call, and the old value isn't read.
        unsafe { libc::timerfd_settime(self.timer.as_raw_fd(), 0, &timer, std::ptr::null_mut()) };
    }

    /// Passes all that is ready now to `each`. Doesn't wait.
    #[allow(unsafe_code)]
    pub(crate) fn poll(&self, mut each: impl FnMut(Readied)) -> io::Result<()> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
        loop {
            // SAFETY: `events` has room for this many, and outlives the call.
            let count =
                unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), EVENTS as libc::c_int, 0) };
            let Ok(count) = usize::try_from(count) else {
                match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => continue,
                    error => return Err(error),
                }
            };
            for event in events.get(..count).unwrap_or_default() {
                match event.u64 {
                    TIMER => each(Readied::Timer),
                    descriptor => RawFd::try_from(descriptor)
                        .into_iter()
                        .for_each(|descriptor| each(Readied::Descriptor(descriptor, event.events))),
                }
            }
            if count < EVENTS {
                return Ok(());
            }
        }
    }

    #[allow(unsafe_code)]
    fn control(&self, operation: libc::c_int, descriptor: RawFd, events: u32, data: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: data };
        // SAFETY: `event` outlives the call.
        match unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), operation, descriptor, &mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl AsRawFd for Poller {
    fn as_raw_fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }
}

fn data(descriptor: RawFd) -> u64 {
    u64::try_from(descriptor).unwrap_or_default()
}
