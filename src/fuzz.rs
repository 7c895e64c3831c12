//! What the fuzzer drives: `cargo fuzz` alone sets the flag that this is compiled with.

pub use crate::credentials::fuzz::credential_files;
use crate::endpoint::Endpoint;
#[cfg(feature = "capi")]
pub use crate::ffi::fuzz::struct_size;
pub use crate::http::fuzz::http_reply;
pub use crate::reply::fuzz::{reply, retry_hint};
pub use crate::signature::fuzz::credentials;
pub use crate::transport::fuzz::{proxy, proxy_reply};

/// An endpoint that is taken is the same one when it is written out and read again.
pub fn endpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(endpoint) = Endpoint::parse(text) {
        assert_eq!(Endpoint::parse(&endpoint.url()).as_ref(), Ok(&endpoint));
        assert!(endpoint.port() != 0 && !endpoint.host().is_empty());
    }
}
