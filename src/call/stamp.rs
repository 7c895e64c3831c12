//! The date and nonce of one attempt.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;
use once_cell::race::OnceBox;

use crate::error::{Error, Status};
use crate::per_process::PerProcess;
use crate::signature::{Stamp, write_hex};

const YEAR_10000: u64 = 253_402_300_800;

impl Stamp {
    /// A stamp for a request that is sent at `time`.
    pub(crate) fn new(time: SystemTime) -> Result<Stamp, Error> {
        Stamp::of(time, Nonces::of_process().next()?)
    }

    fn of(time: SystemTime, nonce: u128) -> Result<Stamp, Error> {
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
}

/// Numbers of which none comes twice: a process begins at a random one and counts on. Asking the kernel for each would
/// cost more than the rest of the stamp.
struct Nonces {
    /// `None` where the system gives no random numbers.
    first: Option<u128>,
    count: AtomicU64,
}

impl Nonces {
    fn of_process() -> &'static Nonces {
        static NONCES: OnceBox<PerProcess<Nonces>> = OnceBox::new();
        // A forked child begins anew.
        NONCES.get_or_init(|| Box::new(PerProcess::new(Nonces::new()))).get(Nonces::new)
    }

    fn new() -> Nonces {
        let mut random = [0; 16];
        let first = getrandom::fill(&mut random).ok().map(|()| u128::from_be_bytes(random));
        Nonces { first, count: AtomicU64::new(0) }
    }

    fn next(&self) -> Result<u128, Error> {
        let first = self.first.ok_or_else(|| Error::new(Status::Internal, "the system gives no random numbers"))?;
        Ok(first.wrapping_add(self.count.fetch_add(1, Ordering::Relaxed).into()))
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

    #[test]
    fn no_two_stamps_have_the_same_nonce() {
        let stamp = || Stamp::new(UNIX_EPOCH).unwrap();

        assert_ne!(stamp().nonce(), stamp().nonce());
    }

    #[test]
    fn nonces_begin_anywhere_and_go_on_from_there() {
        let (one, other) = (Nonces::new(), Nonces { first: Some(u128::MAX), count: AtomicU64::new(0) });

        assert_ne!(one.next().unwrap(), Nonces::new().next().unwrap());
        assert_eq!([other.next().unwrap(), other.next().unwrap()], [u128::MAX, 0]);
        assert!(Nonces { first: None, count: AtomicU64::new(0) }.next().is_err());
    }
}
