//! State that a forked child must not share with its parent. On a shared socket, both would send. A shared lock may be
//! held by a thread that the child doesn't have.

use std::alloc::{Layout, handle_alloc_error};
use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::OnceBox;

use crate::system::wiped_by_kernel;

/// A value for each process that uses it: the one that created it, and every later fork.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    /// The generation of the process that created this value.
    generation: u64,
    value: T,
    child: OnceBox<PerProcess<T>>,
}

impl<T> PerProcess<T> {
    /// Creates the value of this process.
    pub(crate) fn new(value: T) -> PerProcess<T> {
        PerProcess { generation: generation(), value, child: OnceBox::new() }
    }

    /// Returns this process's value. Creates it first if necessary. Takes no lock.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &T {
        let generation = generation();
        let mut entry = self;
        while entry.generation != generation {
            entry = entry.child.get_or_init(|| Box::new(PerProcess::new(make())));
        }
        &entry.value
    }
}

/// Returns this process's generation. It differs from that of every process that this one descends from.
///
/// A process id isn't enough. An ancestor that has ended may have had the same id, and in a pid namespace the first
/// process always has the id 1.
pub(crate) fn generation() -> u64 {
    static KEPT: OnceBox<&'static AtomicU64> = OnceBox::new();
    generation_in(KEPT.get_or_init(|| Box::new(wiped_by_kernel().unwrap_or_else(wiped_by_handler))))
}

/// Returns the number in `kept`. It is 0 in a process that has none yet.
fn generation_in(kept: &AtomicU64) -> u64 {
    /// A child continues from its parent's number at the fork.
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
    /// POSIX has this function. The libc crate lacks it for Linux.
    fn pthread_atfork(
        prepare: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> c_int;
}

static WIPED: AtomicU64 = AtomicU64::new(0);

/// Returns memory that a fork handler sets to 0 in every child.
fn wiped_by_handler() -> &'static AtomicU64 {
    extern "C" fn wipe() {
        WIPED.store(0, Ordering::Relaxed);
    }
    // If two threads come here at once, the handler is registered twice, which does no harm.
    in_each_child(wipe);
    &WIPED
}

/// Makes every forked child call `handler` first. A handler may take no lock and no memory.
#[allow(unsafe_code)]
pub(crate) fn in_each_child(handler: extern "C" fn()) {
    // SAFETY: the handler stays loaded as long as this library, and does only what a forked child may do.
    if unsafe { pthread_atfork(None, None, Some(handler)) } != 0 {
        // The only reason to fail is a lack of memory.
        handle_alloc_error(Layout::new::<[usize; 8]>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `holds` returns true in a forked child.
    #[allow(unsafe_code)]
    fn in_child(holds: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child takes only the allocator's lock, which fork leaves free, and ends here.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let status = if holds() { 7 } else { 1 };
            // SAFETY: ends only the child.
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

        // Neither this process nor the next one relies on its process id.
        assert!(in_child(|| {
            let own = *state.get(|| 1) == 1 && *state.get(|| 2) == 1;
            own && in_child(|| *state.get(|| 3) == 3 && *state.get(|| 4) == 3) && *state.get(|| 5) == 1
        }));
        // The grandchild differs from a child that has no generation yet.
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
