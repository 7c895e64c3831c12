//! State that a forked child must not share with its parent: sockets, on which both would talk at once, and locks, which
//! a thread that the child doesn't have may hold.

use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use once_cell::race::OnceBox;

/// A value for each process that uses it: the one it was made in, and every child that was forked from it since.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    process: u32,
    value: T,
    child: OnceBox<PerProcess<T>>,
}

impl<T> PerProcess<T> {
    /// A value for this process.
    pub(crate) fn new(value: T) -> PerProcess<T> {
        PerProcess { process: process_id(), value, child: OnceBox::new() }
    }

    /// This process's value, made where it has none yet. Takes no lock.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &T {
        let process = process_id();
        let mut entry = self;
        while entry.process != process {
            entry = entry.child.get_or_init(|| Box::new(PerProcess::new(make())));
        }
        &entry.value
    }
}

/// This process's id, for which the kernel is asked only once.
fn process_id() -> u32 {
    static KEPT: OnceBox<Option<&'static AtomicU32>> = OnceBox::new();
    let Some(kept) = KEPT.get_or_init(|| Box::new(zero_in_children())) else { return std::process::id() };
    match kept.load(Ordering::Relaxed) {
        0 => {
            let id = std::process::id();
            kept.store(id, Ordering::Relaxed);
            id
        }
        id => id,
    }
}

/// Memory that is zero again in every forked child; `None` where the kernel doesn't have such.
#[allow(unsafe_code)]
fn zero_in_children() -> Option<&'static AtomicU32> {
    const LENGTH: usize = size_of::<AtomicU32>();
    // SAFETY: new memory of the kernel's choice, which nothing else uses.
    let page = unsafe {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        libc::mmap(ptr::null_mut(), LENGTH, protection, flags, -1, 0)
    };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the page that was just made; it is released only where nothing refers to it.
    unsafe {
        if libc::madvise(page, LENGTH, libc::MADV_WIPEONFORK) != 0 {
            libc::munmap(page, LENGTH);
            return None;
        }
    }
    // SAFETY: a page of zeros, aligned as pages are, that is never released.
    Some(unsafe { &*page.cast::<AtomicU32>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_keeps_its_value() {
        let state = PerProcess::new(1);

        assert_eq!(state.get(|| 2), &1);
    }

    #[test]
    fn a_child_makes_its_own_and_keeps_that() {
        // As a child finds it.
        let inherited = PerProcess { process: std::process::id() + 1, value: 1, child: OnceBox::new() };

        assert_eq!(inherited.get(|| 2), &2);
        assert_eq!(inherited.get(|| 3), &2);
    }

    #[test]
    #[allow(unsafe_code)]
    fn a_forked_child_knows_its_own_id() {
        let parent = process_id();
        assert!(zero_in_children().is_some(), "this kernel is older than 4.14");

        // SAFETY: the child takes no lock and allocates nothing before it ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let right = process_id() != parent && process_id() == std::process::id();
            // SAFETY: ends the child alone.
            unsafe { libc::_exit(if right { 7 } else { 1 }) };
        }
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);

        assert_eq!((libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (true, 7));
        assert_eq!(process_id(), parent);
    }
}
