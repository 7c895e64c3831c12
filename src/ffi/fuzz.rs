//! Reads structs of any bytes, for the fuzzer.

use super::call_options::esa_call_options;
use super::struct_size::{CallerStruct, read_struct};

/// Reads options from a struct of these bytes. Its size is what it says, but never more than the bytes.
pub fn struct_size(data: &[u8]) {
    let Some((size, _)) = data.split_first_chunk::<8>() else { return };
    let says = usize::from_le_bytes(*size);
    if (8..=4096).contains(&says) && says > data.len() {
        // The caller's promise is broken.
        return;
    }
    // SAFETY: as many bytes as the struct says can be read; other sizes are refused.
    let read = unsafe { read_struct(data.as_ptr().cast::<esa_call_options>()) };
    let is_a_size = (40..=4096).contains(&says) || esa_call_options::FIELDS.contains(&says);
    assert_eq!(read.is_ok(), is_a_size && data[..says].iter().skip(40).all(|&byte| byte == 0));
    if let Ok(options) = read {
        assert_eq!(options.struct_size, says);
        assert!(says > 20 || options.max_attempts == 0);
    }
}
