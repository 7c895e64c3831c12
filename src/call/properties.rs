//! What holds for every wait.

use std::time::Duration;

use proptest::prelude::*;

use super::Budget;
use super::backoff::{BUSY, LONG, hinted, jitter};
use crate::error::{Error, ErrorKind};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_wait_lies_within_its_range_and_grows_with_the_random_number(
        nanoseconds in any::<u64>(), small in any::<u64>(), large in any::<u64>()
    ) {
        let (range, small, large) = (Duration::from_nanos(nanoseconds), small.min(large), small.max(large));

        prop_assert!(jitter(range, large) < range || range.is_zero());
        prop_assert!(jitter(range, small) <= jitter(range, large));
    }

    #[test]
    fn ranges_grow_from_their_base_to_the_cap(n in 1u32..) {
        for (backoff, cap) in [(LONG, 20), (BUSY, 8)] {
            let range = |n| backoff.range(n);
            prop_assert_eq!(range(1), backoff.base);
            prop_assert!(range(n) <= range(n.saturating_add(1)));
            prop_assert_eq!(range(n), backoff.base * 2u32.saturating_pow(n - 1).min(cap));
        }
    }

    #[test]
    fn a_hinted_wait_is_at_most_a_tenth_longer(
        seconds in any::<u64>(), nanoseconds in 0u32..1_000_000_000, random in any::<u64>()
    ) {
        let hint = Duration::new(seconds, nanoseconds);
        let wait = hinted(hint, random);

        prop_assert!(wait >= hint && wait - hint <= hint / 10);
    }

    #[test]
    fn the_budget_never_leaves_its_bounds(steps in proptest::collection::vec(0u8..4, 0..400)) {
        let (budget, mut tokens) = (Budget::new(), 500u32);
        for step in steps {
            let (status, cost) = [(ErrorKind::Io, 14), (ErrorKind::Throttled, 5)][usize::from(step % 2)];
            if step < 2 {
                budget.earn();
                tokens = (tokens + 1).min(500);
            } else {
                prop_assert_eq!(budget.pay(&Error::new(status, "")), tokens >= cost);
                tokens = tokens.checked_sub(cost).unwrap_or(tokens);
            }
        }
    }
}
