//! State that a forked child must not share with its parent: sockets, on which both would talk at once, and locks, which
//! a thread that the child doesn't have may hold.

use std::alloc::{Layout, handle_alloc_error};
use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::OnceBox;

use crate::system::wiped_by_kernel;

/// A value for each process that uses it: the one it was made in, and every child that was forked from it since.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    /// Of the process that this value was made in.
    generation: u64,
    value: T,
    child: OnceBox<PerProcess<T>>,
}

impl<T> PerProcess<T> {
    /// A value for this process.
    pub(crate) fn new(value: T) -> PerProcess<T> {
        PerProcess { generation: generation(), value, child: OnceBox::new() }
    }

    /// This process's value, made where it has none yet. Takes no lock.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &T {
        let generation = generation();
        let mut entry = self;
        while entry.generation != generation {
            entry = entry.child.get_or_init(|| Box::new(PerProcess::new(make())));
        }
        &entry.value
    }
}

/// A number that none of the processes has which this one descends from.
///
/// Its id isn't one: it may be that of an ancestor that has ended, and in a namespace of its own each first process has
/// the id 1.
pub(crate) fn generation() -> u64 {
    static KEPT: OnceBox<&'static AtomicU64> = OnceBox::new();
    generation_in(KEPT.get_or_init(|| Box::new(wiped_by_kernel().unwrap_or_else(wiped_by_handler))))
}

/// The number in `kept`, which is 0 in a process that has none yet.
fn generation_in(kept: &AtomicU64) -> u64 {
    /// A child goes on from what its parent's was at the fork.
    static LAST: AtomicU64 = AtomicU64::new(0);
    match kept.load(Ordering::Relaxed) {
        0 => {
            let new = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            kept.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed).map_or_else(|other| other, |_| new)
        }
        generation => generation,
    }
}

#[allow(unsafe_code)]
unsafe extern "C" {
    /// POSIX has it; the libc crate lacks it for Linux.
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

static WIPED: AtomicU64 = AtomicU64::new(0);

/// Memory that is 0 again in every child that `fork` makes.
fn wiped_by_handler() -> &'static AtomicU64 {
    extern "C" fn wipe() {
        WIPED.store(0, Ordering::Relaxed);
    }
    // That it may be there twice, where two threads come here at once, is no matter.
    in_each_child(wipe);
    &WIPED
}

/// Has every child that `fork` makes call `handler` first. It does nothing that a child may not do: it takes no lock, and
/// no memory.
#[allow(unsafe_code)]
pub(crate) fn in_each_child(handler: extern "C" fn()) {
    // SAFETY: the handler stays loaded as this library does, and does nothing that a child may not do.
    if unsafe { pthread_atfork(None, None, Some(handler)) } != 0 {
        // It fails for want of memory only.
        handle_alloc_error(Layout::new::<[usize; 8]>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `holds` in a forked child.
    #[allow(unsafe_code)]
    fn in_child(holds: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child takes no lock but the allocator's, which fork leaves free, and ends here.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let status = if holds() { 7 } else { 1 };
            // SAFETY: ends the child alone.
            unsafe { libc::_exit(status) };
        }
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7
    }

    #[test]
    fn a_process_keeps_its_value() {
        let state = PerProcess::new(1);

        assert_eq!(state.get(|| 2), &1);
        assert_eq!(state.get(|| 2), &1);
    }

    #[test]
    fn children_and_theirs_make_their_own_and_keep_that() {
        let state = PerProcess::new(0);

        // Neither this process nor the next has an id that counts.
        assert!(in_child(|| {
            let own = *state.get(|| 1) == 1 && *state.get(|| 2) == 1;
            own && in_child(|| *state.get(|| 3) == 3 && *state.get(|| 4) == 3) && *state.get(|| 5) == 1
        }));
        // One that asks for nothing itself still isn't its child.
        assert!(in_child(|| in_child(|| *state.get(|| 6) == 6)));
        assert_eq!(state.get(|| 7), &0);
    }

    #[test]
    fn every_process_of_a_line_has_another_number_by_either_means() {
        let by_kernel = wiped_by_kernel();
        assert_eq!(by_kernel.is_none(), cfg!(feature = "_portable"), "Linux has it since 4.14");
        for kept in by_kernel.into_iter().chain([wiped_by_handler()]) {
            let first = generation_in(kept);

            assert!(in_child(|| {
                let second = generation_in(kept);
                second > first && in_child(|| generation_in(kept) > second) && generation_in(kept) == second
            }));
            assert!(in_child(|| in_child(|| generation_in(kept) > first)));
            assert_eq!(generation_in(kept), first);
        }
    }
}
