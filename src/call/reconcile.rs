//! How to reconcile an operation of unknown outcome.

use std::time::Duration;

use crate::service_code::ServiceCode;

/// How to find out what became of an attempt whose answer was lost. Each operation has one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reconcile {
    /// It changes nothing, so it is repeated.
    Idempotent,
    /// It changes something, and nothing shows whether it was carried out. It is repeated only if nothing was sent, or
    /// if the service's code says that nothing has changed.
    Unknown,
    /// It is read back before it is repeated. If it was carried out before, the service refuses it with the code
    /// `exists`. Somebody else may have carried it out, too.
    ReadBack {
        exists: ServiceCode,
        /// Whether somebody else's result is good enough.
        anybodys: bool,
    },
    /// It is repeated until the code `gone` says that nothing is left to do. A read-back counts only at the horizon:
    /// before that, a list may not show a new record yet.
    Repeat { gone: ServiceCode },
}

/// The advice for a record that exists although the list doesn't show it.
pub(crate) const UNLISTED: &str = "A record of this name exists, but the list of this routine's records doesn't show it: it \
     is tied to another routine, or was created a moment ago. Read back later, or choose another name.";

/// The advice for a record that exists and whose list couldn't be read.
pub(super) const UNREAD: &str = "A record of this name exists, but it isn't known whether it is tied to this routine: the \
     message says why. Read it back (this needs esa:ListRoutineRelatedRecords on *), and don't delete it before you know.";

/// When to read back: at once, and then after waits that double until they add up to the horizon. By then a lagging
/// list is up to date, and late requests have been carried out.
#[derive(Clone, Debug)]
pub(crate) struct ReadBacks {
    horizon: Duration,
    waited: Duration,
    next: Duration,
}

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);

/// The time before the deadline that is reserved for a call's last request.
pub(super) const LAST_REQUEST: Duration = Duration::from_millis(100);

impl ReadBacks {
    pub(crate) fn within(horizon: Duration) -> ReadBacks {
        ReadBacks { horizon, waited: Duration::ZERO, next: FIRST }
    }

    /// Whether the horizon has been reached.
    pub(crate) fn are_over(&self) -> bool {
        self.waited >= self.horizon
    }

    /// Returns how long to wait before the next read-back, for a call that has this time `left`. `None` if there is
    /// none.
    pub(crate) fn next_wait(&mut self, left: Option<Duration>) -> Option<Duration> {
        let before_deadline = left.unwrap_or(Duration::MAX).saturating_sub(LAST_REQUEST);
        let wait = self.next.min(self.horizon.saturating_sub(self.waited)).min(before_deadline);
        if wait.is_zero() {
            return None;
        }
        self.waited += wait;
        self.next = self.next.saturating_mul(2);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(horizon: u64, mut left: Option<Duration>) -> Vec<u128> {
        let mut read_backs = ReadBacks::within(Duration::from_millis(horizon));
        std::iter::from_fn(|| {
            let wait = read_backs.next_wait(left)?;
            left = left.map(|left| left - wait);
            Some(wait.as_millis())
        })
        .collect()
    }

    #[test]
    fn waits_double_and_add_up_to_the_horizon() {
        assert_eq!(waits(10_000, None), [250, 500, 1000, 2000, 4000, 2250]);
        assert_eq!(waits(250, None), [250]);
        assert_eq!(waits(0, None), [0u128; 0]);
    }

    #[test]
    fn the_last_wait_leaves_time_for_a_request_before_the_deadline() {
        assert_eq!(waits(10_000, Some(Duration::from_secs(2))), [250, 500, 1000, 150]);
        assert_eq!(waits(10_000, Some(LAST_REQUEST)), [0u128; 0]);
    }
}
