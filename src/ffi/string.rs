//! Strings across the C interface. They are NUL-terminated UTF-8. Those of the caller are copied, and those for the
//! caller are owned by their struct.

use std::ffi::{CStr, CString, c_char};

use crate::error::Error;

/// Reads the string behind `pointer`. `field` is its name for the caller.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated string that nothing changes during the call.
pub(super) unsafe fn read_string<'a>(field: &str, pointer: *const c_char) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise is this function's own.
    unsafe { read_optional_string(field, pointer) }?.ok_or_else(|| Error::invalid_argument(field, "is NULL"))
}

/// Reads the string behind `pointer`; `None` for NULL.
///
/// # Safety
/// As for [`read_string`].
pub(super) unsafe fn read_optional_string<'a>(field: &str, pointer: *const c_char) -> Result<Option<&'a str>, Error> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, so NUL-terminated and unchanged during the call (this function's promise).
    let bytes = unsafe { CStr::from_ptr(pointer) };
    bytes.to_str().map(Some).map_err(|_| Error::invalid_argument(field, "is not UTF-8"))
}

/// Makes a string for the caller. C reads to the first NUL, so a NUL inside (the service never sends it) ends
/// the string.
pub(super) fn to_c_string(text: &str) -> CString {
    let visible = text.split('\0').next().unwrap_or_default();
    CString::new(visible).unwrap_or_default()
}
