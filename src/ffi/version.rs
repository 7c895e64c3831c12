//! The library's versions.

use std::ffi::c_char;

/// The revision of the binary interface that this header describes.
///
/// It grows whenever something is added. A program that was built with this header runs with every library of the same
/// SONAME whose `esa_abi_version()` is at least this.
pub const ESA_ABI_VERSION: u32 = 1;

/// Gets the revision of the binary interface that the loaded library has. See `ESA_ABI_VERSION`.
///
/// Returns the revision. Any thread may call this, at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_abi_version() -> u32 {
    ESA_ABI_VERSION
}

/// Gets the library's version: "0.1.0", for example.
///
/// Returns a static string; don't free it. Any thread may call this, at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
