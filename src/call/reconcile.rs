//! How an operation of unknown outcome is cleared up.

use std::time::Duration;

use crate::service_code::ServiceCode;

/// What each operation says of itself: how to find out what became of an attempt whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reconcile {
    /// It changes nothing, so it is made again.
    Idempotent,
    /// It changes something, and nothing tells whether it has. So it is made again only where nothing was sent, or where the
    /// service's code says that nothing has changed.
    Unknown,
    /// It is read back before it is made again. Made twice, it is refused with the code `exists`, which then says that
    /// somebody has made it, maybe this call.
    ReadBack {
        exists: ServiceCode,
        /// Whether the caller is content with what somebody else has made.
        anybodys: bool,
    },
    /// It is made again, until the code `gone` says that there is nothing left to do. Read back, that counts at the horizon
    /// only: what a list lacks before then may be too new for it.
    Repeat { gone: ServiceCode },
}

/// What to do about a record that exists although the list doesn't show it.
pub(crate) const UNLISTED: &str = "A record of this name exists, and the list of this routine's records doesn't show it: it \
     is tied to another routine, or was created a moment ago. Read back later, or choose another name.";

/// What to do about one of which the list couldn't be read.
pub(super) const UNREAD: &str = "A record of this name exists, and whether it is tied to this routine wasn't found out: the \
     message says why. Read back (it needs esa:ListRoutineRelatedRecords on *), and don't delete it before you know.";

/// When to read back: at once, and then after waits that double, until they add up to the horizon. By then a list that
/// lags shows what there is, and what was carried out late is there.
#[derive(Clone, Debug)]
pub(crate) struct ReadBacks {
    horizon: Duration,
    waited: Duration,
    next: Duration,
}

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);

/// What the last request of a call gets of the time before the deadline, at the least.
pub(super) const LAST_REQUEST: Duration = Duration::from_millis(100);

impl ReadBacks {
    pub(crate) fn within(horizon: Duration) -> ReadBacks {
        ReadBacks { horizon, waited: Duration::ZERO, next: FIRST }
    }

    /// Whether the horizon has been reached.
    pub(crate) fn are_over(&self) -> bool {
        self.waited >= self.horizon
    }

    /// How long to wait before the next one, for a call that has so much time `left`; `None` if there shall be none.
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
