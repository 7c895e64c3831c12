//! A lock that the programs of one host share: a file lock. The kernel unlocks the file when its holder ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use once_cell::race::OnceBox;

use super::write_lock::{Lock, TryLock, unusable};
use crate::error::{Error, is_out_of_descriptors};
use crate::per_process::in_each_child;

/// The time between two attempts to lock a file that another client holds.
pub(super) const RETRY_AFTER: Duration = Duration::from_millis(5);

/// How long a client holds the lock while others want it. They notice its release much sooner than that. So holdings
/// can be short, and each client gets many.
pub(super) const SHARED_HOLD: Duration = Duration::from_millis(50);

pub(super) struct FileLock {
    path: PathBuf,
    held: Mutex<Option<&'static Slot>>,
    /// Whether the last attempt failed because no file descriptors were left.
    out_of_descriptors: AtomicBool,
}

impl FileLock {
    pub(super) fn new(path: PathBuf) -> FileLock {
        FileLock { path, held: Mutex::default(), out_of_descriptors: AtomicBool::default() }
    }

    /// Opens the file. An existing file may belong to another user. It can still be locked.
    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        // Opening a pipe must not block. In a directory for all users, another user's file can't be opened with
        // O_CREAT.
        options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        match options.open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Only the owner gets access: whoever can open the file can block everybody.
                options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CREAT).mode(0o600).open(&self.path)
            }
            opened => opened,
        }
    }

    fn try_lock(&self) -> io::Result<Option<&'static Slot>> {
        watch_children();
        let file = self.open()?;
        match flock(&file, libc::LOCK_EX | libc::LOCK_NB) {
            Ok(()) => Ok(Some(Slot::of(file.into_raw_fd()))),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn set(&self, held: Option<&'static Slot>) -> Option<&'static Slot> {
        std::mem::replace(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner), held)
    }
}

impl Lock for FileLock {
    fn try_acquire(&self, _: Duration) -> TryLock {
        match self.try_lock() {
            Ok(Some(slot)) => {
                self.set(Some(slot));
                TryLock::Acquired
            }
            Ok(None) => TryLock::NotYet { retry_after: RETRY_AFTER },
            Err(error) => {
                self.out_of_descriptors.store(is_out_of_descriptors(&error), Ordering::Relaxed);
                TryLock::Failed(format!("{}: {error}", self.path.display()))
            }
        }
    }

    fn failed(&self, reason: &str) -> Error {
        match self.out_of_descriptors.load(Ordering::Relaxed) {
            true => Error::out_of_descriptors(format_args!("the write lock {}", self.path.display())),
            false => unusable(reason),
        }
    }

    fn release(&self) {
        self.set(None).into_iter().for_each(Slot::close);
    }

    /// The kernel doesn't limit the time.
    fn has_lease(&self) -> bool {
        false
    }

    fn shared_hold(&self, _: Duration) -> Duration {
        SHARED_HOLD
    }
}

#[allow(unsafe_code)]
fn flock(descriptor: &impl AsRawFd, operation: i32) -> io::Result<()> {
    // SAFETY: flock takes no memory, and the descriptor is open.
    match unsafe { libc::flock(descriptor.as_raw_fd(), operation) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The descriptor of a locked file, or -1. A forked child inherits the descriptor, and would hold the lock after its
/// parent has died. So each child closes the slots' descriptors first.
struct Slot {
    descriptor: AtomicI32,
    next: OnceBox<Slot>,
}

/// Makes forked children close the slots' files. Called before the first slot is used.
fn watch_children() {
    static ARE_WATCHED: AtomicBool = AtomicBool::new(false);
    if !ARE_WATCHED.load(Ordering::Acquire) {
        // If two threads come here at once, the handler is registered twice, which does no harm. Without it, a child
        // could keep a lock.
        in_each_child(close_all);
        ARE_WATCHED.store(true, Ordering::Release);
    }
}

const NONE: RawFd = -1;

static FIRST: Slot = Slot { descriptor: AtomicI32::new(NONE), next: OnceBox::new() };

impl Slot {
    /// Returns a slot with this descriptor.
    fn of(descriptor: RawFd) -> &'static Slot {
        let mut slot = &FIRST;
        while slot.descriptor.compare_exchange(NONE, descriptor, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            slot = slot.next.get_or_init(|| Box::new(Slot { descriptor: AtomicI32::new(NONE), next: OnceBox::new() }));
        }
        slot
    }

    /// Unlocks the file, because children may have it too, and closes it.
    #[allow(unsafe_code)]
    fn close(&self) {
        let descriptor = self.descriptor.swap(NONE, Ordering::AcqRel);
        if descriptor != NONE {
            let _ = flock(&descriptor, libc::LOCK_UN);
            // SAFETY: the slot alone owned it.
            unsafe { libc::close(descriptor) };
        }
    }
}

/// Closes the descriptors of a child's parent, without unlocking.
#[allow(unsafe_code)]
extern "C" fn close_all() {
    let mut next = Some(&FIRST);
    while let Some(slot) = next {
        let descriptor = slot.descriptor.swap(NONE, Ordering::AcqRel);
        if descriptor != NONE {
            // SAFETY: the slot alone owned it. A child may close files first of all.
            unsafe { libc::close(descriptor) };
        }
        next = slot.next.get();
    }
}
