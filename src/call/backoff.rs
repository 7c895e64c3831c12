//! How long to wait before the next attempt: full jitter, so that clients that fail together don't retry together.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How waits grow. The range that they are drawn from doubles, from `base` to `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Backoff {
    pub(super) base: Duration,
    cap: Duration,
}

/// For requests that weren't sent, or whose answer was lost. The next attempt may succeed at once.
const SHORT: Backoff = Backoff { base: Duration::from_millis(50), cap: Duration::from_secs(20) };

/// For a service that says that it needs time.
pub(super) const LONG: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(20) };

/// For an account that another call uses, which takes at most seconds. With a larger cap, the last of many clients
/// sleep although nobody is active. With a smaller one, they ask more often but aren't faster. See `simulation`.
pub(super) const BUSY: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(8) };

impl Backoff {
    /// Returns how to wait after `error`.
    pub(super) fn after(error: &Error) -> Backoff {
        match error.kind() {
            _ if is_busy(error) => BUSY,
            ErrorKind::Busy | ErrorKind::Throttled | ErrorKind::Server => LONG,
            _ => SHORT,
        }
    }

    /// Returns the range of the `n`-th wait, counted from 1.
    pub(super) fn range(self, n: u32) -> Duration {
        // 2^9 times the shortest base exceeds the cap.
        self.base.saturating_mul(1 << n.saturating_sub(1).min(9)).min(self.cap)
    }
}

/// Returns a wait between zero and `range`. `random` is uniform.
pub(super) fn jitter(range: Duration, random: u64) -> Duration {
    let range = u64::try_from(range.as_nanos()).unwrap_or(u64::MAX);
    let nanoseconds = (u128::from(range) * u128::from(random)) >> 64;
    // It is less than the range, so it fits.
    Duration::from_nanos(nanoseconds as u64)
}

/// Returns the wait that the service asks for, and up to a tenth more, so that clients with the same hint don't retry
/// together.
pub(super) fn hinted(hint: Duration, random: u64) -> Duration {
    hint.saturating_add(jitter(hint / 10, random))
}

/// Whether the service says that another call is running. This passes by itself, however often the client asks.
pub(super) fn is_busy(error: &Error) -> bool {
    error.kind() == ErrorKind::Busy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_doubles_from_its_base_to_the_cap() {
        let ranges = |error: &Error| [1, 2, 3, 5, 6, 30, u32::MAX].map(|n| Backoff::after(error).range(n).as_millis());

        assert_eq!(ranges(&Error::of_code("LockFailed")), [1000, 2000, 4000, 8000, 8000, 8000, 8000]);
        assert_eq!(ranges(&Error::of_code("Throttling")), [1000, 2000, 4000, 16000, 20000, 20000, 20000]);
        assert_eq!(ranges(&Error::new(ErrorKind::Connect, "")), [50, 100, 200, 800, 1600, 20000, 20000]);
    }

    #[test]
    fn the_wait_is_uniform_over_the_range() {
        let range = Duration::from_secs(8);

        assert_eq!(jitter(range, 0), Duration::ZERO);
        assert_eq!(jitter(range, 1 << 62), Duration::from_secs(2));
        assert!(jitter(range, u64::MAX) < range && jitter(range, u64::MAX) > range - Duration::from_micros(1));
        assert_eq!(jitter(Duration::ZERO, u64::MAX), Duration::ZERO);
    }

    #[test]
    fn a_hint_is_waited_for_in_full() {
        assert_eq!(hinted(Duration::from_secs(2), 0), Duration::from_secs(2));
        assert!(hinted(Duration::from_secs(2), u64::MAX) < Duration::from_millis(2200));
        assert_eq!(hinted(Duration::MAX, u64::MAX), Duration::MAX);
    }

    #[test]
    fn busy_is_what_the_service_says_of_itself() {
        for code in ["LockFailed", "Routine.ServiceBusy", "SystemBusy"] {
            assert!(is_busy(&Error::of_code(code)), "{code}");
        }
        assert!(!is_busy(&Error::of_code("RoutineNotExist")));
    }
}
