//! Parses URLs into the parts that the library uses: server, user information, path and query.

use std::fmt;
use std::net::Ipv6Addr;

/// The parts of a URL.
pub(crate) struct Url<'a> {
    pub(crate) scheme: &'a str,
    /// The part before the `@`, percent-encoded.
    pub(crate) user_information: Option<&'a str>,
    /// In lower case. An IPv6 address has brackets.
    pub(crate) host: String,
    /// `None`: the scheme's default.
    pub(crate) port: Option<u16>,
    /// The path and the query. They begin with a slash or a question mark, or are empty.
    pub(crate) resource: &'a str,
}

/// Why a text isn't the URL of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    NoUrl,
    Quotes,
    Scheme,
    UserInformation,
    EmptyPort,
    Port,
    Brackets,
}

impl Unusable {
    /// Returns the reason. It never quotes the text, which may hold a password.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Unusable::NoUrl => "is not a URL",
            Unusable::Quotes => "has quotes around it: remove them",
            Unusable::Scheme => "is neither https nor http",
            Unusable::UserInformation => "has user information, which isn't supported",
            Unusable::EmptyPort => "has an empty port",
            Unusable::Port => "has a port that is out of range",
            Unusable::Brackets => "has brackets around what is not an IPv6 address",
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl<'a> Url<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Url<'a>, Unusable> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Unusable::NoUrl);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Unusable::NoUrl)?;
        // If the caller left the scheme out, the quotes come after the added scheme.
        if is_quoted(text) || is_quoted(rest) {
            return Err(Unusable::Quotes);
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user_information, address) = match authority.rsplit_once('@') {
            Some((user_information, address)) => (Some(user_information), address),
            None => (None, authority),
        };
        // An IPv6 address has colons itself.
        let host_end = address.rfind(']').map(|end| end + 1).or_else(|| address.find(':')).unwrap_or(address.len());
        let (host, port) = address.split_at(host_end);
        check_host(host)?;
        Ok(Url { scheme, user_information, host: host.to_ascii_lowercase(), port: parse_port(port)?, resource })
    }
}

/// Whether quotes of a shell or a file have become part of the value.
fn is_quoted(text: &str) -> bool {
    ['"', '\''].iter().any(|&quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote))
}

fn check_host(host: &str) -> Result<(), Unusable> {
    match host.strip_prefix('[').map(|host| host.strip_suffix(']').unwrap_or_default()) {
        Some(address) if address.parse::<Ipv6Addr>().is_err() => Err(Unusable::Brackets),
        None if host.is_empty() || !host.bytes().all(is_of_a_name) => Err(Unusable::NoUrl),
        _ => Ok(()),
    }
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// Parses the part after a host: nothing, or a colon and digits.
fn parse_port(text: &str) -> Result<Option<u16>, Unusable> {
    match text.strip_prefix(':') {
        None if text.is_empty() => Ok(None),
        None => Err(Unusable::Brackets),
        Some("") => Err(Unusable::EmptyPort),
        Some(port) => {
            let number = port.parse().ok().filter(|&number| number != 0 && !port.starts_with('+'));
            number.map(Some).ok_or(Unusable::Port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        for (text, scheme, user_information, host, port, resource) in [
            ("http://A.b", "http", None, "a.b", None, ""),
            ("https://a:1/b?c@d:e#f", "https", None, "a", Some(1), "/b?c@d:e"),
            ("socks5://u:p@[::1]:65535?q", "socks5", Some("u:p"), "[::1]", Some(65535), "?q"),
            ("x://u@v@1.2.3.4", "x", Some("u@v"), "1.2.3.4", None, ""),
        ] {
            let url = Url::parse(text).unwrap();
            let parts = (url.scheme, url.user_information, url.host.as_str(), url.port, url.resource);
            assert_eq!(parts, (scheme, user_information, host, port, resource), "{text}");
        }
    }

    #[test]
    fn an_invalid_url_is_refused_with_the_reason() {
        use Unusable::*;
        for (text, reason) in [
            ("", NoUrl),
            ("a", NoUrl),
            ("http://", NoUrl),
            ("http://:1", NoUrl),
            ("http://a b", NoUrl),
            ("http://a/b\n", NoUrl),
            ("http://é", NoUrl),
            ("http://a%41", NoUrl),
            ("\"http://a\"", Quotes),
            ("http://'a:1'", Quotes),
            ("http://a:", EmptyPort),
            ("http://a:0", Port),
            ("http://a:65536", Port),
            ("http://a:+1", Port),
            ("http://a:b", Port),
            ("http://[]", Brackets),
            ("http://[::1", Brackets),
            ("http://[a]:1", Brackets),
            ("http://[::1]1", Brackets),
        ] {
            assert_eq!(Url::parse(text).err(), Some(reason), "{text}");
        }
    }
}
