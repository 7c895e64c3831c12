//! Random numbers: the system's, and for tests those of a seed.

#[cfg(test)]
use std::time::Duration;

/// Returns a uniform random number. If the system provides none, returns the middle, which gives the average behaviour.
pub(crate) fn random() -> u64 {
    let mut random = [0; size_of::<u64>()];
    getrandom::getrandom(&mut random).map_or(1 << 63, |()| u64::from_ne_bytes(random))
}

/// SplitMix64.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

#[cfg(test)]
impl Random {
    pub(crate) fn of(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Returns true in this percentage of cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn of_all<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    pub(crate) fn milliseconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from + 1))
    }
}
