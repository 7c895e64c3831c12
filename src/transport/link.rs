//! Where connections go to, and what they are made with.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use zeroize::Zeroizing;

use super::proxy::{Proxies, Proxy};
use super::resolver::Resolver;
use super::stream::Stream;
use super::{tcp, tls};
use crate::call::Limits;
use crate::config::{Config, KeepAlive, ProxyUrl};
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};
use crate::error::{Error, Status};
use crate::stats::Counters;

/// What connections are made with, wherever they go to, as the configuration says.
#[derive(Debug)]
pub(crate) struct Settings {
    tls: ClientConfig,
    proxies: Proxies,
    connect_timeout: Duration,
    pub(super) keep_alive: KeepAlive,
    pub(super) user_agent: String,
    pub(super) counters: Arc<Counters>,
}

impl Settings {
    /// What isn't set comes from `environment`.
    pub(crate) fn new(config: &Config, environment: &Environment, counters: &Arc<Counters>) -> Result<Settings, Error> {
        Ok(Settings {
            tls: tls::client_config(&config.trust, environment)?,
            proxies: Proxies::new(config.proxy.as_ref().map(ProxyUrl::as_str), environment)?,
            connect_timeout: config.timeouts.connect,
            keep_alive: config.keep_alive,
            user_agent: user_agent(product(config, environment)?),
            counters: Arc::clone(counters),
        })
    }

    /// What is secret in them.
    pub(crate) fn secrets(&self) -> Vec<Zeroizing<String>> {
        self.proxies.secrets()
    }
}

/// An endpoint that requests can be sent to.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    endpoint: Endpoint,
    /// `None`: plain http.
    server_name: Option<ServerName<'static>>,
    /// `None`: the configuration's.
    connect_timeout: Option<Duration>,
    /// Whether the way there may lead through a proxy.
    by_proxy: bool,
}

impl Destination {
    pub(crate) fn new(endpoint: &Endpoint) -> Result<Destination, Error> {
        let server_name = match endpoint.is_tls() {
            true => Some(tls::server_name(endpoint.host())?),
            false => None,
        };
        Ok(Destination { endpoint: endpoint.clone(), server_name, connect_timeout: None, by_proxy: true })
    }

    /// The same, to which a connection has to be made within `connect_timeout`.
    pub(crate) fn connected_within(self, connect_timeout: Duration) -> Destination {
        Destination { connect_timeout: Some(connect_timeout), ..self }
    }

    /// The same, which is reached without a proxy whatever the configuration says.
    pub(crate) fn without_proxy(self) -> Destination {
        Destination { by_proxy: false, ..self }
    }
}

/// The destination as the links of one process share it.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) settings: Arc<Settings>,
    destination: Destination,
    resolver: Resolver,
    /// On the way there.
    proxy: Option<(Proxy, Resolver)>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Target {
    pub(super) fn new(settings: &Arc<Settings>, destination: &Destination) -> Target {
        let Destination { endpoint, server_name, .. } = destination;
        // The sessions to resume are behind a lock, so each process has its own.
        let tls = server_name.clone().map(|server_name| (tls::with_own_sessions(&settings.tls), server_name));
        let proxy = settings.proxies.on_the_way_to(endpoint).filter(|_| destination.by_proxy);
        Target {
            proxy: proxy.map(|proxy| (proxy.clone(), proxy.resolver())),
            settings: Arc::clone(settings),
            destination: destination.clone(),
            resolver: Resolver::new(endpoint.host(), endpoint.port()),
            tls,
        }
    }

    pub(super) fn connect(&self, limits: &Limits) -> Result<Stream, Error> {
        let limits = limits.within(self.destination.connect_timeout.unwrap_or(self.settings.connect_timeout));
        let socket = self.connect_socket(&limits)?;
        match &self.tls {
            Some((config, server_name)) => Stream::secured(socket, config, server_name, &limits),
            None => Ok(Stream::Plain(socket)),
        }
    }

    fn connect_socket(&self, limits: &Limits) -> Result<TcpStream, Error> {
        let endpoint = &self.destination.endpoint;
        if let Some((proxy, resolver)) = &self.proxy {
            return proxy.connect(resolver, endpoint, &self.resolver, limits);
        }
        let addresses = self.resolver.resolve(limits)?;
        // The name may be localhost and the address another machine's all the same.
        let elsewhere = addresses.iter().find(|address| !address.ip().is_loopback());
        if let Some(elsewhere) = elsewhere.filter(|_| endpoint.is_loopback() && !endpoint.is_tls()) {
            let message = format!("plain http is for this machine only, and {elsewhere} is another one");
            return Err(Error::new(Status::Config, message));
        }
        tcp::connect(&addresses, limits)
    }
}

/// What the caller, or else the environment, wants at the end of the User-Agent header.
fn product<'a>(config: &'a Config, environment: &'a Environment) -> Result<Option<&'a str>, Error> {
    let of_environment = || environment.get(environment::USER_AGENT);
    match config.product.as_deref().or_else(of_environment) {
        Some(product) if !Config::is_product(product) => {
            Err(Error::new(Status::Config, format!("{} is not printable ASCII", environment::USER_AGENT)))
        }
        product => Ok(product),
    }
}

/// In the form of the official SDKs, with the caller's product at its end.
fn user_agent(product: Option<&str>) -> String {
    let (os, arch, version) = (std::env::consts::OS, std::env::consts::ARCH, env!("CARGO_PKG_VERSION"));
    let own = format!("AlibabaCloud ({os}; {arch}) libesa/{version} Core/{version} TeaDSL/2");
    match product {
        Some(product) => format!("{own} {product}"),
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(config: &Config, variables: &[(&str, &str)]) -> Result<Arc<Settings>, Error> {
        Settings::new(config, &Environment::of(variables.iter().copied()), &Arc::default()).map(Arc::new)
    }

    #[test]
    fn a_destination_can_be_one_without_a_proxy() {
        let (endpoint, _) = Endpoint::of_url("http://100.100.100.200").unwrap();
        let destination = Destination::new(&endpoint).unwrap();
        let mut config = Config::new();
        config.proxy("http://me:hunter2@p");
        for settings in [settings(&config, &[]), settings(&Config::new(), &[("HTTP_PROXY", "http://me:hunter2@p")])] {
            let settings = settings.unwrap();

            assert!(Target::new(&settings, &destination).proxy.is_some());
            assert!(Target::new(&settings, &destination.clone().without_proxy()).proxy.is_none());
            assert!(!format!("{:?}", Target::new(&settings, &destination)).contains("hunter2"));
        }
    }

    #[test]
    fn the_end_of_the_user_agent_is_the_configuration_s_or_the_environment_s() {
        let user_agent = |config: &Config, variables| Ok::<_, Error>(settings(config, variables)?.user_agent.clone());
        let variable = [(environment::USER_AGENT, "other/2")];
        let mut config = Config::new();

        assert!(user_agent(&config, &[]).unwrap().ends_with(" TeaDSL/2"));
        assert!(user_agent(&config, &variable).unwrap().ends_with(" TeaDSL/2 other/2"));
        config.user_agent("my-agent/1.2").unwrap();
        assert!(user_agent(&config, &variable).unwrap().ends_with(" TeaDSL/2 my-agent/1.2"));

        let error = user_agent(&Config::new(), &[(environment::USER_AGENT, "a\r\nInjected: b")]).unwrap_err();
        assert_eq!(error.status(), Status::Config);
        assert_eq!(error.message(), "ALIBABA_CLOUD_USER_AGENT is not printable ASCII");
    }
}
