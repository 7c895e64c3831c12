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

    /// How far this machine's clock is off from the service's, by the date of a reply.
    pub(crate) fn describe(&self, date: Option<SystemTime>) -> String {
        match date.filter(|&date| date >= UNIX_EPOCH + Duration::from_secs(EARLIEST)) {
            Some(date) => describe(seconds_between(SystemTime::now(), date)),
            None => {
                "how far this machine's clock is off can't be told: the reply has no date of the service".to_owned()
            }
        }
    }

    fn corrected(&self, machine: SystemTime) -> SystemTime {
        let offset = self.offset_seconds.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let corrected = if offset < 0 { machine.checked_sub(distance) } else { machine.checked_add(distance) };
        corrected.unwrap_or(machine)
    }
}

/// What it means that the service's clock shows so many seconds more than this machine's.
fn describe(seconds: i64) -> String {
    let off = seconds.unsigned_abs();
    let amount = match (off / 86_400, off / 3600, off / 60) {
        (0, 0, 0) => format!("{off} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", off % 60),
        (0, hours, minutes) => format!("{hours} h {} min", minutes % 60),
        (days, hours, _) => format!("{days} d {} h", hours % 24),
    };
    format!("this machine's clock is {amount} {} the service's", if seconds < 0 { "ahead of" } else { "behind" })
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
    fn the_difference_is_told_in_words() {
        for (seconds, amount) in [
            (59, "59 s behind"),
            (-90, "1 min 30 s ahead of"),
            (7200, "2 h 0 min behind"),
            (-7260, "2 h 1 min ahead of"),
            (100_000, "1 d 3 h behind"),
        ] {
            assert_eq!(describe(seconds), format!("this machine's clock is {amount} the service's"));
        }
        assert!(Clock::default().describe(None).contains("can't be told"));
        assert!(Clock::default().describe(Some(UNIX_EPOCH)).contains("can't be told"));
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
