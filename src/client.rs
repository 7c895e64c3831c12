//! The client, which all calls share.

#[cfg(feature = "capi")]
use std::pin::Pin;
#[cfg(feature = "capi")]
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use crate::call::{Budget, Call, CallOptions, Core, Live};
use crate::clock::Clock;
use crate::config::Config;
use crate::credentials::{Chain, Identity, Source};
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};
use crate::error::Error;
#[cfg(feature = "capi")]
use crate::log::Log;
use crate::operation::{
    ActionReply, AnyAction, CreateRoutineRelatedRecordRequest, DeleteRoutineRelatedRecordRequest, GetMatchSiteRequest,
    ListRoutineRelatedRecordsRequest, MatchSite, PreparedAction, RelatedRecordPage,
};
use crate::per_process::PerProcess;
use crate::record::{self, Bulk, Deletion, Record};
use crate::redaction::Redaction;
use crate::signature::SignedRequest;
use crate::stats::{Counters, Stats};
use crate::transport::{Destination, Settings};
#[cfg(feature = "capi")]
use crate::wait::{Task, multi::Pending};

/// The function that runs a call, boxed, so that the code around it is compiled only once.
#[cfg(feature = "capi")]
pub(crate) type Made<T> = Box<dyn for<'a> FnOnce(&'a Call<'a>) -> Pin<Box<dyn Future<Output = T> + 'a>>>;

/// A client of the service. Any number of threads may use it at once. A clone is the same client.
#[derive(Clone, Debug)]
pub struct Client {
    core: Arc<Core>,
}

impl Client {
    /// Creates a client with the settings of `config`. Settings that `config` doesn't have come from the environment,
    /// which is read here and not again.
    ///
    /// Sends nothing, and needs no credentials yet.
    ///
    /// Fails in these cases:
    ///
    /// - The region is unknown.
    /// - The endpoint isn't a URL, or is plain http to another machine.
    /// - A proxy can't be used, or a CA file can't be read.
    pub fn new(config: &Config) -> Result<Client, Error> {
        Client::of(config).map_err(|error| config.log.redacted(error))
    }

    fn of(config: &Config) -> Result<Client, Error> {
        let variables = &config.environment.clone().unwrap_or_else(Environment::of_process);
        let region = config.region.as_deref().or_else(|| variables.get(environment::REGION_ID));
        let endpoint = Endpoint::choose(config.endpoint.as_deref(), region, config.network, variables)?;
        let destination = Destination::new(&endpoint)?;
        let counters = Arc::new(Counters::default());
        let settings = Arc::new(Settings::new(&config.connections, variables, &counters)?);
        let log = config.log.without_secrets(redaction(config, variables, &settings));
        Ok(Client {
            core: Arc::new(Core {
                endpoint,
                chain: Chain::new(config.identity.clone(), variables)?,
                signature_version: config.signature_version,
                timeouts: config.timeouts,
                max_attempts: config.max_attempts,
                reconcile_horizon: config.reconcile_horizon,
                started: Instant::now(),
                budget: Budget::new(),
                clock: Clock::default(),
                log,
                counters,
                writes: config.writes.clone(),
                live: PerProcess::new(Live::new(&settings, &destination, &config.writes)),
                settings,
                destination,
            }),
        })
    }

    /// Creates a record on a site and ties it to a routine. Requests for the record's name then run the routine.
    ///
    /// Fails with [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) if the record exists already.
    ///
    /// If the service's answer is lost or incomplete, the call reads the record back from the list of the routine's
    /// records, until [`Config::reconcile_horizon`] or the time limit ends. This needs the permission
    /// `esa:ListRoutineRelatedRecords`.
    pub fn create_routine_related_record(
        &self,
        request: &CreateRoutineRelatedRecordRequest<'_>,
        options: &CallOptions,
    ) -> Result<Record, Error> {
        self.make(options, async |call| record::create(call, request).await)
    }

    /// Ensures that a record exists and is tied to this routine. Reads the list first. If the record isn't there,
    /// creates it like [`create_routine_related_record`](Client::create_routine_related_record).
    ///
    /// An existing record costs one read and no write. If `site_id` is 0, the call uses the site that the record's name
    /// belongs to.
    pub fn ensure_routine_related_record(
        &self,
        request: &CreateRoutineRelatedRecordRequest<'_>,
        options: &CallOptions,
    ) -> Result<Record, Error> {
        self.make(options, async |call| record::ensure(call, request).await)
    }

    /// Ensures many records, in their order, one each time the iterator is advanced. The service takes one write at a
    /// time. Each record is ensured like [`ensure_routine_related_record`](Client::ensure_routine_related_record),
    /// within `options`. [`Bulk::with_timeout`] limits the time of the whole bulk.
    ///
    /// If that saves requests, the routines' records are listed first, 20 per request. If `site_id` is 0, a listed
    /// record counts as the one asked for if no other site has a record of this name for the routine.
    pub fn ensure_routine_related_records<'a>(
        &self,
        requests: impl IntoIterator<Item = CreateRoutineRelatedRecordRequest<'a>>,
        options: &CallOptions,
    ) -> Bulk {
        Bulk::new(&self.core, requests, options)
    }

    /// Deletes a record. Also succeeds if the record doesn't exist, or no longer exists.
    ///
    /// Without a record id, the record is found by its name. This needs the permission `esa:ListRoutineRelatedRecords`.
    pub fn delete_routine_related_record(
        &self,
        request: &DeleteRoutineRelatedRecordRequest<'_>,
        options: &CallOptions,
    ) -> Result<Deletion, Error> {
        self.make(options, async |call| record::delete(call, request).await)
    }

    /// Lists a page of a routine's records.
    pub fn list_routine_related_records(
        &self,
        request: &ListRoutineRelatedRecordsRequest<'_>,
        options: &CallOptions,
    ) -> Result<RelatedRecordPage, Error> {
        self.make(options, async |call| call.perform(request).await)
    }

    /// Gets the account's site whose name is the longest suffix of a record's name.
    pub fn get_match_site(&self, request: &GetMatchSiteRequest<'_>, options: &CallOptions) -> Result<MatchSite, Error> {
        self.make(options, async |call| call.perform(request).await)
    }

    /// Calls any action of the service, by its name. Returns the service's answer unchanged: a JSON object of at most 8
    /// MiB.
    ///
    /// If the answer is lost, an action that reads is sent again. An action that writes is sent again only if nothing
    /// was sent, or if the service's code says that nothing has changed. If the answer to a write is lost, the call
    /// fails with [`Outcome::Unknown`](crate::Outcome::Unknown). The caller then reads back what the action changes.
    pub fn call(&self, action: &AnyAction<'_>, options: &CallOptions) -> Result<ActionReply, Error> {
        self.call_prepared(&action.prepare()?, options)
    }

    /// Signs any action, for another program to send, once. Uses this client's credentials, endpoint, clock and
    /// signature version.
    ///
    /// Sends nothing of the action, but may have to get credentials. If there is no time for that, the call fails with
    /// [`ErrorKind::Credentials`](crate::ErrorKind::Credentials).
    pub fn sign(&self, action: &AnyAction<'_>, options: &CallOptions) -> Result<SignedRequest, Error> {
        self.sign_prepared(&action.prepare()?, options)
    }

    /// Returns the name of the provider whose credentials this client uses: `configuration`, `callback`, `environment`,
    /// `oidc`, `cli_profile`, `credentials_file`, `ecs_ram_role` or `credentials_uri`. `None` before the first call
    /// that needs credentials.
    pub fn credentials_source(&self) -> Option<&'static str> {
        self.source().map(Source::name)
    }

    pub(crate) fn source(&self) -> Option<Source> {
        self.core.live().credentials.source()
    }

    /// Returns what this client has done so far.
    pub fn stats(&self) -> Stats {
        self.core.counters.read()
    }

    pub(crate) fn call_prepared(&self, action: &PreparedAction, options: &CallOptions) -> Result<ActionReply, Error> {
        self.make(options, async |call| call.perform(action).await)
    }

    pub(crate) fn sign_prepared(&self, action: &PreparedAction, options: &CallOptions) -> Result<SignedRequest, Error> {
        self.make(options, async |call| call.world.sign(action).await)
    }

    /// Runs a call on this thread.
    fn make<T>(
        &self,
        options: &CallOptions,
        make: impl AsyncFnOnce(&Call<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let made = options.run(async |task| make(&self.core.begin(options, task)).await);
        made.map_err(|error| self.core.log.redacted(error))
    }

    /// Returns a call for a driver that runs many.
    #[cfg(feature = "capi")]
    pub(crate) fn pending<T: 'static>(&self, options: CallOptions, task: Rc<Task>, make: Made<T>) -> Pending<T> {
        let core = Arc::clone(&self.core);
        Box::pin(async move { make(&core.begin(&options, &task)).await })
    }

    #[cfg(feature = "capi")]
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    #[cfg(feature = "capi")]
    pub(crate) fn log(&self) -> &Log {
        &self.core.log
    }
}

/// The secrets that this configuration and environment have from the start.
fn redaction(config: &Config, variables: &Environment, settings: &Settings) -> Redaction {
    let proxy_secrets = settings.secrets();
    let mut secrets: Vec<&str> = proxy_secrets.iter().map(|secret| secret.as_str()).collect();
    if let Some(Identity::Credentials(credentials)) = &config.identity {
        secrets.extend(credentials.secrets());
    }
    let named = [environment::ACCESS_KEY_SECRET, environment::SECURITY_TOKEN];
    secrets.extend(named.map(|name| variables.get(name).unwrap_or_default()));
    Redaction::new(&secrets)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::environment::{ENDPOINT, REGION_ID};
    use crate::error::ErrorKind;
    use crate::signature::Credentials;

    fn url(config: &Config, variables: &[(&'static str, &str)]) -> String {
        Client::new(config.clone().environment(variables.iter().copied())).unwrap().core.endpoint.url()
    }

    #[test]
    fn the_configuration_comes_before_the_environment() {
        let variables = [(ENDPOINT, "http://127.0.0.1:1"), (REGION_ID, "ap-southeast-1")];

        assert_eq!(url(&Config::new(), &[]), "https://esa.cn-hangzhou.aliyuncs.com");
        assert_eq!(url(&Config::new(), &variables[1..]), "https://esa.ap-southeast-1.aliyuncs.com");
        assert_eq!(url(&Config::new(), &variables), "http://127.0.0.1:1");
        assert_eq!(url(Config::new().region("cn-hangzhou"), &variables[1..]), "https://esa.cn-hangzhou.aliyuncs.com");
        assert_eq!(url(Config::new().endpoint("127.0.0.1:2"), &variables), "https://127.0.0.1:2");
    }

    #[test]
    fn only_a_serial_action_waits_for_the_client_s_other_writes() {
        let nobody = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        nobody.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let endpoint = format!("http://{}", nobody.local_addr().unwrap().as_socket().unwrap());
        let key = Credentials::new("id", "secret").unwrap();
        let client = Client::new(Config::new().endpoint(&endpoint).credentials(key).max_attempts(1)).unwrap();
        let other_write = client.core.live().writes.try_acquire(Duration::from_secs(60));
        assert!(other_write.is_some());

        let waits = |action| {
            let before = client.stats().write_limit_waits;
            client.call(&AnyAction::new(action), CallOptions::new().timeout(Duration::from_millis(100))).unwrap_err();
            client.stats().write_limit_waits > before
        };

        // An action that changes a routine, another write, and a read.
        let waiting = ["CreateRoutine", "CreateSite", "GetRoutine"].map(waits);
        assert_eq!(waiting, [true, false, false], "others wait than shall");
    }

    #[test]
    fn the_emulator_s_key_is_not_sent_to_another_machine() {
        let key = Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap();
        let request = CreateRoutineRelatedRecordRequest::new(1, "a", "b");

        let client = Client::new(Config::new().region("cn-hangzhou").credentials(key)).unwrap();
        let error = client.create_routine_related_record(&request, &CallOptions::new()).unwrap_err();

        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.message().contains("esa.cn-hangzhou.aliyuncs.com"), "{error}");
    }
}
