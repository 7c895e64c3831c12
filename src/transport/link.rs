//! A link: room for one connection to the endpoint, and for one exchange at a time over it.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use ureq::config::{AutoHeaderValue, Config as AgentConfig};
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver as NoResolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};
use ureq::{Agent, AsSendBody};

use super::connection::{Connection, Exchange, LARGEST_HEAD, SharedExchange};
use super::proxy::{Proxies, Proxy};
use super::resolver::Resolver;
use super::stream::Stream;
use super::{HttpRequest, Reply, tcp, tls};
use crate::call::Limits;
use crate::config::{Config, KeepAlive, ProxyUrl};
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};
use crate::error::{Error, Outcome, Status};
use crate::stats::Counters;

/// More than any reply that the service gives.
const LARGEST_BODY: u64 = 1024 * 1024;

/// What connections are made with, wherever they go to, as the configuration says.
#[derive(Debug)]
pub(crate) struct Settings {
    tls: ClientConfig,
    proxies: Proxies,
    connect_timeout: Duration,
    pub(super) keep_alive: KeepAlive,
    agent_config: AgentConfig,
    counters: Arc<Counters>,
}

impl Settings {
    /// What isn't set comes from `environment`.
    pub(crate) fn new(config: &Config, environment: &Environment, counters: &Arc<Counters>) -> Result<Settings, Error> {
        let agent_config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(user_agent(product(config, environment)?))
            .accept_encoding(AutoHeaderValue::None)
            .max_response_header_size(LARGEST_HEAD)
            .max_idle_connections(1)
            .max_idle_connections_per_host(1)
            .max_idle_age(config.keep_alive.idle)
            .build();
        Ok(Settings {
            tls: tls::client_config(&config.trust)?,
            proxies: Proxies::new(config.proxy.as_ref().map(ProxyUrl::as_str), environment)?,
            connect_timeout: config.timeouts.connect,
            keep_alive: config.keep_alive,
            agent_config,
            counters: Arc::clone(counters),
        })
    }
}

/// An endpoint that requests can be sent to.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    endpoint: Endpoint,
    /// Scheme, host and port.
    url: String,
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
        Ok(Destination {
            endpoint: endpoint.clone(),
            url: endpoint.url(),
            server_name,
            connect_timeout: None,
            by_proxy: true,
        })
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

    fn connect(&self, limits: &Limits) -> Result<Stream, Error> {
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

#[derive(Debug)]
pub(super) struct Link {
    target: Arc<Target>,
    agent: Agent,
    exchange: SharedExchange,
    pub(super) last_used: Instant,
}

impl Link {
    pub(super) fn new(target: &Arc<Target>) -> Link {
        let exchange = SharedExchange::default();
        let connector = LinkConnector { target: Arc::clone(target), exchange: exchange.clone() };
        let agent = Agent::with_parts(target.settings.agent_config.clone(), connector, LaterResolver);
        Link { target: Arc::clone(target), agent, exchange, last_used: Instant::now() }
    }

    /// Sends `request` and reads the reply. After an error, the link is of no more use.
    pub(super) fn exchange(&mut self, request: HttpRequest, limits: &Limits) -> Result<Reply, Error> {
        {
            let mut exchange = self.exchange.lock();
            *exchange = Exchange { limits: Some(limits.clone()), ..Exchange::default() };
        }
        let HttpRequest { method, path, query, headers, body } = request;
        let url = &self.target.destination.url;
        let url = if query.is_empty() { format!("{url}{path}") } else { format!("{url}{path}?{query}") };
        let mut builder = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let reply = if body.is_empty() { self.run(builder.body(())) } else { self.run(builder.body(body)) };
        // A link that is kept must not keep the caller's cancelling with it.
        let mut exchange = self.exchange.lock();
        exchange.limits = None;
        if !exchange.connects {
            self.target.settings.counters.connections_reused.count();
        }
        drop(exchange);
        reply.map_err(|error| self.explain(error))
    }

    fn run(&self, request: ureq::http::Result<Request<impl AsSendBody>>) -> Result<Reply, ureq::Error> {
        let (head, body) = self.agent.run(request?)?.into_parts();
        let body = body.into_with_config().limit(LARGEST_BODY).read_to_vec()?;
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// The error for the caller: the connection's own, or else what ureq found.
    fn explain(&self, error: ureq::Error) -> Error {
        let mut exchange = self.exchange.lock();
        if let Some(failure) = exchange.failure.take() {
            return failure;
        }
        let outcome = exchange.outcome();
        if outcome == Outcome::NotSent {
            return Error::new(Status::Internal, format!("the request can't be sent: {error}"));
        }
        let status = if matches!(error, ureq::Error::Io(_)) { Status::Io } else { Status::Response };
        Error::new(status, format!("the reply can't be read: {error}")).outcome_is(outcome).retryable_is(true)
    }
}

/// Connects a link when ureq wants a connection.
#[derive(Debug)]
struct LinkConnector {
    target: Arc<Target>,
    exchange: SharedExchange,
}

impl Connector for LinkConnector {
    type Out = Connection;

    fn connect(&self, _: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection>, ureq::Error> {
        let mut exchange = self.exchange.lock();
        let Some(limits) = exchange.limits.clone() else {
            return Err(exchange.fail(Error::new(Status::Internal, "a connection is made outside of an exchange")));
        };
        exchange.connects = true;
        match self.target.connect(&limits) {
            Ok(stream) => {
                self.target.settings.counters.connections_opened.count();
                Ok(Some(Connection::new(stream, self.exchange.clone())))
            }
            Err(error) => Err(exchange.fail(error)),
        }
    }
}

/// ureq resolves before it looks whether it has a connection; the connector does so when there is none.
#[derive(Debug)]
struct LaterResolver;

impl NoResolver for LaterResolver {
    fn resolve(&self, _: &Uri, _: &AgentConfig, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}
