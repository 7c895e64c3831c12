//! The destinations of connections, and their settings.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::proxy::Proxy;
use super::race::{Attempt, race};
use super::resolver::Resolver;
use super::settings::Settings;
use super::stream::{Socket, Stream};
use super::{tcp, tls};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::wait::Limits;

/// An endpoint for requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    endpoint: Endpoint,
    /// `None`: plain http.
    server_name: Option<ServerName<'static>>,
    /// `None`: the configuration's.
    connect_timeout: Option<Duration>,
    /// Whether a proxy may be used to reach it.
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

    /// Sets the time limit of its connections.
    pub(crate) fn connected_within(self, connect_timeout: Duration) -> Destination {
        Destination { connect_timeout: Some(connect_timeout), ..self }
    }

    /// Makes its connections ignore proxies.
    pub(crate) fn without_proxy(self) -> Destination {
        Destination { by_proxy: false, ..self }
    }
}

/// The destination, shared by the links of one process.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) settings: Arc<Settings>,
    destination: Destination,
    resolver: Resolver,
    /// The proxy on the route.
    proxy: Option<(Proxy, Resolver)>,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

impl Target {
    pub(super) fn new(settings: &Arc<Settings>, destination: &Destination) -> Target {
        let Destination { endpoint, server_name, .. } = destination;
        // The cached sessions are behind a lock, so each process has its own.
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

    pub(super) async fn connect(&self, limits: &Limits<'_>) -> Result<Stream, Error> {
        let limits = &limits.within(self.destination.connect_timeout.unwrap_or(self.settings.connect_timeout));
        let endpoint = &self.destination.endpoint;
        if let Some((proxy, resolver)) = &self.proxy {
            let socket = proxy.connect(resolver, endpoint, &self.resolver, limits).await?;
            return self.secured(socket, limits).await;
        }
        let addresses = self.resolver.resolve(limits).await?;
        // The name may be localhost and still resolve to another machine's address.
        let elsewhere = addresses.iter().find(|address| !address.ip().is_loopback());
        if let Some(elsewhere) = elsewhere.filter(|_| endpoint.is_loopback() && !endpoint.is_tls()) {
            let message = format!("plain http is for this machine only, and {elsewhere} is another one");
            return Err(Error::new(ErrorKind::Config, message));
        }
        self.connect_to(addresses, limits).await
    }

    async fn connect_to(&self, addresses: Vec<SocketAddr>, limits: &Limits<'_>) -> Result<Stream, Error> {
        let attempt = |address| -> Attempt<'_, Stream> {
            Box::pin(async move { self.secured(tcp::connect(address, limits).await?, limits).await })
        };
        race(addresses, self.resolver.losers(), attempt, limits).await
    }

    async fn secured(&self, socket: Socket, limits: &Limits<'_>) -> Result<Stream, Error> {
        match &self.tls {
            Some((config, server_name)) => Stream::secured(socket, config, server_name, limits).await,
            None => Ok(Stream::Plain(socket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustls::{ServerConnection, StreamOwned};

    use super::super::tls::Trust;
    use super::super::{Options, ProxyUrl};
    use super::*;
    use crate::environment::Environment;
    use crate::wait::{Deadline, Task, drive};

    fn settings(options: &Options, variables: &[(&str, &str)]) -> Arc<Settings> {
        Arc::new(Settings::new(options, &Environment::of(variables.iter().copied()), &Arc::default()).unwrap())
    }

    /// Returns a TLS server for localhost: its address and its certificate.
    fn secured() -> (SocketAddr, String) {
        let (config, pem) = tls::server_of_tests();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket);
            std::io::Read::read_to_end(&mut stream, &mut Vec::new())
        });
        (address, pem)
    }

    #[test]
    fn row_129_an_address_that_accepts_and_says_nothing_costs_a_moment() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let (speaking, pem) = secured();
        let trust = Trust { ca_pem: Some(pem), ca_file: None };
        let settings = settings(&Options { trust, ..Options::default() }, &[]);
        let (endpoint, _) = Endpoint::of_url("https://localhost").unwrap();
        let target = Target::new(&settings, &Destination::new(&endpoint).unwrap());
        let task = Task::default();
        let limits = &task.limits(Deadline::after(Duration::from_secs(20)));
        let silent_address = silent.local_addr().unwrap();

        let stream = drive(&task, target.connect_to(vec![silent_address, speaking], limits)).unwrap();

        assert_eq!(stream.socket().peer_addr().unwrap(), speaking);
        assert!(silent.accept().is_ok());
    }

    #[test]
    fn a_destination_can_be_one_without_a_proxy() {
        let (endpoint, _) = Endpoint::of_url("http://100.100.100.200").unwrap();
        let destination = Destination::new(&endpoint).unwrap();
        let proxy = "http://me:hunter2@p";
        let configured = Options { proxy: Some(ProxyUrl::new(proxy)), ..Options::default() };
        for settings in [settings(&configured, &[]), settings(&Options::default(), &[("HTTP_PROXY", proxy)])] {
            assert!(Target::new(&settings, &destination).proxy.is_some());
            assert!(Target::new(&settings, &destination.clone().without_proxy()).proxy.is_none());
            assert!(!format!("{:?}", Target::new(&settings, &destination)).contains("hunter2"));
        }
    }
}
