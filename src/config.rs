//! The configuration of a client.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::call::{Functions, LockKind, Timeouts, TryLock, Writes};
use crate::credentials::{Callback, Identity, ProvidedCredentials};
use crate::endpoint::Network;
use crate::environment::Environment;
use crate::log::Log;
use crate::signature::Credentials;
use crate::signature::SignatureVersion;
use crate::transport::{self, ProxyUrl};

/// The settings of a new client. A setting that isn't set comes from the environment, or has the default that its
/// setter names.
///
/// ```no_run
/// use std::time::Duration;
///
/// use esa::{Client, Config, Credentials};
///
/// let mut config = Config::new();
/// config.region("ap-southeast-1").timeout(Duration::from_secs(60));
/// config.credentials(Credentials::new("id", "secret")?);
/// let client = Client::new(&config)?;
/// # Ok::<(), esa::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) identity: Option<Identity>,
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) timeouts: Timeouts,
    pub(crate) signature_version: SignatureVersion,
    pub(crate) network: Network,
    pub(crate) connections: transport::Options,
    pub(crate) max_attempts: u32,
    pub(crate) reconcile_horizon: Duration,
    pub(crate) writes: Writes,
    pub(crate) log: Log,
    pub(crate) environment: Option<Environment>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            identity: None,
            region: None,
            endpoint: None,
            timeouts: Timeouts::default(),
            signature_version: SignatureVersion::default(),
            network: Network::default(),
            connections: transport::Options::default(),
            max_attempts: 3,
            reconcile_horizon: Duration::from_secs(10),
            writes: Writes::default(),
            log: Log::default(),
            environment: None,
        }
    }
}

impl Config {
    /// Creates a configuration with all defaults.
    pub fn new() -> Config {
        Config::default()
    }

    /// Sets variables to read instead of the process's environment.
    pub fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
    ) -> &mut Config {
        self.environment = Some(Environment::of(variables));
        self
    }

    /// Sets the credentials. Default: those of the first provider that has some. The client then asks no other.
    ///
    /// The providers, in the order of the official SDKs:
    ///
    /// - the environment (`ALIBABA_CLOUD_ACCESS_KEY_ID`, …)
    /// - OIDC
    /// - a profile of the command line (`~/.aliyun/config.json`)
    /// - the credentials file (`~/.alibabacloud/credentials`)
    /// - the role of the ECS instance
    /// - the server of `ALIBABA_CLOUD_CREDENTIALS_URI`
    pub fn credentials(&mut self, credentials: Credentials) -> &mut Config {
        self.identity = Some(Identity::Credentials(credentials));
        self
    }

    /// Sets a function that returns the credentials, for secrets that are stored elsewhere. Replaces credentials that
    /// were set before.
    ///
    /// The function runs on the thread of a call that needs credentials, for one call at a time. Its argument is the
    /// time that the call has for it. It is called while the client has no valid credentials, from five to six minutes
    /// before they expire (or after half of their life, if that is later), and once more if the service says that they
    /// have expired.
    pub fn credentials_provider(
        &mut self,
        provide: impl Fn(Duration) -> Result<ProvidedCredentials, String> + Send + Sync + 'static,
    ) -> &mut Config {
        self.identity = Some(Identity::Callback(Callback::new(provide)));
        self
    }

    /// Sets the region: `cn-hangzhou` for accounts of the China site, `ap-southeast-1` for international accounts.
    ///
    /// Default: `ALIBABA_CLOUD_REGION_ID`, else `cn-hangzhou`.
    pub fn region(&mut self, region: &str) -> &mut Config {
        self.region = Some(region.to_owned());
        self
    }

    /// Sets the endpoint, instead of the region's: `host`, `host:port` or `https://host:port`; `http://…` for this
    /// machine only. Default: `ESA_ENDPOINT`, which must not be empty, else the region's.
    pub fn endpoint(&mut self, endpoint: &str) -> &mut Config {
        self.endpoint = Some(endpoint.to_owned());
        self
    }

    /// Sets the network from which the service is reached, if no endpoint is set. Default: [`Network::Public`].
    pub fn network(&mut self, network: Network) -> &mut Config {
        self.network = network;
        self
    }

    /// Sets the proxy:
    ///
    /// - `http://user:password@host:port` or `host:port`: an HTTP proxy (CONNECT)
    /// - `socks5://…`: a SOCKS proxy; this machine resolves the endpoint's name
    /// - `socks5h://…`: a SOCKS proxy that resolves the name
    /// - `""`: no proxy
    ///
    /// Default: the environment's `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper case, else in lower
    /// case. Plain http to this machine and the instance metadata never use a proxy.
    pub fn proxy(&mut self, url: &str) -> &mut Config {
        self.connections.proxy = Some(ProxyUrl::new(url));
        self
    }

    /// Sets how long it may take to make one connection: name resolution, TCP and TLS together. Default: 5 s.
    pub fn connect_timeout(&mut self, timeout: Duration) -> &mut Config {
        self.connections.connect_timeout = timeout;
        self
    }

    /// Sets how long one request may take, including the time to connect. Default: 10 s.
    pub fn attempt_timeout(&mut self, timeout: Duration) -> &mut Config {
        self.timeouts.attempt = timeout;
        self
    }

    /// Sets how long a whole call may take, with its retries and waits. Default: 30 s.
    pub fn timeout(&mut self, timeout: Duration) -> &mut Config {
        self.timeouts.total = timeout;
        self
    }

    /// Sets how requests are signed. Default: [`SignatureVersion::V3`].
    pub fn signature_version(&mut self, version: SignatureVersion) -> &mut Config {
        self.signature_version = version;
        self
    }

    /// Sets a PEM file of certificate authorities to trust instead of the built-in ones. Default, if no PEM text is set
    /// either: `SSL_CERT_FILE`, as in OpenSSL. `SSL_CERT_DIR` isn't read.
    pub fn ca_file(&mut self, path: impl Into<PathBuf>) -> &mut Config {
        self.connections.trust.ca_file = Some(path.into());
        self
    }

    /// Sets PEM text of certificate authorities to trust instead of the built-in ones.
    pub fn ca_pem(&mut self, pem: &str) -> &mut Config {
        self.connections.trust.ca_pem = Some(pem.to_owned());
        self
    }

    /// Sets the program's own product, such as `my-agent/1.2`, for the end of the User-Agent header: printable ASCII.
    /// [`Client::new`](crate::Client::new) fails if the text has other characters. Default: `ALIBABA_CLOUD_USER_AGENT`.
    pub fn user_agent(&mut self, user_agent: &str) -> &mut Config {
        self.connections.product = Some(user_agent.to_owned());
        self
    }

    /// Sets how many idle connections the pool holds at most. 0: no pool. Default: 64.
    ///
    /// HTTP/1.1 has no mark that ties a reply to its request. If a server sends a second or a late reply over a pooled
    /// connection while the next request goes out, the reply is taken for that request's. With 0, each request has its
    /// own connection.
    pub fn max_idle_connections(&mut self, max_idle_connections: usize) -> &mut Config {
        self.connections.keep_alive.max_idle = max_idle_connections;
        self
    }

    /// Sets how long the pool holds an idle connection. If the server announces a shorter time, the connection is used
    /// no longer than that. Default: 5 s.
    pub fn idle_timeout(&mut self, timeout: Duration) -> &mut Config {
        self.connections.keep_alive.idle = timeout;
        self
    }

    /// Sets how many attempts of a call may fail in a row. Default: 3.
    ///
    /// Attempts that are refused because the service is busy with another call don't count, and end the row. They are
    /// repeated until the call's time limit.
    pub fn max_attempts(&mut self, max_attempts: u32) -> &mut Config {
        self.max_attempts = max_attempts.max(1);
        self
    }

    /// Sets how long a call reads back after an unknown outcome, once it makes no further attempt. Default: 10 s.
    ///
    /// The call reads back after 0.25, 0.5, 1, 2, 4 s …, never past its deadline. If the outcome stays unknown, the
    /// call fails when this time is over.
    pub fn reconcile_horizon(&mut self, horizon: Duration) -> &mut Config {
        self.reconcile_horizon = horizon;
        self
    }

    /// Sets how many of the client's writes (creates and deletes) may run at once. Further writes wait. `usize::MAX`:
    /// no limit.
    ///
    /// Default: 1, because the service refuses a routine call of an account while another one runs.
    pub fn max_concurrent_writes(&mut self, max_concurrent_writes: usize) -> &mut Config {
        self.writes.at_once = max_concurrent_writes.max(1);
        self
    }

    /// Sets a lock that the client shares with other programs or machines that write to the same account. They then
    /// wait for each other instead of being refused. Replaces a lock that was set before. Default: no lock.
    ///
    /// `try_acquire` tries to acquire the lock for at most the lease that its argument says. It doesn't wait if another
    /// client holds the lock. `release` releases the lock. It is called once for each time that the lock was acquired,
    /// even if the lease is over. Another client may hold the lock by then, and must keep it.
    ///
    /// Both run on the threads of calls. `release` also runs when a call or a [`Bulk`](crate::Bulk) is dropped. The
    /// threads may differ, but for one client the functions never run at the same time. They must not write with this
    /// client.
    ///
    /// A call holds the lock while it writes. Then it passes the lock on to the client's writes that wait, until
    /// [`write_lock_hold`](Config::write_lock_hold) is over. The lock only puts writes in order: if it is lost, the
    /// service refuses writes as busy and they are repeated.
    pub fn write_lock(
        &mut self,
        try_acquire: impl Fn(Duration) -> TryLock + Send + Sync + 'static,
        release: impl Fn() + Send + Sync + 'static,
    ) -> &mut Config {
        self.writes.lock = Some(LockKind::Shared(Arc::new(Functions { try_acquire, release })));
        self
    }

    /// Removes the write lock.
    #[cfg(feature = "capi")]
    pub(crate) fn no_write_lock(&mut self) {
        self.writes.lock = None;
    }

    /// Sets a file as the lock that the client shares with the other programs of this host. Replaces a lock that was
    /// set before.
    ///
    /// If the file is missing, it is created with access for its owner alone. It is never written to or deleted. The
    /// kernel releases the lock when the process ends for any reason. The file must be on a local file system.
    pub fn write_lock_file(&mut self, path: impl Into<PathBuf>) -> &mut Config {
        self.writes.lock = Some(LockKind::File(path.into()));
        self
    }

    /// Sets how long the client holds the shared lock for further writes before it lets other clients acquire it. The
    /// lease that `try_acquire` gets is longer by one attempt and one second. Default: 2 s.
    pub fn write_lock_hold(&mut self, hold: Duration) -> &mut Config {
        self.writes.hold = hold;
        self
    }

    /// Sets the log. Default: no log.
    pub fn log(&mut self, log: Log) -> &mut Config {
        self.log = log;
        self
    }

    #[cfg(feature = "capi")]
    pub(crate) fn log_sink(&self) -> &Log {
        &self.log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_in_the_debug_text() {
        let mut config = Config::new();
        config
            .proxy("http://me:hunter2@proxy")
            .credentials(Credentials::temporary("id", "hunter3", "hunter4").unwrap());
        config.environment([("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hunter5")]);

        let text = format!("{config:?}");

        assert!(!text.contains("hunter"), "{text}");
    }
}
