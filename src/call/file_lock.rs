//! A lock that the programs of one host share: a file, which the kernel locks for the one that holds it, and unlocks when that
//! ends.

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

/// How often a file is asked for that another one has.
pub(super) const RETRY_AFTER: Duration = Duration::from_millis(5);

/// How long a client holds it while others want it. Handing it on takes them less than that to notice, so turns can be short, and
/// each client gets many.
pub(super) const SHARED_HOLD: Duration = Duration::from_millis(50);

pub(super) struct FileLock {
    path: PathBuf,
    held: Mutex<Option<&'static Slot>>,
    /// Why it couldn't be asked for, the last time.
    out_of_descriptors: AtomicBool,
}

impl FileLock {
    pub(super) fn new(path: PathBuf) -> FileLock {
        FileLock { path, held: Mutex::default(), out_of_descriptors: AtomicBool::default() }
    }

    /// The file. One that is there may belong to somebody else, which is no reason not to lock it.
    fn open(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        // A pipe doesn't keep it waiting. The file of others, in a directory for all, can't be opened as if to create it.
        options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
        match options.open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Not for others: whoever can open it can keep everybody waiting.
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

    /// The kernel doesn't look at the clock.
    fn has_lease(&self) -> bool {
        false
    }

    fn shared_hold(&self, _: Duration) -> Duration {
        SHARED_HOLD
    }
}

#[allow(unsafe_code)]
fn flock(descriptor: &impl AsRawFd, operation: i32) -> io::Result<()> {
    // SAFETY: takes no memory, and an open descriptor.
    match unsafe { libc::flock(descriptor.as_raw_fd(), operation) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The descriptor of a file that is locked, or none. A child of fork has it as well, and so would go on holding the lock when its
/// parent has died: each child closes what is in any of these first of all.
struct Slot {
    descriptor: AtomicI32,
    next: OnceBox<Slot>,
}

/// Has children close the slots' files, from before there are any.
fn watch_children() {
    static ARE_WATCHED: AtomicBool = AtomicBool::new(false);
    if !ARE_WATCHED.load(Ordering::Acquire) {
        // That it may be there twice, where two threads come here at once, is no matter. A lock that the one holds would stay
        // locked in a child.
        in_each_child(close_all);
        ARE_WATCHED.store(true, Ordering::Release);
    }
}

const NONE: RawFd = -1;

static FIRST: Slot = Slot { descriptor: AtomicI32::new(NONE), next: OnceBox::new() };

impl Slot {
    /// A slot with this descriptor.
    fn of(descriptor: RawFd) -> &'static Slot {
        let mut slot = &FIRST;
        while slot.descriptor.compare_exchange(NONE, descriptor, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            slot = slot.next.get_or_init(|| Box::new(Slot { descriptor: AtomicI32::new(NONE), next: OnceBox::new() }));
        }
        slot
    }

    /// Unlocks the file, for children that still have it too, and closes it.
    #[allow(unsafe_code)]
    fn close(&self) {
        let descriptor = self.descriptor.swap(NONE, Ordering::AcqRel);
        if descriptor != NONE {
            let _ = flock(&descriptor, libc::LOCK_UN);
            // SAFETY: the slot owned it alone.
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
            // SAFETY: the slot owned it alone. A child may close files before anything else.
            unsafe { libc::close(descriptor) };
        }
        next = slot.next.get();
    }
}
