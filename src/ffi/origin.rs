//! The origin of a record, as the C interface numbers it.

use std::ffi::c_char;

/// The origin of a record. In `origin` of a result.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_origin {
    /// This call created the record: the service says so.
    ESA_ORIGIN_CREATED = 1,
    /// The record exists: the list shows it, after an answer was lost or incomplete. One of this call's requests may
    /// have created it, or somebody else at the same time. The service doesn't say who did.
    ESA_ORIGIN_RECOVERED = 2,
    /// The record existed already.
    ESA_ORIGIN_EXISTING = 3,
}

/// Gets the enumerator's name for a value of `esa_origin`: "ESA_ORIGIN_CREATED", for example.
///
/// Returns a static string; don't free it. It is "" for a value that this version doesn't know. Any thread may call
/// this, at any time.
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
