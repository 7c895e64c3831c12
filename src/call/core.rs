//! The state that all calls of a client share.

use std::sync::Arc;
#[cfg(feature = "capi")]
use std::sync::Weak;
use std::time::{Duration, Instant};

use super::{Budget, Call, CallOptions, Deleted, LockKind, WriteLock, next_number};
use crate::clock::Clock;
use crate::credentials::{Cache, Chain};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::log::Log;
use crate::per_process::PerProcess;
use crate::signature::{Credentials, SignatureVersion};
use crate::stats::Counters;
use crate::transport::{Destination, Settings, Transport};
#[cfg(feature = "capi")]
use crate::wait::Host;
use crate::wait::{Deadline, Semaphore, Task};

/// The access key id of the emulator. Its secret is public.
const EMULATOR_KEY_ID: &str = "EsaEmulatorKeyId";

/// Time limits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// One request, including the time to connect.
    pub(crate) attempt: Duration,
    /// A whole call.
    pub(crate) total: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts { attempt: Duration::from_secs(10), total: Duration::from_secs(30) }
    }
}

/// How writes wait for each other.
#[derive(Clone, Debug)]
pub(crate) struct Writes {
    /// How many of the client's writes may run at once. `usize::MAX`: no limit.
    pub(crate) at_once: usize,
    /// The lock that the client shares with others.
    pub(crate) lock: Option<LockKind>,
    /// How long the client holds the lock for further writes.
    pub(crate) hold: Duration,
}

impl Default for Writes {
    fn default() -> Writes {
        // The service locks an account while one routine call runs.
        Writes { at_once: 1, lock: None, hold: Duration::from_secs(2) }
    }
}

/// The part of a client that calls need.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) endpoint: Endpoint,
    pub(crate) chain: Chain,
    pub(crate) signature_version: SignatureVersion,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_attempts: u32,
    pub(crate) reconcile_horizon: Duration,
    /// The origin of the client's monotonic time.
    pub(crate) started: Instant,
    pub(crate) budget: Budget,
    pub(crate) clock: Clock,
    pub(crate) log: Log,
    pub(crate) counters: Arc<Counters>,
    pub(crate) writes: Writes,
    pub(crate) settings: Arc<Settings>,
    pub(crate) destination: Destination,
    pub(crate) live: PerProcess<Live>,
}

/// The state of a client in one process.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) transport: Transport,
    pub(crate) credentials: Cache,
    /// The write limit.
    pub(crate) writes: Semaphore,
    /// The client's share of the lock.
    pub(crate) write_lock: Option<WriteLock>,
    pub(crate) deleted: Deleted,
}

impl Live {
    pub(crate) fn new(settings: &Arc<Settings>, destination: &Destination, writes: &Writes) -> Live {
        Live {
            transport: Transport::new(settings, destination),
            credentials: Cache::new(),
            writes: Semaphore::new(writes.at_once),
            write_lock: writes.lock.as_ref().map(|kind| WriteLock::new(kind, writes.hold)),
            deleted: Deleted::default(),
        }
    }
}

impl Core {
    /// Begins a call. The texts of a success are already redacted. An error isn't.
    pub(crate) fn begin<'a>(&'a self, options: &CallOptions, task: &'a Task) -> Call<'a> {
        self.counters.calls.count();
        Call::begin(self, next_number(), options, task, Deadline::NEVER)
    }

    /// Closes the connections that only calls of `host` can use. `host` is being closed.
    #[cfg(feature = "capi")]
    pub(crate) fn leave(&self, host: &Weak<dyn Host>) {
        let live = self.live();
        live.transport.leave(host);
        live.credentials.leave(host);
    }

    pub(crate) fn live(&self) -> &Live {
        self.live.get(|| Live::new(&self.settings, &self.destination, &self.writes))
    }

    /// Refuses to send the emulator's key to another machine.
    pub(crate) fn endpoint_may_see(&self, credentials: &Credentials) -> Result<(), Error> {
        if credentials.access_key_id() == EMULATOR_KEY_ID && !self.endpoint.is_loopback() {
            let message =
                format!("the emulator's access key is meant for the emulator, not for {}", self.endpoint.url());
            return Err(Error::new(ErrorKind::Credentials, message));
        }
        Ok(())
    }
}
