//! The settings of connections.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::proxy::{Proxies, ProxyUrl};
use super::tls::{self, Trust};
use crate::environment::{self, Environment};
use crate::error::{Error, ErrorKind};
use crate::stats::Counters;

/// The caller's settings of connections. `None`: the environment's.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// "": no proxy.
    pub(crate) proxy: Option<ProxyUrl>,
    pub(crate) trust: Trust,
    /// How long it may take to make one connection: name resolution, TCP and TLS together.
    pub(crate) connect_timeout: Duration,
    pub(crate) keep_alive: KeepAlive,
    /// Appended to the User-Agent header.
    pub(crate) product: Option<String>,
}

impl Options {
    pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
}

impl Default for Options {
    fn default() -> Options {
        Options {
            proxy: None,
            trust: Trust::default(),
            connect_timeout: Options::CONNECT_TIMEOUT,
            keep_alive: KeepAlive::default(),
            product: None,
        }
    }
}

/// The limits of idle connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeepAlive {
    pub(crate) max_idle: usize,
    pub(crate) idle: Duration,
}

impl Default for KeepAlive {
    /// As many connections as a busy program has threads, for less time than load balancers allow.
    fn default() -> KeepAlive {
        KeepAlive { max_idle: 64, idle: Duration::from_secs(5) }
    }
}

/// The settings of connections to any destination.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(super) tls: ClientConfig,
    pub(super) proxies: Proxies,
    pub(super) connect_timeout: Duration,
    pub(super) keep_alive: KeepAlive,
    pub(super) user_agent: String,
    pub(super) counters: Arc<Counters>,
}

impl Settings {
    /// Settings that aren't set come from `environment`.
    pub(crate) fn new(
        options: &Options,
        environment: &Environment,
        counters: &Arc<Counters>,
    ) -> Result<Settings, Error> {
        Ok(Settings {
            tls: tls::client_config(&options.trust, environment)?,
            proxies: Proxies::new(options.proxy.as_ref().map(ProxyUrl::as_str), environment)?,
            connect_timeout: options.connect_timeout,
            keep_alive: options.keep_alive,
            user_agent: user_agent(product(options, environment)?),
            counters: Arc::clone(counters),
        })
    }

    /// Returns the secrets in the settings.
    pub(crate) fn secrets(&self) -> Vec<Zeroizing<String>> {
        self.proxies.secrets()
    }
}

/// Refuses a text that can't be in the User-Agent header.
pub(crate) fn check_product(text: &str) -> Result<(), Error> {
    match is_product(text) {
        true => Ok(()),
        false => Err(Error::invalid_argument("user_agent", "is empty or not printable ASCII")),
    }
}

fn is_product(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Returns the caller's product, else the environment's.
fn product<'a>(options: &'a Options, environment: &'a Environment) -> Result<Option<&'a str>, Error> {
    if let Some(product) = options.product.as_deref() {
        return check_product(product).map(|()| Some(product));
    }
    match environment.get(environment::USER_AGENT) {
        Some(product) if !is_product(product) => {
            Err(Error::new(ErrorKind::Config, format!("{} is not printable ASCII", environment::USER_AGENT)))
        }
        product => Ok(product),
    }
}

/// Returns the header in the form of the official SDKs, with the caller's product at the end.
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

    #[test]
    fn the_end_of_the_user_agent_is_the_configuration_s_or_the_environment_s() {
        let user_agent = |product: Option<&str>, variables: &[(&str, &str)]| {
            let options = Options { product: product.map(str::to_owned), ..Options::default() };
            let settings = Settings::new(&options, &Environment::of(variables.iter().copied()), &Arc::default());
            settings.map(|settings| settings.user_agent)
        };
        let variable = [(environment::USER_AGENT, "other/2")];

        assert!(user_agent(None, &[]).unwrap().ends_with(" TeaDSL/2"));
        assert!(user_agent(None, &variable).unwrap().ends_with(" TeaDSL/2 other/2"));
        assert!(user_agent(Some("my-agent/1.2"), &variable).unwrap().ends_with(" TeaDSL/2 my-agent/1.2"));

        let error = user_agent(None, &[(environment::USER_AGENT, "a\r\nInjected: b")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert_eq!(error.message(), "ALIBABA_CLOUD_USER_AGENT is not printable ASCII");
    }
}
