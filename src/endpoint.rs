//! Chooses the server: a region's endpoint, or one that the caller names.

use std::net::IpAddr;

use crate::environment::{self, Environment};
use crate::error::{Error, ErrorKind};
use crate::url::{Unusable, Url};

/// All regions of the service. The account decides which one is right, not the location.
const REGIONS: [&str; 2] = ["cn-hangzhou", "ap-southeast-1"];

const DEFAULT_REGION: &str = "cn-hangzhou";

const ACCEPTED: &str =
    "Write the endpoint as host, host:port, https://host:port or, for this machine, http://host:port.";

/// The network from which the service is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Network {
    /// From the internet.
    #[default]
    Public,
    /// A VPC in one of the service's regions.
    Vpc,
}

/// A server: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    tls: bool,
    /// As in a URL: an IPv6 address has brackets.
    host: String,
    port: u16,
}

impl Endpoint {
    /// Returns the caller's endpoint, else the environment's, else the region's.
    pub(crate) fn choose(
        endpoint: Option<&str>,
        region: Option<&str>,
        network: Network,
        variables: &Environment,
    ) -> Result<Endpoint, Error> {
        if let Some(endpoint) = endpoint {
            return Endpoint::parse(endpoint);
        }
        match Endpoint::in_variable(environment::ENDPOINT, variables)? {
            Some(endpoint) => Ok(endpoint),
            None => Endpoint::of_region(region.unwrap_or(DEFAULT_REGION), network),
        }
    }

    /// Returns the endpoint that a variable names. Refuses an empty one: it was meant to name a server, for example an
    /// emulator that didn't start. To use the real server instead would send it real requests.
    pub(crate) fn in_variable(name: &str, variables: &Environment) -> Result<Option<Endpoint>, Error> {
        let refused = |reason: &str| Error::new(ErrorKind::Config, format!("{name}: {reason}"));
        match variables.get_even_empty(name) {
            None => Ok(None),
            Some("") => Err(refused("is set and empty").with_advice("Name an endpoint in it, or unset it.")),
            Some(text) => Endpoint::parse(text).map(Some).map_err(|error| refused(error.message())),
        }
    }

    fn of_region(region: &str, network: Network) -> Result<Endpoint, Error> {
        if !REGIONS.contains(&region) {
            let message = format!(
                "region {region:?} has no endpoint of ESA: it is cn-hangzhou for accounts of the China site, \
                 ap-southeast-1 for international accounts"
            );
            return Err(
                Error::new(ErrorKind::Config, message).with_advice("Set one of the two regions, or an endpoint.")
            );
        }
        let service = match network {
            Network::Public => "esa",
            Network::Vpc => "esa-vpc",
        };
        Ok(Endpoint { tls: true, host: format!("{service}.{region}.aliyuncs.com"), port: 443 })
    }

    /// Parses an endpoint: a URL without a path, or a host with or without a port.
    pub(crate) fn parse(text: &str) -> Result<Endpoint, Error> {
        // A text with user information isn't quoted, because it may hold a password.
        if text.contains('@') {
            return Err(Error::new(ErrorKind::Config, format!("endpoint {}", Unusable::UserInformation)));
        }
        let refused = |reason: &str| Error::new(ErrorKind::Config, format!("endpoint {text:?} {reason}"));
        if text.starts_with("unix:") {
            return Err(refused("is a Unix socket, which isn't supported").with_advice(ACCEPTED));
        }
        let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let (endpoint, resource) =
            Endpoint::of_url(&url).map_err(|reason| refused(reason.reason()).with_advice(ACCEPTED))?;
        if resource != "/" {
            return Err(refused("has a path or a query; only scheme, host and port are used"));
        }
        if !endpoint.tls && !endpoint.is_loopback() {
            return Err(refused("is plain http to another machine, which would expose what is sent")
                .with_advice("Use https; http is for tests on this machine only."));
        }
        Ok(endpoint)
    }

    /// Splits a URL into its server and its path and query.
    pub(crate) fn of_url(url: &str) -> Result<(Endpoint, String), Unusable> {
        let url = Url::parse(url)?;
        let tls = match url.scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(Unusable::Scheme),
        };
        if url.user_information.is_some() {
            return Err(Unusable::UserInformation);
        }
        let slash = if url.resource.starts_with('/') { "" } else { "/" };
        let port = url.port.unwrap_or(if tls { 443 } else { 80 });
        Ok((Endpoint { tls, host: url.host, port }, format!("{slash}{}", url.resource)))
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.tls
    }

    /// Returns the host's name or address, without brackets.
    pub(crate) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether the name of the endpoint is this machine's.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host() == "localhost" || self.host().parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// Returns the value of the Host header, which is signed. It has the port only if that isn't the scheme's default.
    pub(crate) fn host_header(&self) -> String {
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => self.host.clone(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }

    /// Returns the URL, without a path.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host_header())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(endpoint: Option<&str>, region: Option<&str>, network: Network) -> Result<Endpoint, Error> {
        Endpoint::choose(endpoint, region, network, &Environment::of([("", ""); 0]))
    }

    fn chosen(endpoint: Option<&str>, region: Option<&str>) -> String {
        choose(endpoint, region, Network::Public).unwrap().url()
    }

    fn reason(endpoint: &str) -> String {
        let error = choose(Some(endpoint), None, Network::Public).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.message().to_owned()
    }

    #[test]
    fn the_region_decides_where_no_endpoint_is_named() {
        assert_eq!(chosen(None, None), "https://esa.cn-hangzhou.aliyuncs.com");
        assert_eq!(chosen(None, Some("ap-southeast-1")), "https://esa.ap-southeast-1.aliyuncs.com");
        assert_eq!(chosen(Some("127.0.0.1:8443"), Some("nowhere")), "https://127.0.0.1:8443");
    }

    #[test]
    fn a_vpc_has_endpoints_of_its_own_and_a_named_one_comes_before_them() {
        let vpc = |endpoint, region| choose(endpoint, region, Network::Vpc).unwrap().url();

        assert_eq!(vpc(None, None), "https://esa-vpc.cn-hangzhou.aliyuncs.com");
        assert_eq!(vpc(None, Some("ap-southeast-1")), "https://esa-vpc.ap-southeast-1.aliyuncs.com");
        assert_eq!(vpc(Some("127.0.0.1:8443"), None), "https://127.0.0.1:8443");
    }

    #[test]
    fn a_variable_names_an_endpoint_or_is_refused_by_name_but_only_where_it_counts() {
        let choose = |endpoint, value| {
            let variables = Environment::of([(environment::ENDPOINT, value)]);
            Endpoint::choose(endpoint, None, Network::Public, &variables).map(|endpoint| endpoint.url())
        };

        assert_eq!(choose(None, "http://127.0.0.1:1").unwrap(), "http://127.0.0.1:1");
        for (value, reason) in [("", "is set and empty"), (" ", "not a URL"), ("http://10.0.0.1", "plain http")] {
            let error = choose(None, value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().starts_with("ESA_ENDPOINT: ") && error.message().contains(reason), "{error}");
            assert_eq!(choose(Some("http://127.0.0.1:2"), value).unwrap(), "http://127.0.0.1:2");
        }
    }

    #[test]
    fn an_unknown_region_is_an_error_that_names_the_two() {
        let error = choose(None, Some("eu-central-1"), Network::Vpc).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Config);
        for name in ["eu-central-1", "cn-hangzhou", "ap-southeast-1"] {
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn the_scheme_s_own_port_is_not_part_of_the_host() {
        let host = |endpoint| Endpoint::parse(endpoint).unwrap().host_header();

        assert_eq!(host("esa.example.com"), "esa.example.com");
        assert_eq!(host("https://ESA.example.com:443/"), "esa.example.com");
        assert_eq!(host("esa.example.com:8443"), "esa.example.com:8443");
        assert_eq!(host("http://[::1]:80"), "[::1]");
        assert_eq!(host("https://[::1]:80"), "[::1]:80");
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for endpoint in ["http://127.0.0.1:1", "http://127.8.9.1", "http://localhost:80", "http://[::1]:9"] {
            assert!(Endpoint::parse(endpoint).is_ok(), "{endpoint}");
        }
        for endpoint in ["http://esa.cn-hangzhou.aliyuncs.com", "http://10.0.0.1:80", "http://localhost.example.com"] {
            assert!(reason(endpoint).contains("plain http"), "{endpoint}");
        }
    }

    #[test]
    fn what_is_not_an_endpoint_is_refused_with_the_reason() {
        assert!(reason("").contains("not a URL"));
        assert!(reason("https://").contains("not a URL"));
        assert!(reason("a b").contains("not a URL"));
        assert!(reason("ftp://example.com").contains("neither"));
        assert!(reason("https://example.com/v1").contains("path"));
        assert!(reason("https://example.com/?a=b").contains("query"));
        assert!(reason("https://example.com:99999").contains("out of range"));
        assert!(reason("https://example.com:").contains("empty port"));
        assert!(reason("https://example.com:0").contains("out of range"));
        for endpoint in ["[]", "https://[]:443", "[example.com]"] {
            assert!(reason(endpoint).contains("IPv6") || reason(endpoint).contains("not a URL"), "{endpoint}");
        }
    }

    #[test]
    fn user_information_is_refused_and_not_repeated() {
        for endpoint in ["https://me:hunter2@example.com", "https://me:a/hunter2@example.com"] {
            let reason = reason(endpoint);

            assert!(reason.contains("user information") && !reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn what_is_accepted_is_said_of_another_kind_of_address() {
        for endpoint in ["unix:/run/esa.sock", "unix:///run/esa.sock"] {
            assert!(reason(endpoint).contains("is a Unix socket, which isn't supported"), "{endpoint}");
        }
        assert!(reason("\"https://example.com\"").contains("has quotes around it: remove them"));
        for endpoint in ["unix:/run/esa.sock", "ftp://example.com", "'example.com'"] {
            let error = Endpoint::parse(endpoint).unwrap_err();
            assert!(error.advice().contains("host:port, https://host:port"), "{error:?}");
        }
    }
}
