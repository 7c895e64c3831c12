//! Unique numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::OnceBox;

use crate::error::{Error, ErrorKind};
use crate::per_process::PerProcess;

/// Returns the next number.
pub(crate) fn nonce() -> Result<u128, Error> {
    Nonces::of_process().next()
}

/// A process starts at a random number and counts up. To ask the kernel for each number would cost more than the rest
/// of a stamp.
struct Nonces {
    /// `None` if the system provides no random numbers.
    first: Option<u128>,
    count: AtomicU64,
}

impl Nonces {
    fn of_process() -> &'static Nonces {
        static NONCES: OnceBox<PerProcess<Nonces>> = OnceBox::new();
        // A forked child starts again with a random number.
        NONCES.get_or_init(|| Box::new(PerProcess::new(Nonces::new()))).get(Nonces::new)
    }

    fn new() -> Nonces {
        let mut random = [0; 16];
        let first = getrandom::getrandom(&mut random).ok().map(|()| u128::from_be_bytes(random));
        Nonces { first, count: AtomicU64::new(0) }
    }

    fn next(&self) -> Result<u128, Error> {
        let first =
            self.first.ok_or_else(|| Error::new(ErrorKind::Internal, "the system provides no random numbers"))?;
        Ok(first.wrapping_add(self.count.fetch_add(1, Ordering::Relaxed).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(nonce().unwrap(), nonce().unwrap());
    }

    #[test]
    fn nonces_begin_anywhere_and_go_on_from_there() {
        let (one, other) = (Nonces::new(), Nonces { first: Some(u128::MAX), count: AtomicU64::new(0) });

        assert_ne!(one.next().unwrap(), Nonces::new().next().unwrap());
        assert_eq!([other.next().unwrap(), other.next().unwrap()], [u128::MAX, 0]);
        assert!(Nonces { first: None, count: AtomicU64::new(0) }.next().is_err());
    }
}
