//! Entry points of the fuzzer. Only `cargo fuzz` compiles them.

pub use crate::credentials::fuzz::credential_files;
use crate::endpoint::Endpoint;
#[cfg(feature = "capi")]
pub use crate::ffi::fuzz::struct_size;
pub use crate::http::fuzz::http_reply;
pub use crate::reply::fuzz::{reply, retry_hint};
pub use crate::signature::fuzz::credentials;
pub use crate::transport::fuzz::{proxy, proxy_reply};

/// A valid endpoint stays the same if it is formatted and parsed again.
pub fn endpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(endpoint) = Endpoint::parse(text) {
        assert_eq!(Endpoint::parse(&endpoint.url()).as_ref(), Ok(&endpoint));
        assert!(endpoint.port() != 0 && !endpoint.host().is_empty());
    }
}
