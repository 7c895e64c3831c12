//! Connections through a proxy: an HTTP proxy with CONNECT, or a SOCKS5 proxy.
//!
//! In both cases TLS is between this machine and the endpoint. The proxy sees only the connection's destination.

mod choice;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod no_proxy;
mod socks5;
mod tunnel;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::SocketAddr;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

pub(super) use self::choice::Proxies;
use super::race::{Attempt, race};
use super::resolver::Resolver;
use super::stream::Socket;
use super::tcp;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Outcome};
use crate::url::{Unusable, Url};
use crate::wait::{Limits, WaitError};

/// A proxy's URL, which may hold a password.
#[derive(Clone)]
pub(crate) struct ProxyUrl(Zeroizing<String>);

impl ProxyUrl {
    pub(crate) fn new(url: &str) -> ProxyUrl {
        ProxyUrl(Zeroizing::new(url.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyUrl")
    }
}

/// A parsed proxy.
#[derive(Clone, PartialEq, Eq)]
pub(in super::super) struct Proxy {
    protocol: Protocol,
    /// Without brackets.
    host: String,
    port: u16,
    credentials: Option<ProxyCredentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// HTTP CONNECT.
    Http,
    /// SOCKS5. This machine resolves the endpoint's name.
    Socks5,
    /// SOCKS5. The proxy resolves the name.
    Socks5h,
}

#[derive(Clone, PartialEq, Eq)]
struct ProxyCredentials {
    user: Zeroizing<String>,
    password: Zeroizing<String>,
}

impl Proxy {
    /// Parses a URL such as `http://user:password@host:3128`, `host:3128`, `socks5://host` or `socks5h://host`. The
    /// error doesn't quote it, because it may hold a password.
    fn parse(text: &str) -> Result<Proxy, &'static str> {
        // A '#' in a password would end the URL there and make the user name the host.
        if text.contains('#') {
            return Err("has a '#': write it as %23 in a user name or password");
        }
        let (_, authority) = text.split_once("://").unwrap_or(("", text));
        let resource = authority.find(['/', '?']).map_or("", |at| &authority[at..]);
        if resource.contains('@') {
            return Err(match resource.starts_with('/') {
                true => "has a '/' in its user name or password: write it as %2F",
                false => "has a '?' in its user name or password: write it as %3F",
            });
        }
        let url = Zeroizing::new(if text.contains("://") { text.to_owned() } else { ["http://", text].concat() });
        let url = Url::parse(&url).map_err(Unusable::reason)?;
        let (protocol, default_port) = match url.scheme.to_ascii_lowercase().as_str() {
            "http" => (Protocol::Http, 80),
            "socks5" => (Protocol::Socks5, 1080),
            "socks5h" => (Protocol::Socks5h, 1080),
            _ => return Err("is of a kind that isn't supported: http, socks5 and socks5h are"),
        };
        if !matches!(url.resource, "" | "/") {
            return Err("has a path or a query");
        }
        let credentials =
            url.user_information.filter(|text| !text.is_empty()).map(ProxyCredentials::parse).transpose()?;
        if protocol != Protocol::Http && credentials.as_ref().is_some_and(ProxyCredentials::is_too_long_for_socks) {
            return Err("has credentials of more than 255 bytes, which SOCKS5 can't carry");
        }
        let host = url.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port.unwrap_or(default_port);
        Ok(Proxy { protocol, host, port, credentials })
    }

    /// Connects through the proxy to `endpoint`. `resolver` resolves the proxy's name.
    pub(super) async fn connect(
        &self,
        resolver: &Resolver,
        endpoint: &Endpoint,
        endpoint_resolver: &Resolver,
        limits: &Limits<'_>,
    ) -> Result<Socket, Error> {
        let addresses = resolver.resolve(limits).await.map_err(|error| self.unreachable(error))?;
        let attempt = |address| -> Attempt<'_, Socket> { Box::pin(tcp::connect(address, limits)) };
        let socket = race(addresses, resolver.losers(), attempt, limits).await;
        let socket = socket.map_err(|error| self.unreachable(error))?;
        let credentials = self.credentials.as_ref();
        let opened = match self.protocol {
            Protocol::Http => tunnel::open(&socket, endpoint, credentials, limits).await,
            Protocol::Socks5h => {
                let target = socks5::Target::Name(endpoint.host());
                socks5::open(&socket, &target, endpoint.port(), credentials, limits).await
            }
            Protocol::Socks5 => return self.connect_to_any(socket, endpoint_resolver, limits).await,
        };
        opened.map_err(|failure| failure.at(self))?;
        Ok(socket)
    }

    /// Connects through the proxy to one of the addresses of an endpoint's name. `socket` is connected to the proxy.
    async fn connect_to_any(
        &self,
        socket: Socket,
        endpoint_resolver: &Resolver,
        limits: &Limits<'_>,
    ) -> Result<Socket, Error> {
        let addresses = endpoint_resolver.resolve(limits).await?;
        let broken =
            |error| WaitError::Failed(error).while_doing("asking the proxy", ErrorKind::Proxy, Outcome::NotSent);
        let proxy_address = socket.peer_addr().map_err(broken)?;
        // The first attempt uses the existing connection.
        let first = &Cell::new(Some(socket));
        // Wrong credentials are wrong for all addresses. They aren't sent again.
        let refused = &RefCell::new(None);
        let attempt = |address: SocketAddr| -> Attempt<'_, Socket> {
            Box::pin(async move {
                if let Some(error) = &*refused.borrow() {
                    return Err(Error::clone(error));
                }
                let socket = match first.take() {
                    Some(socket) => socket,
                    None => tcp::connect(proxy_address, limits).await.map_err(|error| self.unreachable(error))?,
                };
                let target = socks5::Target::Address(address.ip());
                let opened = socks5::open(&socket, &target, address.port(), self.credentials.as_ref(), limits).await;
                opened.map_err(|failure| {
                    let concerns_all = matches!(failure, Failure::Credentials(_));
                    let error = failure.at(self);
                    if concerns_all {
                        *refused.borrow_mut() = Some(error.clone());
                    }
                    error
                })?;
                Ok(socket)
            })
        };
        race(addresses, endpoint_resolver.losers(), attempt, limits).await
    }

    /// Returns the password, alone and as encoded for Basic.
    fn secrets(&self) -> impl Iterator<Item = Zeroizing<String>> {
        let secrets = self.credentials.as_ref().map(|credentials| [credentials.password.clone(), credentials.basic()]);
        secrets.into_iter().flatten()
    }

    pub(super) fn resolver(&self) -> Resolver {
        Resolver::new(&self.host, self.port)
    }

    /// Returns the error of a proxy that can't be reached. A limit that ended the call stays that limit's error.
    fn unreachable(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Timeout | ErrorKind::Cancelled => error,
            _ => Error::new(ErrorKind::Proxy, format!("the proxy {self} can't be reached: {}", error.message()))
                .with_retryable(error.retryable())
                .with_source_of(&error),
        }
    }
}

/// Why a proxy didn't connect.
enum Failure {
    /// A limit passed, or the connection broke.
    Stopped(WaitError),
    /// The answer isn't in the proxy's protocol.
    NoAnswer(String),
    /// It refuses. `passes`: it may accept later.
    Refused { reason: String, passes: bool },
    /// It asks for credentials, or refuses those that were sent.
    Credentials(String),
}

impl From<WaitError> for Failure {
    fn from(stop: WaitError) -> Failure {
        Failure::Stopped(stop)
    }
}

impl Failure {
    fn at(self, proxy: &Proxy) -> Error {
        let error = |reason: String| Error::new(ErrorKind::Proxy, format!("the proxy {proxy} {reason}"));
        match self {
            Failure::Stopped(stop) => {
                stop.while_doing(&format!("asking the proxy {proxy} to connect"), ErrorKind::Proxy, Outcome::NotSent)
            }
            Failure::NoAnswer(reason) => error(reason),
            Failure::Refused { reason, passes } => error(reason).with_retryable(passes),
            Failure::Credentials(reason) => {
                error(reason).with_advice("Check the user name and the password in the proxy's URL.")
            }
        }
    }
}

/// Leaves out the credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Leaves out the credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.protocol)
    }
}

impl ProxyCredentials {
    /// Parses `user:password`, percent-encoded.
    fn parse(text: &str) -> Result<ProxyCredentials, &'static str> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        Ok(ProxyCredentials { user: decoded(user)?, password: decoded(password)? })
    }

    /// Returns the credentials for Basic, before they are encoded.
    fn basic(&self) -> Zeroizing<String> {
        // Allocated with its full length: growing would leave copies of the password in memory.
        Zeroizing::new([self.user.as_str(), ":", self.password.as_str()].concat())
    }

    fn is_too_long_for_socks(&self) -> bool {
        self.user.len().max(self.password.len()) > socks5::LONGEST_PART
    }
}

fn decoded(text: &str) -> Result<Zeroizing<String>, &'static str> {
    // Allocated with its longest length: growing would leave copies of the password in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(percent_decode_str(text));
    let text = std::str::from_utf8(&bytes).map_err(|_| "has credentials that are not UTF-8")?;
    match text.chars().any(char::is_control) {
        true => Err("has a control character in its credentials"),
        false => Ok(Zeroizing::new(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> (Protocol, String, Option<(String, String)>) {
        let proxy = Proxy::parse(text).unwrap();
        let credentials = proxy
            .credentials
            .as_ref()
            .map(|credentials| (credentials.user.to_string(), credentials.password.to_string()));
        (proxy.protocol, proxy.to_string(), credentials)
    }

    #[test]
    fn a_url_or_a_host_is_a_proxy() {
        let credentials = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        for (text, protocol, address, credentials) in [
            ("proxy:3128", Protocol::Http, "proxy:3128", None),
            ("Proxy.Example.com", Protocol::Http, "proxy.example.com:80", None),
            ("http://proxy:3128/", Protocol::Http, "proxy:3128", None),
            ("http://[::1]:8080", Protocol::Http, "[::1]:8080", None),
            ("http://@proxy:3128", Protocol::Http, "proxy:3128", None),
            ("socks5://proxy", Protocol::Socks5, "proxy:1080", None),
            ("socks5h://me@proxy:9", Protocol::Socks5h, "proxy:9", credentials("me", "")),
            ("http://me:p%40ss%3aword@proxy:3128", Protocol::Http, "proxy:3128", credentials("me", "p@ss:word")),
        ] {
            assert_eq!(parsed(text), (protocol, address.to_owned(), credentials), "{text}");
        }
    }

    fn long_credentials(scheme: &str) -> String {
        format!("{scheme}://me:{}@proxy", "a".repeat(256))
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_not_repeated() {
        for (text, reason) in [
            ("http://", "is not a URL"),
            ("a b", "is not a URL"),
            ("https://me:hunter2@proxy", "isn't supported"),
            ("socks4://proxy", "isn't supported"),
            ("http://proxy/path", "has a path"),
            ("http://proxy:99999", "out of range"),
            ("http://proxy:0", "out of range"),
            ("http://me:hunter2%0a@proxy", "control character"),
            ("http://me:%ff@proxy", "not UTF-8"),
            ("http://me:12#hunter2@proxy", "has a '#'"),
            ("http://me:12?hunter2@proxy", "has a '?' in its user name or password: write it as %3F"),
            ("http://me:12/hunter2@proxy", "has a '/' in its user name or password: write it as %2F"),
            ("me:12/hunter2@proxy:3128", "has a '/' in its user name or password: write it as %2F"),
            ("http://me:1@2/hunter2@proxy", "has a '/' in its user name or password: write it as %2F"),
            ("\"http://me:hunter2@proxy\"", "has quotes around it: remove them"),
            ("'proxy:3128'", "has quotes around it: remove them"),
            (&long_credentials("socks5h"), "more than 255 bytes"),
        ] {
            let refused = Proxy::parse(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
            assert!(!refused.contains("hunter2"));
        }
        assert!(Proxy::parse(&long_credentials("http")).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in any::<String>(), host in "[a-z@:/%\\[\\].0-9]{0,20}") {
            for text in [text, format!("http://{host}"), format!("socks5://a:b@{host}")] {
                if let Ok(proxy) = Proxy::parse(&text) {
                    prop_assert!(!proxy.host.is_empty() && proxy.port != 0 && !proxy.host.contains('@'));
                }
            }
        }
    }

    #[test]
    fn the_credentials_are_in_no_text() {
        let proxy = Proxy::parse("http://me:hunter2@proxy:3128").unwrap();

        assert_eq!((proxy.to_string(), format!("{proxy:?}")), ("proxy:3128".into(), "Http proxy:3128".into()));
    }
}
