//! Text that is hashed, signed or sent piece by piece, without being put together first.

use hmac::digest::Update;

/// Where pieces of text go.
pub(crate) trait Sink {
    fn push(&mut self, piece: &str);

    fn push_all(&mut self, pieces: &[&str]) {
        pieces.iter().for_each(|piece| self.push(piece));
    }
}

impl Sink for String {
    fn push(&mut self, piece: &str) {
        self.push_str(piece);
    }
}

/// `hash` after it has got all that `write` writes.
pub(super) fn fed<H: Update>(hash: H, write: impl FnOnce(&mut Feeding<H>)) -> H {
    let mut feeding = Feeding { hash, buffer: [0; BUFFER], filled: 0 };
    write(&mut feeding);
    feeding.flush();
    feeding.hash
}

const BUFFER: usize = 1024;

/// Hashes or signs what is written to it, a few pieces at once: a hash takes its time for each.
pub(super) struct Feeding<H> {
    hash: H,
    buffer: [u8; BUFFER],
    filled: usize,
}

impl<H: Update> Feeding<H> {
    fn flush(&mut self) {
        self.hash.update(self.buffer.get(..self.filled).unwrap_or_default());
        self.filled = 0;
    }
}

impl<H: Update> Sink for Feeding<H> {
    fn push(&mut self, piece: &str) {
        if piece.len() > BUFFER - self.filled {
            self.flush();
        }
        match self.buffer.get_mut(self.filled..self.filled + piece.len()) {
            Some(room) => {
                room.copy_from_slice(piece.as_bytes());
                self.filled += piece.len();
            }
            None => self.hash.update(piece.as_bytes()),
        }
    }
}

/// Each byte in lower hex.
const DIGITS: &[[u8; 2]; 256] = &{
    const DIGIT: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        digits[byte] = [DIGIT[byte >> 4], DIGIT[byte & 15]];
        byte += 1;
    }
    digits
};

/// Writes `bytes` in lower hex; `hex` has two for each.
pub(crate) fn write_hex(bytes: &[u8], hex: &mut [u8]) {
    for (two, &byte) in hex.chunks_exact_mut(2).zip(bytes) {
        two.copy_from_slice(&DIGITS[usize::from(byte)]);
    }
}

/// 32 bytes in lower hex.
pub(super) struct Hex([u8; 64]);

impl Hex {
    pub(super) fn of(bytes: [u8; 32]) -> Hex {
        let mut hex = [0; 64];
        write_hex(&bytes, &mut hex);
        Hex(hex)
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn pieces_of_any_length_are_hashed_as_one_text() {
        let pieces = ["", "a", &"b".repeat(BUFFER - 1), "c", &"d".repeat(BUFFER), "e", &"f".repeat(3 * BUFFER), "g"];

        let hash = fed(Sha256::new(), |hash| pieces.iter().for_each(|piece| hash.push(piece))).finalize();

        assert_eq!(hash, Sha256::digest(pieces.concat()));
    }
}
