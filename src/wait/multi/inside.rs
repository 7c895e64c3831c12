//! Counts the running functions of a multi. Callbacks may not call some of them.

use std::cell::Cell;

/// Held while a function of the multi runs.
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
