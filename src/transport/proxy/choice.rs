//! Chooses a connection's proxy: the configuration's, else the environment's.

use zeroize::Zeroizing;

use super::Proxy;
use super::no_proxy::NoProxy;
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};
use crate::error::{Error, ErrorKind};

/// The proxies of a client.
#[derive(Clone, Debug)]
pub(in super::super) enum Proxies {
    /// The caller's choice. `None`: no proxy.
    Configured(Option<Proxy>),
    Environment {
        https: Option<Proxy>,
        http: Option<Proxy>,
        no_proxy: NoProxy,
    },
}

impl Proxies {
    /// Returns the proxy that the caller has set (`""`: no proxy), else the environment's. If one of these is invalid,
    /// fails even if this client would not use it. To go on without a proxy might not be intended.
    pub(in super::super) fn new(configured: Option<&str>, environment: &Environment) -> Result<Proxies, Error> {
        match configured {
            Some("") => Ok(Proxies::Configured(None)),
            Some(url) => Ok(Proxies::Configured(Some(parse("proxy", url)?))),
            None => Proxies::of(environment),
        }
    }

    fn of(environment: &Environment) -> Result<Proxies, Error> {
        let of_variables = |names: &[&'static str]| {
            let found = names.iter().find_map(|&name| Some((name, environment.get(name)?)));
            found.map(|(name, url)| parse(name, url)).transpose()
        };
        let https = of_variables(&environment::HTTPS_PROXY)?;
        // In a CGI program, the request header Proxy becomes HTTP_PROXY.
        let http = match environment.get(environment::REQUEST_METHOD) {
            Some(_) => of_variables(&environment::HTTP_PROXY[1..])?,
            None => of_variables(&environment::HTTP_PROXY)?,
        };
        // If both schemes have a proxy, desktops set ALL_PROXY to a kind that few programs support.
        let all = if https.is_some() && http.is_some() { None } else { of_variables(&environment::ALL_PROXY)? };
        let no_proxy = environment::NO_PROXY.iter().find_map(|name| environment.get(name));
        Ok(Proxies::Environment {
            https: https.or_else(|| all.clone()),
            http: http.or(all),
            no_proxy: no_proxy.map(NoProxy::parse).unwrap_or_default(),
        })
    }

    /// Returns the secrets in the proxies' credentials.
    pub(in super::super) fn secrets(&self) -> Vec<Zeroizing<String>> {
        let proxies = match self {
            Proxies::Configured(proxy) => [proxy.as_ref(), None],
            Proxies::Environment { https, http, .. } => [https.as_ref(), http.as_ref()],
        };
        proxies.into_iter().flatten().flat_map(Proxy::secrets).collect()
    }

    /// Returns the proxy for `endpoint`.
    ///
    /// Plain http to this machine uses none, because the proxy might be another machine. The environment's proxies are
    /// never used for this machine.
    pub(in super::super) fn on_the_way_to(&self, endpoint: &Endpoint) -> Option<&Proxy> {
        if endpoint.is_loopback() && !endpoint.is_tls() {
            return None;
        }
        match self {
            Proxies::Configured(proxy) => proxy.as_ref(),
            Proxies::Environment { .. } if endpoint.is_loopback() => None,
            Proxies::Environment { no_proxy, .. } if no_proxy.matches(endpoint.host(), endpoint.port()) => None,
            Proxies::Environment { https, http, .. } => if endpoint.is_tls() { https } else { http }.as_ref(),
        }
    }
}

fn parse(name: &str, url: &str) -> Result<Proxy, Error> {
    Proxy::parse(url).map_err(|reason| Error::new(ErrorKind::Config, format!("{name} {reason}")))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn way(configured: Option<&str>, variables: &[(&str, &str)], url: &str) -> Result<Option<String>, Error> {
        let proxies = Proxies::new(configured, &Environment::of(variables.iter().copied()))?;
        let endpoint = Endpoint::of_url(url).unwrap().0;
        Ok(proxies.on_the_way_to(&endpoint).map(Proxy::to_string))
    }

    fn by(variables: &[(&str, &str)], url: &str) -> Option<String> {
        way(None, variables, url).unwrap()
    }

    const ESA: &str = "https://esa.cn-hangzhou.aliyuncs.com";

    #[test]
    fn the_environment_s_proxy_is_that_of_the_scheme_or_of_all() {
        let proxy = |name: &str| Some(format!("{name}:80"));

        assert_eq!(by(&[], ESA), None);
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(by(&[(name, "p")], ESA), proxy("p"), "{name}");
        }
        assert_eq!(by(&[("HTTPS_PROXY", "a"), ("https_proxy", "b"), ("ALL_PROXY", "c")], ESA), proxy("a"));
        assert_eq!(by(&[("HTTP_PROXY", "p")], ESA), None);
        assert_eq!(by(&[("HTTP_PROXY", "p")], "http://10.0.0.1"), proxy("p"));
        assert_eq!(by(&[("HTTP_PROXY", "p"), ("REQUEST_METHOD", "GET")], "http://10.0.0.1"), None);
        assert_eq!(by(&[("http_proxy", "p"), ("REQUEST_METHOD", "GET")], "http://10.0.0.1"), proxy("p"));
        assert_eq!(by(&[("HTTPS_PROXY", ""), ("ALL_PROXY", "p")], ESA), proxy("p"));
    }

    #[test]
    fn some_hosts_are_reached_without_it() {
        for name in ["NO_PROXY", "no_proxy"] {
            assert_eq!(by(&[("HTTPS_PROXY", "p"), (name, ".aliyuncs.com")], ESA), None);
        }
        for url in ["https://127.0.0.1:1", "https://localhost", "https://[::1]"] {
            assert_eq!(by(&[("HTTPS_PROXY", "p")], url), None);
            assert_eq!(way(Some("p"), &[], url), Ok(Some("p:80".to_owned())));
        }
        assert_eq!(way(Some("p"), &[], "http://127.0.0.1:1"), Ok(None));
    }

    #[test]
    fn the_configuration_comes_before_the_environment() {
        let environment = [("HTTPS_PROXY", "p"), ("NO_PROXY", "*")];

        assert_eq!(way(Some("q:1"), &environment, ESA), Ok(Some("q:1".to_owned())));
        assert_eq!(way(Some(""), &environment[..1], ESA), Ok(None));
    }

    #[test]
    fn one_that_cannot_be_used_is_an_error_that_names_where_it_comes_from() {
        for name in ["HTTPS_PROXY", "http_proxy", "all_proxy"] {
            let error = way(None, &[(name, "ftp://me:hunter2@p")], ESA).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().starts_with(name) && !error.message().contains("hunter2"), "{error}");
        }
        assert!(by(&[("HTTPS_PROXY", "p"), ("HTTP_PROXY", "p"), ("ALL_PROXY", "socks://p")], ESA).is_some());

        let not_utf8 = OsString::from_vec(b"http://p\xff".to_vec());
        let environment = Environment::of([("HTTPS_PROXY", not_utf8)]);
        assert_eq!(Proxies::new(None, &environment).unwrap_err().message(), "HTTPS_PROXY is not a URL");
        assert!(way(Some("ftp://p"), &[], ESA).unwrap_err().message().starts_with("proxy is of a kind"));
    }
}
