//! The date and nonce of one attempt.

use std::time::SystemTime;

use jiff::Timestamp;

use crate::error::{Error, Status};
use crate::signature::Stamp;

impl Stamp {
    /// A stamp for a request that is sent now.
    pub(crate) fn now() -> Result<Stamp, Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(Status::Internal, format!("the system gives no random numbers: {error}")))?;
        Stamp::of(SystemTime::now(), random)
    }

    fn of(time: SystemTime, random: [u8; 16]) -> Result<Stamp, Error> {
        let time = Timestamp::try_from(time)
            .and_then(|time| Timestamp::from_second(time.as_second()))
            .map_err(|_| Error::new(Status::Config, "this machine's clock is thousands of years off"))?;
        Ok(Stamp { date: time.to_string(), nonce: format!("{:032x}", u128::from_be_bytes(random)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_stamp_has_whole_seconds_of_utc_and_all_random_bits() {
        let stamp = Stamp::of(SystemTime::UNIX_EPOCH + Duration::from_millis(1_735_787_045_999), [0xA; 16]).unwrap();

        assert_eq!(stamp.date, "2025-01-02T03:04:05Z");
        assert_eq!(stamp.nonce, "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a");
    }

    #[test]
    fn no_two_stamps_have_the_same_nonce() {
        assert_ne!(Stamp::now().unwrap().nonce, Stamp::now().unwrap().nonce);
    }
}
