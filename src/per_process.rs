//! State that a forked child must not share with its parent: sockets, on which both would talk at once, and locks, which
//! a thread that the child doesn't have may hold.

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
        PerProcess { process: std::process::id(), value, child: OnceBox::new() }
    }

    /// This process's value, made where it has none yet. Takes no lock.
    pub(crate) fn get(&self, make: impl Fn() -> T) -> &T {
        let process = std::process::id();
        let mut entry = self;
        while entry.process != process {
            entry = entry.child.get_or_init(|| Box::new(PerProcess::new(make())));
        }
        &entry.value
    }
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
}
