//! Bytes as hexadecimal text.

/// The two hexadecimal digits of each byte.
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

/// Writes `bytes` as lower-case hexadecimal digits. `hex` has two for each byte.
pub(crate) fn write_hex(bytes: &[u8], hex: &mut [u8]) {
    for (two, &byte) in hex.chunks_exact_mut(2).zip(bytes) {
        two.copy_from_slice(&DIGITS[usize::from(byte)]);
    }
}

/// 32 bytes as lower-case hexadecimal digits.
pub(crate) struct Hex([u8; 64]);

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
