//! Waiting: for a descriptor, a time, a turn, within a call's limits.

mod cancel;
mod limits;
mod poll;
mod semaphore;
mod wake;

pub use self::cancel::Cancel;
pub(crate) use self::limits::{Deadline, Interrupt, Limits, Stop};
pub(crate) use self::poll::{Ready, is_readable, pause, wait, wait_until_readable};
pub(crate) use self::semaphore::{Gate, Place};
