//! The retry budget of a client. It limits the retries when many calls fail, so that a service in trouble doesn't get a
//! multiple of the usual traffic.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, ErrorKind};

const FULL: u32 = 500;

/// The cost of a retry, and of one after the service has said that it needs time.
const RETRY: u32 = 14;
const THROTTLED: u32 = 5;

/// A token bucket. Retries take tokens, and a success returns one.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    pub(crate) fn new() -> Budget {
        Budget(AtomicU32::new(FULL))
    }

    /// Pays for a retry after `error`. Returns false if too few tokens are left.
    pub(super) fn pay(&self, error: &Error) -> bool {
        let cost = if error.kind() == ErrorKind::Throttled { THROTTLED } else { RETRY };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(cost)).is_ok()
    }

    pub(super) fn earn(&self) {
        let _ =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| (tokens < FULL).then_some(tokens + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_bucket_pays_for_thirty_five_retries_or_a_hundred_throttled_ones() {
        for (status, retries) in [(ErrorKind::Connect, 35), (ErrorKind::Throttled, 100)] {
            let (budget, error) = (Budget::new(), Error::new(status, ""));

            assert_eq!((0..1000).filter(|_| budget.pay(&error)).count(), retries);
        }
    }

    #[test]
    fn successes_fill_it_again_and_not_beyond() {
        let (budget, error) = (Budget::new(), Error::new(ErrorKind::Connect, ""));
        while budget.pay(&error) {}

        (0..14).for_each(|_| budget.earn());
        assert!(budget.pay(&error));
        (0..2000).for_each(|_| budget.earn());
        assert_eq!((0..1000).filter(|_| budget.pay(&error)).count(), 35);
    }
}
