//! How a client is to be made, as its caller says it.

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

/// How a client is made. What isn't set comes from the environment, or has the default that its setter names.
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
    /// All defaults.
    pub fn new() -> Config {
        Config::default()
    }

    /// The variables to read in place of the process's environment.
    pub fn environment(
        &mut self,
        variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
    ) -> &mut Config {
        self.environment = Some(Environment::of(variables));
        self
    }

    /// The credentials. Default: those that are found as the official SDKs find them.
    ///
    /// The first of these that gives some is asked, and from then on no other: the environment
    /// (`ALIBABA_CLOUD_ACCESS_KEY_ID`, …), OIDC, a profile of the command line (`~/.aliyun/config.json`), the credentials
    /// file (`~/.alibabacloud/credentials`), the role of the ECS instance, and `ALIBABA_CLOUD_CREDENTIALS_URI`.
    pub fn credentials(&mut self, credentials: Credentials) -> &mut Config {
        self.identity = Some(Identity::Credentials(credentials));
        self
    }

    /// A function that gives the credentials, for secrets that are kept elsewhere, in place of what was set before.
    ///
    /// It runs on the thread of a call that needs credentials, one call at a time, and is told how long that call has
    /// left: at the first call, 5 to 6 minutes before they expire, and once more when the service says that they have.
    pub fn credentials_provider(
        &mut self,
        provide: impl Fn(Duration) -> Result<ProvidedCredentials, String> + Send + Sync + 'static,
    ) -> &mut Config {
        self.identity = Some(Identity::Callback(Callback::new(provide)));
        self
    }

    /// The region: `cn-hangzhou` for accounts of the China site, `ap-southeast-1` for international accounts.
    ///
    /// Default: `ALIBABA_CLOUD_REGION_ID`, else `cn-hangzhou`.
    pub fn region(&mut self, region: &str) -> &mut Config {
        self.region = Some(region.to_owned());
        self
    }

    /// The endpoint, in place of the region's: `host`, `host:port` or `https://host:port`; `http://…` for this machine
    /// only. Default: `ESA_ENDPOINT`, which must not be empty, else the region's.
    pub fn endpoint(&mut self, endpoint: &str) -> &mut Config {
        self.endpoint = Some(endpoint.to_owned());
        self
    }

    /// From where the service is reached, where no endpoint is set. Default: [`Network::Public`].
    pub fn network(&mut self, network: Network) -> &mut Config {
        self.network = network;
        self
    }

    /// The proxy: `http://user:password@host:port` (CONNECT), `host:port`, `socks5://…` (this machine looks
    /// the endpoint's name up) or `socks5h://…` (the proxy does); `""` for none.
    ///
    /// Default: what the environment says: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper case or else
    /// in lower case. Plain http to this machine takes no proxy, and neither does the metadata of an instance.
    pub fn proxy(&mut self, url: &str) -> &mut Config {
        self.connections.proxy = Some(ProxyUrl::new(url));
        self
    }

    /// How long making one connection may take: name look-up, TCP and TLS together. Default: 5 s.
    pub fn connect_timeout(&mut self, timeout: Duration) -> &mut Config {
        self.connections.connect_timeout = timeout;
        self
    }

    /// How long one request may take, connecting included. Default: 10 s.
    pub fn attempt_timeout(&mut self, timeout: Duration) -> &mut Config {
        self.timeouts.attempt = timeout;
        self
    }

    /// How long a whole call may take, with its retries and waits. Default: 30 s.
    pub fn timeout(&mut self, timeout: Duration) -> &mut Config {
        self.timeouts.total = timeout;
        self
    }

    /// How requests are signed. Default: [`SignatureVersion::V3`].
    pub fn signature_version(&mut self, version: SignatureVersion) -> &mut Config {
        self.signature_version = version;
        self
    }

    /// A PEM file of certificate authorities to trust in place of the built-in ones. Default, where no PEM text is set
    /// either: `SSL_CERT_FILE`, as for OpenSSL (`SSL_CERT_DIR` isn't read).
    pub fn ca_file(&mut self, path: impl Into<PathBuf>) -> &mut Config {
        self.connections.trust.ca_file = Some(path.into());
        self
    }

    /// PEM text of certificate authorities to trust in place of the built-in ones.
    pub fn ca_pem(&mut self, pem: &str) -> &mut Config {
        self.connections.trust.ca_pem = Some(pem.to_owned());
        self
    }

    /// The caller's own product, such as `my-agent/1.2`, for the end of the User-Agent header: printable ASCII.
    /// [`Client::new`](crate::Client::new) refuses another text. Default: `ALIBABA_CLOUD_USER_AGENT`.
    pub fn user_agent(&mut self, user_agent: &str) -> &mut Config {
        self.connections.product = Some(user_agent.to_owned());
        self
    }

    /// How many unused connections to keep at most; 0: none. Default: 64.
    ///
    /// HTTP/1.1 has no mark that ties a reply to its request. If a server sends a second or a late reply over a kept
    /// connection, just as the next request goes out, it is taken for that request's. With 0, each request has a connection
    /// of its own.
    pub fn max_idle_connections(&mut self, max_idle_connections: usize) -> &mut Config {
        self.connections.keep_alive.max_idle = max_idle_connections;
        self
    }

    /// How long to keep an unused connection. A peer that announces a shorter time gets no request after that. Default:
    /// 5 s.
    pub fn idle_timeout(&mut self, timeout: Duration) -> &mut Config {
        self.connections.keep_alive.idle = timeout;
        self
    }

    /// How many attempts of a call may fail in a row. Default: 3. Those that are refused because the service is busy with
    /// another call don't count, and end the row: they are made until the call's time limit.
    pub fn max_attempts(&mut self, max_attempts: u32) -> &mut Config {
        self.max_attempts = max_attempts.max(1);
        self
    }

    /// How long a call goes on reading back to clear up what a lost answer did, once no further attempt is made: after
    /// 0.25, 0.5, 1, 2, 4 s …, never past the call's deadline. If nothing clears it up, the call fails that much later.
    /// Default: 10 s.
    pub fn reconcile_horizon(&mut self, horizon: Duration) -> &mut Config {
        self.reconcile_horizon = horizon;
        self
    }

    /// How many of the client's writes (creates and deletes) may be under way at once; the others wait for their turn.
    ///
    /// Default: 1, since the service refuses a routine call of an account while another one runs. `usize::MAX`: no limit.
    pub fn max_concurrent_writes(&mut self, max_concurrent_writes: usize) -> &mut Config {
        self.writes.at_once = max_concurrent_writes.max(1);
        self
    }

    /// A lock that the client shares with other programs or machines that write to the same account, so that they wait for
    /// each other instead of being refused; in place of what was set before. Default: none.
    ///
    /// `try_acquire` asks for it, to hold it no longer than it is told, and doesn't wait for whoever has it; `release` lets
    /// it go, once for each time that it was acquired, also where the time is over. They run on the threads of calls, and
    /// `release` where a call or a [`Bulk`](crate::Bulk) is dropped as well; on different ones, but never both or twice at
    /// once for a client. They make no call that writes with this client.
    ///
    /// A call holds the lock while it writes; it goes on to the client's writes that wait behind it, until
    /// [`write_lock_hold`](Config::write_lock_hold). The lock is for order alone: if it is lost, writes are refused as busy
    /// and made again.
    pub fn write_lock(
        &mut self,
        try_acquire: impl Fn(Duration) -> TryLock + Send + Sync + 'static,
        release: impl Fn() + Send + Sync + 'static,
    ) -> &mut Config {
        self.writes.lock = Some(LockKind::Shared(Arc::new(Functions { try_acquire, release })));
        self
    }

    /// No lock is shared with others.
    #[cfg(feature = "capi")]
    pub(crate) fn no_write_lock(&mut self) {
        self.writes.lock = None;
    }

    /// A file as the lock that the client shares with the other programs of this host; in place of what was set before.
    ///
    /// It is made where it is missing, for its owner alone, and never written to or deleted. The kernel lets the lock go when
    /// the process ends, however it does. The file is on a local file system.
    pub fn write_lock_file(&mut self, path: impl Into<PathBuf>) -> &mut Config {
        self.writes.lock = Some(LockKind::File(path.into()));
        self
    }

    /// How long the client holds the lock that it shares with others for further writes, before it lets others in. The lease
    /// that `try_acquire` is asked for is one attempt and one second longer. Default: 2 s.
    pub fn write_lock_hold(&mut self, hold: Duration) -> &mut Config {
        self.writes.hold = hold;
        self
    }

    /// Where the library says what it does. Default: nowhere.
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
