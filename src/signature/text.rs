//! Text that is hashed, signed or sent piece by piece, without being put together first.

use std::fmt::{self, Display, Formatter, Write};

use hmac::digest::Update;

/// Shows what `show` writes.
pub(super) fn shown(show: impl Fn(&mut Formatter<'_>) -> fmt::Result) -> impl Display {
    struct Shown<F>(F);
    impl<F: Fn(&mut Formatter<'_>) -> fmt::Result> Display for Shown<F> {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            self.0(f)
        }
    }
    Shown(show)
}

/// Hashes or signs what is written to it.
pub(super) struct Hashing<H>(pub(super) H);

impl<H: Update> Write for Hashing<H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

/// `hash` after it has got all of `text`.
pub(super) fn fed<H: Update>(hash: H, text: impl Display) -> H {
    let mut hashing = Hashing(hash);
    // A hash takes everything.
    let _ = write!(hashing, "{text}");
    hashing.0
}

/// 32 bytes in lower hex.
pub(super) struct Hex([u8; 64]);

impl Hex {
    pub(super) fn of(bytes: [u8; 32]) -> Hex {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = [0; 64];
        for (two, byte) in hex.chunks_exact_mut(2).zip(bytes) {
            two.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        Hex(hex)
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Display for Hex {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
