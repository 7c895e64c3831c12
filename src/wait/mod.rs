//! Waiting within a call's limits.
//!
//! A call is an `async fn` that awaits only three things ([`Limits`]): a descriptor is ready, a time has come, or
//! another thread wakes it. It stores what it waits for in its [`Task`], where its driver reads it.
//!
//! There are two drivers. [`drive`] runs a call on the caller's thread. A multi, which is a feature, runs many calls on
//! one thread.

mod cancel;
mod deadline;
mod drive;
mod host;
mod interrupt;
mod limits;
#[cfg(feature = "capi")]
pub(crate) mod multi;
mod queue;
mod semaphore;
mod task;
mod wake;

pub use self::cancel::Cancel;
pub(crate) use self::deadline::Deadline;
#[cfg(test)]
pub(crate) use self::drive::at_once;
#[cfg(all(feature = "capi", any(test, feature = "_multi-driver")))]
pub(crate) use self::drive::is_readable_within;
pub(crate) use self::drive::{drive, is_readable};
pub(crate) use self::host::{Host, Watched};
pub(crate) use self::interrupt::Interrupt;
pub(crate) use self::limits::{Limits, WaitError};
pub(crate) use self::queue::Queue;
pub(crate) use self::semaphore::{Permit, Semaphore};
pub(crate) use self::task::{Interest, Ready, Task};
