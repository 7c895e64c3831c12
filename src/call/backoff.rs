//! How long to wait before the next attempt: full jitter, so that clients which fail together don't come back together.

use std::time::Duration;

use crate::error::{Error, Outcome, Status};

/// No wait is drawn from a longer range than this.
const CAP: Duration = Duration::from_secs(20);

/// Where nothing was sent, or the answer was lost: the next attempt may work at once.
const SHORT: Duration = Duration::from_millis(50);

/// Where the service has said that it needs time.
pub(super) const LONG: Duration = Duration::from_secs(1);

/// The range to draw the first wait after `error` from.
pub(super) fn base(error: &Error) -> Duration {
    match error.status() {
        Status::Busy | Status::Throttled | Status::Server => LONG,
        _ => SHORT,
    }
}

/// The range to draw the `n`-th wait from (from 1 on), where that of the first is `base`.
pub(super) fn range(base: Duration, n: u32) -> Duration {
    // 2^9 of the shortest base is beyond the cap.
    base.saturating_mul(1 << n.saturating_sub(1).min(9)).min(CAP)
}

/// A wait between zero and `range`; `random` is uniform.
pub(super) fn jitter(range: Duration, random: u64) -> Duration {
    let range = u64::try_from(range.as_nanos()).unwrap_or(u64::MAX);
    let nanoseconds = (u128::from(range) * u128::from(random)) >> 64;
    // Less than the range, so it fits.
    Duration::from_nanos(nanoseconds as u64)
}

/// The wait that the service asks for, and up to a tenth more, so that those whom it tells the same don't come together.
pub(super) fn hinted(hint: Duration, random: u64) -> Duration {
    hint.saturating_add(jitter(hint / 10, random))
}

/// Whether the service says that somebody else is at work, which passes by itself however often it is asked.
pub(super) fn is_busy(error: &Error) -> bool {
    error.status() == Status::Busy && error.outcome() == Outcome::Refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_doubles_from_its_base_to_the_cap() {
        let ranges = |status| {
            let base = base(&Error::new(status, ""));
            [1, 2, 3, 5, 6, 30, u32::MAX].map(|n| range(base, n).as_millis())
        };

        assert_eq!(ranges(Status::Busy), [1000, 2000, 4000, 16000, 20000, 20000, 20000]);
        assert_eq!(ranges(Status::Connect), [50, 100, 200, 800, 1600, 20000, 20000]);
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
    fn busy_is_what_the_service_refused_for_another_call() {
        let busy = Error::of_code("LockFailed");

        assert!(is_busy(&busy));
        assert!(!is_busy(&busy.outcome_is(Outcome::Unknown)));
        assert!(!is_busy(&Error::of_code("RoutineNotExist")));
    }
}
