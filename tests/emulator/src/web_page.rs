//! Tells the requests that a web page could have caused from those of programs.
//!
//! A page can reach the loopback address, by a name that it makes resolve there or by a blind POST.

use hyper::HeaderMap;

use crate::request::single_header;
use crate::service_error::ServiceError;

pub(crate) fn host_is_loopback(headers: &HeaderMap) -> bool {
    single_header(headers, "host").is_some_and(is_loopback_authority)
}

/// What gives out keys without a signature refuses the pages of other sites.
pub(crate) fn refuse_foreign(headers: &HeaderMap) -> Result<(), ServiceError> {
    if origin_is_foreign(headers) {
        return Err(ServiceError::new(403, "Forbidden", "The Origin header names another site."));
    }
    Ok(())
}

/// Whether it comes from a page of another site. Programs send no Origin.
pub(crate) fn origin_is_foreign(headers: &HeaderMap) -> bool {
    let origin = || single_header(headers, "origin")?.split_once("://");
    headers.contains_key("origin") && !origin().is_some_and(|(_, authority)| is_loopback_authority(authority))
}

fn is_loopback_authority(authority: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => authority,
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_let_in() {
        for good in ["127.0.0.1", "127.0.0.1:80", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8080"] {
            assert!(is_loopback_authority(good), "{good}");
        }
        for bad in ["", "example.com", "127.0.0.1.example.com", "localhost:80:x", "::1", "[::2]:1"] {
            assert!(!is_loopback_authority(bad), "{bad}");
        }
    }
}
