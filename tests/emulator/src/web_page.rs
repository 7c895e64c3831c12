//! Distinguishes requests that a web page may have caused from those of programs.
//!
//! A page can reach the loopback address with a name that resolves to it, or with a blind POST.

use std::net::Ipv6Addr;

use hyper::HeaderMap;

use crate::request::single_header;
use crate::service_error::ServiceError;

const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// The names of the emulator besides those of the loopback address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(more: Vec<String>) -> Self {
        Self(more)
    }

    /// Returns the name to show to others, if there is one.
    pub(crate) fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// Returns the names as a certificate has them: addresses without brackets.
    pub(crate) fn bare_names(&self) -> impl Iterator<Item = String> {
        let all = LOOPBACK.into_iter().chain(self.0.iter().map(String::as_str));
        all.map(|name| name.trim_start_matches('[').trim_end_matches(']').to_owned())
    }

    pub(crate) fn is_named_by(&self, headers: &HeaderMap) -> bool {
        single_header(headers, "host").is_some_and(|authority| self.has(authority))
    }

    /// Refuses pages of other sites. It protects endpoints that give keys without a signature.
    pub(crate) fn refuse_foreign(&self, headers: &HeaderMap) -> Result<(), ServiceError> {
        let refusal = |message| Err(ServiceError::new(403, "Forbidden", message));
        if !self.is_named_by(headers) {
            return refusal("The Host header names neither the loopback address nor what --allow-host lets in.");
        }
        if self.is_foreign_origin(headers) {
            return refusal("The Origin header names another site.");
        }
        Ok(())
    }

    /// Whether the request comes from a page of another site. Programs send no Origin.
    pub(crate) fn is_foreign_origin(&self, headers: &HeaderMap) -> bool {
        let origin = || single_header(headers, "origin")?.split_once("://");
        headers.contains_key("origin") && !origin().is_some_and(|(_, authority)| self.has(authority))
    }

    fn has(&self, authority: &str) -> bool {
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if is_port(port) => name,
            _ => authority,
        };
        LOOPBACK.into_iter().chain(self.0.iter().map(String::as_str)).any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Parses a name or an address as in a `Host` header, without the port.
pub(crate) fn parse_host(text: &str) -> Result<String, String> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(format!("[{address}]"));
    }
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_name {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a host's name or address is wanted, without a port".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_those_that_were_allowed_are_let_in() {
        let hosts = Hosts::new(vec![parse_host("Esa.Test").unwrap(), parse_host("FD00::0001").unwrap()]);
        for good in
            ["127.0.0.1", "127.0.0.1:80", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8080", "esa.test:1", "[fd00::1]"]
        {
            assert!(hosts.has(good), "{good}");
        }
        for bad in ["", "example.com", "127.0.0.1.example.com", "localhost:80:x", "::1", "[::2]:1", "a.esa.test"] {
            assert!(!hosts.has(bad), "{bad}");
        }
    }
}
