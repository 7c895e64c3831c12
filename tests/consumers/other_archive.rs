//! Another static archive of Rust's, with its own copy of the standard library, in the same program.

#[unsafe(no_mangle)]
pub extern "C" fn other_length(text: *const std::ffi::c_char) -> usize {
    // SAFETY: the program passes a NUL-terminated string.
    let text = unsafe { std::ffi::CStr::from_ptr(text) };
    std::panic::catch_unwind(|| text.to_string_lossy().chars().count()).unwrap_or(0)
}
