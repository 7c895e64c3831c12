//! Makes request ids, the numbers of users and roles, and the seeded random numbers of fault rules.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// An upper-case version 4 UUID, the form of a `RequestId`.
pub(crate) fn request_id() -> String {
    let mut bytes: [u8; 16] = random_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (position, byte) in bytes.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        let _ = write!(id, "{byte:02X}"); // writing to a String can't fail
    }
    id
}

/// Returns bytes that are unique to this call. Keys also consist of them. They are valid only for this emulator.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        // Without a random source, they still differ by their time.
        let nanoseconds = jiff::Timestamp::now().as_nanosecond().to_le_bytes();
        bytes.iter_mut().zip(nanoseconds).for_each(|(byte, part)| *byte = part);
    }
    bytes
}

/// The number of a user or role: 18 digits, always the same for the same name.
pub(crate) fn number_of(arn: &str) -> String {
    let hash = Sha256::digest(arn).iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("3{:017}", hash % 10_u64.pow(17))
}

/// SplitMix64: small, and the same seed gives the same sequence everywhere.
#[derive(Debug)]
pub(crate) struct SeededRandom(u64);

impl SeededRandom {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number in 0..1.
    pub(crate) fn next_fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_an_upper_case_uuid_and_never_the_same() {
        let (first, second) = (request_id(), request_id());
        assert_ne!(first, second);
        assert_eq!(first.len(), 36);
        assert_eq!(first.as_bytes()[14], b'4');
        assert!(first.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)));
    }

    #[test]
    fn a_seed_fixes_the_sequence() {
        let draw = |seed| {
            let mut random = SeededRandom::new(seed);
            [random.next_fraction(), random.next_fraction()]
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|fraction| (0.0..1.0).contains(fraction)));
    }
}
