//! The date and nonce of one attempt.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;

use super::write_hex;
use crate::error::{Error, Status};

/// What makes one attempt's signature its own.
pub(crate) struct Stamp {
    /// `yyyy-MM-ddTHH:mm:ssZ`, UTC.
    pub(crate) date: [u8; 20],
    /// Never used before.
    pub(crate) nonce: [u8; 32],
}

const YEAR_10000: u64 = 253_402_300_800;

impl Stamp {
    /// A stamp for a request that is sent at `time`, with a `nonce` that was never used before.
    pub(crate) fn of(time: SystemTime, nonce: u128) -> Result<Stamp, Error> {
        // What can't be written with four digits for the year.
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX);
        if since_1970.as_secs() >= YEAR_10000 {
            return Err(Error::new(Status::Config, "this machine's clock is decades off"));
        }
        let mut stamp = Stamp { date: [0; 20], nonce: [0; 32] };
        write!(&mut stamp.date[..], "{}", format_rfc3339_seconds(time))
            .map_err(|_| Error::new(Status::Internal, "a date that is too long"))?;
        write_hex(&nonce.to_be_bytes(), &mut stamp.nonce);
        Ok(stamp)
    }

    pub(crate) fn date(&self) -> &str {
        std::str::from_utf8(&self.date).unwrap_or_default()
    }

    pub(crate) fn nonce(&self) -> &str {
        std::str::from_utf8(&self.nonce).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_has_whole_seconds_of_utc_and_all_bits_of_the_nonce() {
        let stamp = Stamp::of(UNIX_EPOCH + Duration::from_millis(1_735_787_045_999), u128::MAX / 0xFF * 0xA).unwrap();

        assert_eq!(stamp.date(), "2025-01-02T03:04:05Z");
        assert_eq!(stamp.nonce(), "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");
    }

    #[test]
    fn a_clock_outside_of_four_digit_years_is_an_error() {
        for time in [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(YEAR_10000)] {
            assert_eq!(Stamp::of(time, 0).err().map(|error| error.status()), Some(Status::Config));
        }
        let last = UNIX_EPOCH + Duration::from_secs(YEAR_10000 - 1);
        assert_eq!(Stamp::of(last, 0).unwrap().date(), "9999-12-31T23:59:59Z");
    }
}
