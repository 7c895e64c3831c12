//! Whether a function of a multi runs: what is refused to its callbacks.

use std::cell::Cell;

/// That one of its functions runs.
pub(super) struct Inside<'a>(&'a Cell<u32>);

impl<'a> Inside<'a> {
    pub(super) fn enter(count: &'a Cell<u32>) -> Inside<'a> {
        count.set(count.get() + 1);
        Inside(count)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
