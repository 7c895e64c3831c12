//! The date and nonce of one attempt.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;

use crate::error::{Error, Status};
use crate::signature::Stamp;

const YEAR_10000: u64 = 253_402_300_800;

impl Stamp {
    /// A stamp for a request that is sent at `time`.
    pub(crate) fn new(time: SystemTime) -> Result<Stamp, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(Status::Internal, format!("the system gives no random numbers: {error}")))?;
        Stamp::of(time, random)
    }

    fn of(time: SystemTime, random: [u8; 16]) -> Result<Stamp, Error> {
        // What can't be written with four digits for the year.
        let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX);
        if since_1970.as_secs() >= YEAR_10000 {
            return Err(Error::new(Status::Config, "this machine's clock is decades off"));
        }
        Ok(Stamp {
            date: format_rfc3339_seconds(time).to_string(),
            nonce: format!("{:032x}", u128::from_be_bytes(random)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_has_whole_seconds_of_utc_and_all_random_bits() {
        let stamp = Stamp::of(UNIX_EPOCH + Duration::from_millis(1_735_787_045_999), [0xA; 16]).unwrap();

        assert_eq!(stamp.date, "2025-01-02T03:04:05Z");
        assert_eq!(stamp.nonce, "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");
    }

    #[test]
    fn a_clock_outside_of_four_digit_years_is_an_error() {
        for time in [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(YEAR_10000)] {
            assert_eq!(Stamp::of(time, [0; 16]).err().map(|error| error.status()), Some(Status::Config));
        }
        let last = UNIX_EPOCH + Duration::from_secs(YEAR_10000 - 1);
        assert_eq!(Stamp::of(last, [0; 16]).unwrap().date, "9999-12-31T23:59:59Z");
    }

    #[test]
    fn no_two_stamps_have_the_same_nonce() {
        let stamp = || Stamp::new(UNIX_EPOCH).unwrap();

        assert_ne!(stamp().nonce, stamp().nonce);
    }
}
