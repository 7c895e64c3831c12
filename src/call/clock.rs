//! The client's idea of the time: this machine's clock, and how far it is off from the service's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Requests are signed with the service's time, as far as it is known. The clock itself isn't touched.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

/// 2024-09-10, the version of the service's interface: no reply of it is older.
const EARLIEST: u64 = 1_725_926_400;

/// The service allows 15 minutes; a difference below this is not what it complains of.
const SIGNIFICANT: u64 = 60;

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        self.corrected(SystemTime::now())
    }

    /// Sets the clock by the date of a reply; false where that makes no difference, or isn't to be believed.
    pub(crate) fn correct(&self, date: SystemTime) -> bool {
        self.correct_at(SystemTime::now(), date)
    }

    fn correct_at(&self, machine: SystemTime, date: SystemTime) -> bool {
        if date < UNIX_EPOCH + Duration::from_secs(EARLIEST) {
            return false;
        }
        let before = seconds_between(machine, self.corrected(machine));
        let offset = seconds_between(machine, date);
        self.offset_seconds.store(offset, Ordering::Relaxed);
        offset.abs_diff(before) >= SIGNIFICANT
    }

    fn corrected(&self, machine: SystemTime) -> SystemTime {
        let offset = self.offset_seconds.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let corrected = if offset < 0 { machine.checked_sub(distance) } else { machine.checked_add(distance) };
        corrected.unwrap_or(machine)
    }
}

/// How many seconds `later` is after `earlier`; negative where it is before.
fn seconds_between(earlier: SystemTime, later: SystemTime) -> i64 {
    let clamp = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match later.duration_since(earlier) {
        Ok(duration) => clamp(duration),
        Err(error) => -clamp(error.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    const NOON: u64 = 1_800_000_000;

    #[test]
    fn a_clock_that_is_off_either_way_is_corrected() {
        for machine in [NOON - 7200, NOON + 7200, 0, 40_000_000_000] {
            let clock = Clock::default();

            assert!(clock.correct_at(at(machine), at(NOON)));
            assert_eq!(clock.corrected(at(machine + 5)), at(NOON + 5));
        }
    }

    #[test]
    fn a_date_that_makes_no_difference_says_so() {
        let clock = Clock::default();

        assert!(!clock.correct_at(at(NOON), at(NOON + 59)));
        assert!(clock.correct_at(at(NOON), at(NOON + 7200)));
        assert!(!clock.correct_at(at(NOON), at(NOON + 7200)));
    }

    #[test]
    fn a_date_before_the_service_is_not_believed() {
        let clock = Clock::default();

        assert!(!clock.correct_at(at(NOON), at(0)));
        assert_eq!(clock.corrected(at(NOON)), at(NOON));
    }

    #[test]
    fn the_date_of_the_service_s_version_is_the_first_that_is_believed() {
        assert!(Clock::default().correct_at(at(NOON), at(EARLIEST)));
        assert!(!Clock::default().correct_at(at(NOON), at(EARLIEST - 1)));
    }

    #[test]
    fn the_machine_s_clock_is_what_is_corrected() {
        let clock = Clock::default();
        let hour = Duration::from_secs(3600);

        assert!(!clock.correct(SystemTime::now()));
        assert!(clock.correct(SystemTime::now() + hour));
        assert!(clock.now() > SystemTime::now() + hour / 2);
    }
}
