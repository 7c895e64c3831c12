//! Where a record came from, as the C interface numbers it.

use std::ffi::c_char;

/// Where a record came from. In `origin` of a result.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_origin {
    /// This call created it: the service says so.
    ESA_ORIGIN_CREATED = 1,
    /// It is there: the list shows it, after an answer was lost or incomplete. One of this call's requests may have created
    /// it, or somebody else at the same time; the service doesn't say who.
    ESA_ORIGIN_RECOVERED = 2,
    /// It was there already.
    ESA_ORIGIN_EXISTING = 3,
}

/// The enumerator's name, such as "ESA_ORIGIN_CREATED", for a value of `esa_origin`.
///
/// Returns a static string; "" for a value that this version doesn't know. Any thread, at any time.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_origin_name(origin: i32) -> *const c_char {
    let name = match origin {
        1 => c"ESA_ORIGIN_CREATED",
        2 => c"ESA_ORIGIN_RECOVERED",
        3 => c"ESA_ORIGIN_EXISTING",
        _ => c"",
    };
    name.as_ptr()
}
