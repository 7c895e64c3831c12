//! The client's clock: this machine's clock, and its offset from the service's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Error;
use crate::log::{Level, Scope};

/// Corrects this machine's clock for signing, if the service's time is known. The machine's clock itself isn't changed.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

/// 2024-09-10, the version of the service's interface. No reply of the service is older.
const EARLIEST: u64 = 1_725_926_400;

/// The service allows 15 minutes. A smaller difference than this isn't the reason of a refusal.
const SIGNIFICANT: u64 = 60;

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        self.corrected(SystemTime::now())
    }

    /// Sets the offset from the date of a reply, and logs it. Returns false if that makes no difference, or if the date
    /// is implausible.
    pub(crate) fn correct(&self, date: SystemTime, log: &Scope<'_>) -> bool {
        let machine = SystemTime::now();
        let corrected = self.correct_at(machine, date);
        if corrected {
            let difference = describe(seconds_between(machine, date));
            log.write(Level::Warn, || format!("{difference}; from now on the service's time is used"));
        }
        corrected
    }

    /// Whether a request with this time was off, according to the date of its reply.
    pub(super) fn was_off(signed_at: SystemTime, date: SystemTime) -> bool {
        offset_at(signed_at, date).is_some_and(|offset| offset.unsigned_abs() >= SIGNIFICANT)
    }

    fn correct_at(&self, machine: SystemTime, date: SystemTime) -> bool {
        let Some(offset) = offset_at(machine, date) else { return false };
        let before = seconds_between(machine, self.corrected(machine));
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

/// Returns how many seconds the service's clock is ahead of this machine's, from the date of a reply. `None` if the
/// date is implausible.
fn offset_at(machine: SystemTime, date: SystemTime) -> Option<i64> {
    (date >= UNIX_EPOCH + Duration::from_secs(EARLIEST)).then(|| seconds_between(machine, date))
}

/// Adds to a refused date how far this machine's clock is off, from the date of the reply.
pub(super) fn explain(error: Error) -> Error {
    match error.reply_date().and_then(|date| offset_at(SystemTime::now(), date)) {
        Some(offset) if offset.unsigned_abs() < SIGNIFICANT => error
            .and_says(&describe(offset))
            .with_advice("Check that nothing on the way to the service holds requests back, or repeats old ones."),
        Some(offset) => error.and_says(&describe(offset)),
        None => error.and_says("this machine's clock can't be checked: the reply has no date of the service"),
    }
}

/// Describes a difference of this many seconds, rounded. The date of a reply has a resolution of one second.
fn describe(seconds: i64) -> String {
    if seconds.unsigned_abs() < SIGNIFICANT {
        return "this machine's clock agrees with the service's".to_owned();
    }
    let minutes = seconds.unsigned_abs().saturating_add(30) / 60;
    let hours = (minutes + 30) / 60;
    let amount = match (hours / 24, minutes / 60) {
        (0..2, 0) => format!("{minutes} min"),
        (0..2, hours) => format!("{hours} h {} min", minutes % 60),
        (days, _) => format!("{days} d {} h", hours % 24),
    };
    format!("this machine's clock is {amount} {} the service's", if seconds < 0 { "ahead of" } else { "behind" })
}

/// Returns how many seconds `later` is after `earlier`. Negative if it is before.
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
    use crate::log::NOWHERE;
    use crate::service_code::ServiceCode;

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
    fn the_difference_is_described_in_words() {
        for (seconds, amount) in [
            (60, "1 min behind"),
            (-3569, "59 min ahead of"),
            (3570, "1 h 0 min behind"),
            (7199, "2 h 0 min behind"),
            (-7260, "2 h 1 min ahead of"),
            (100_000, "27 h 47 min behind"),
            (-172_790, "2 d 0 h ahead of"),
            (NOON as i64, "20833 d 8 h behind"),
            (i64::MIN, "106751991167300 d 16 h ahead of"),
        ] {
            assert_eq!(describe(seconds), format!("this machine's clock is {amount} the service's"));
        }
    }

    #[test]
    fn a_refused_date_is_explained_by_the_date_of_the_reply() {
        let code = ServiceCode::InvalidTimeStampExpired;
        let explained = |date| explain(Error::of_code(code.as_str()).with_reply_date(date));
        let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));

        let off = explained(Some(now + 2 * hour));
        assert_eq!(off.message(), "; this machine's clock is 2 h 0 min behind the service's");
        assert_eq!(off.advice(), code.advice());
        let right = explained(Some(now));
        assert_eq!(right.message(), "; this machine's clock agrees with the service's");
        assert_ne!(right.advice(), code.advice());
        for date in [None, Some(UNIX_EPOCH)] {
            assert!(explained(date).message().contains("can't be checked"));
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
    fn a_request_is_judged_by_the_time_that_it_was_signed_with() {
        assert!(Clock::was_off(at(NOON), at(NOON + 60)) && Clock::was_off(at(NOON), at(NOON - 60)));
        assert!(!Clock::was_off(at(NOON), at(NOON + 59)));
        assert!(!Clock::was_off(at(NOON), at(EARLIEST - 1)));
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

        let correct = |date| clock.correct(date, &Scope::of_call(&NOWHERE, 0));
        assert!(!correct(SystemTime::now()));
        assert!(correct(SystemTime::now() + hour));
        assert!(clock.now() > SystemTime::now() + hour / 2);
    }
}
