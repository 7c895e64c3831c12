//! The emulator's clock: the machine's, moved by an offset that tests set.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};

/// Offsets stay within a century, so that adding one to a real time can't overflow.
const LARGEST_OFFSET_MS: i64 = 100 * 365 * 24 * 3600 * 1000;

#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_ms: i64,
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        let real = Timestamp::now();
        real.checked_add(SignedDuration::from_millis(self.offset_ms)).unwrap_or(real)
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms
    }

    pub(crate) fn set_offset_ms(&mut self, offset_ms: i64) -> Result<(), String> {
        if offset_ms.unsigned_abs() > LARGEST_OFFSET_MS.unsigned_abs() {
            return Err(format!("offset_ms must lie within {LARGEST_OFFSET_MS} of zero"));
        }
        self.offset_ms = offset_ms;
        Ok(())
    }
}

/// The form of `Timestamp` and `x-acs-date`, and no other spelling of it.
pub(crate) fn parse_exact(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    (format(time) == text).then_some(time)
}

pub(crate) fn format(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The form of the `Date` header.
pub(crate) fn http_date(time: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_utc_seconds_are_a_service_time() {
        assert_eq!(
            parse_exact("2025-01-02T03:04:05Z").map(http_date).as_deref(),
            Some("Thu, 02 Jan 2025 03:04:05 GMT")
        );
        for wrong in ["2025-01-02t03:04:05z", "2025-01-02T03:04:05.0Z", "2025-01-02T04:04:05+01:00", "now", ""] {
            assert_eq!(parse_exact(wrong), None, "{wrong}");
        }
    }
}
