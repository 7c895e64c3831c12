//! The date and the nonce of one attempt.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;

use super::write_hex;
use crate::error::{Error, ErrorKind};

/// The date and the nonce that make one attempt's signature unique.
pub(crate) struct Stamp {
    /// `yyyy-MM-ddTHH:mm:ssZ`, UTC.
    pub(crate) date: [u8; 20],
    pub(crate) nonce: Nonce,
}

/// A text that was never used before.
pub(crate) struct Nonce {
    bytes: [u8; Nonce::LONGEST],
    length: usize,
}

impl Nonce {
    const LONGEST: usize = 64;

    fn of(number: u128) -> Nonce {
        let (mut bytes, length) = ([0; Nonce::LONGEST], 32);
        write_hex(&number.to_be_bytes(), &mut bytes[..length]);
        Nonce { bytes, length }
    }

    pub(crate) fn parse(text: &str) -> Result<Nonce, Error> {
        let (mut bytes, length) = ([0; Nonce::LONGEST], text.len());
        match bytes.get_mut(..length).filter(|_| length > 0 && text.bytes().all(|byte| byte.is_ascii_graphic())) {
            Some(place) => place.copy_from_slice(text.as_bytes()),
            None => return Err(Error::invalid_argument("nonce", "is not 1 to 64 characters of printable ASCII")),
        }
        Ok(Nonce { bytes, length })
    }
}

const YEAR_10000: u64 = 253_402_300_800;

impl Stamp {
    /// Returns a stamp for a request that is sent at `time`. `nonce` must never have been used before.
    pub(crate) fn of(time: SystemTime, nonce: u128) -> Result<Stamp, Error> {
        let refused = |_| Error::new(ErrorKind::Config, "this machine's clock is decades off");
        Ok(Stamp { date: date(time).map_err(refused)?, nonce: Nonce::of(nonce) })
    }

    /// Returns a stamp of the caller's own date and nonce.
    pub(crate) fn given(time: SystemTime, nonce: &str) -> Result<Stamp, Error> {
        let refused = |_| Error::invalid_argument("date", "is not between the years 1970 and 9999");
        Ok(Stamp { date: date(time).map_err(refused)?, nonce: Nonce::parse(nonce)? })
    }

    pub(crate) fn date(&self) -> &str {
        std::str::from_utf8(&self.date).unwrap_or_default()
    }

    pub(crate) fn nonce(&self) -> &str {
        let nonce = self.nonce.bytes.get(..self.nonce.length).unwrap_or_default();
        std::str::from_utf8(nonce).unwrap_or_default()
    }
}

/// A time whose year doesn't have four digits.
struct OutOfRange;

fn date(time: SystemTime) -> Result<[u8; 20], OutOfRange> {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX);
    if since_1970.as_secs() >= YEAR_10000 {
        return Err(OutOfRange);
    }
    let mut date = [0; 20];
    write!(&mut date[..], "{}", format_rfc3339_seconds(time)).map_err(|_| OutOfRange)?;
    Ok(date)
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
    fn what_is_given_is_taken_as_it_is_if_it_can_be_sent() {
        let nonce = "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf";
        let given = Stamp::given(UNIX_EPOCH + Duration::from_secs(1), nonce).unwrap();
        assert_eq!((given.date(), given.nonce()), ("1970-01-01T00:00:01Z", nonce));
        assert_eq!(Stamp::given(UNIX_EPOCH, &"a".repeat(64)).unwrap().nonce().len(), 64);

        for nonce in ["", "a b", "a\n", "\u{e9}", &"a".repeat(65)] {
            let error = Stamp::given(UNIX_EPOCH, nonce).err().unwrap();
            assert!(error.message().starts_with("nonce "), "{nonce}: {error}");
        }
        let error = Stamp::given(UNIX_EPOCH + Duration::from_secs(YEAR_10000), "a").err().unwrap();
        assert!(error.message().starts_with("date "), "{error}");
    }

    #[test]
    fn a_clock_outside_of_four_digit_years_is_an_error() {
        for time in [UNIX_EPOCH - Duration::from_secs(1), UNIX_EPOCH + Duration::from_secs(YEAR_10000)] {
            assert_eq!(Stamp::of(time, 0).err().map(|error| error.kind()), Some(ErrorKind::Config));
        }
        let last = UNIX_EPOCH + Duration::from_secs(YEAR_10000 - 1);
        assert_eq!(Stamp::of(last, 0).unwrap().date(), "9999-12-31T23:59:59Z");
    }
}
