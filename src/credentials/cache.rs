//! The credentials that a client uses, until they have to be renewed.
//!
//! No thread renews them. The first call that finds them due does. Until they expire, the other calls use the old ones
//! meanwhile. After that they wait, each within its own limits, and one request serves all.

#[cfg(feature = "capi")]
use std::sync::Weak;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::chain::{CONFIGURATION, Chain, Source};
use super::context::{Asker, Context};
use super::servers::Servers;
use super::{Credentials, Issued};
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::{Level, Scope};
use crate::random::random;
#[cfg(feature = "capi")]
use crate::wait::Host;
use crate::wait::{Permit, Semaphore};

/// How long before their expiration credentials are renewed: this time, plus a random part of it, so that a fleet that
/// started together doesn't renew together. Short-lived credentials are renewed after half of their life.
const MARGIN: Duration = Duration::from_secs(5 * 60);
const JITTER: Duration = Duration::from_secs(60);

/// If a renewal fails, how long to use credentials that are still valid before the next one.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// The credentials of a client, in one process.
#[derive(Debug)]
pub(crate) struct Cache {
    state: Mutex<State>,
    /// Permits one call at a time to ask the providers.
    refresh: Semaphore,
    servers: Servers,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Current>,
    /// How often the providers were asked and answered.
    asked: u64,
    /// Their last answer, if it was a failure.
    failure: Option<Error>,
    /// The provider that gave credentials. No other is asked from then on.
    source: Option<Source>,
    /// Credentials that the service refuses, although they should be valid.
    refused: Option<Arc<Credentials>>,
}

#[derive(Clone, Debug)]
struct Current {
    credentials: Arc<Credentials>,
    /// `None`: they never expire.
    life: Option<Life>,
}

#[derive(Clone, Copy, Debug)]
struct Life {
    /// When to renew them.
    due: Instant,
    end: Instant,
}

impl Current {
    fn is_due(&self) -> bool {
        self.life.is_some_and(|life| Instant::now() >= life.due)
    }

    fn has_expired(&self) -> bool {
        self.life.is_some_and(|life| Instant::now() >= life.end)
    }
}

impl Cache {
    pub(crate) fn new() -> Cache {
        Cache { state: Mutex::default(), refresh: Semaphore::new(1), servers: Servers::default() }
    }

    /// Returns the provider whose credentials are used. `None` before the first call.
    pub(crate) fn source(&self) -> Option<Source> {
        self.lock().source
    }

    /// Returns credentials that are valid now. If there are none, asks `chain`.
    pub(crate) async fn get(&self, chain: &Chain, asker: &Asker<'_>) -> Result<Arc<Credentials>, Error> {
        let (current, asked) = {
            let state = self.lock();
            (state.current.clone(), state.asked)
        };
        let current = match current {
            Some(current) if !current.is_due() => return Ok(current.credentials),
            current => current.filter(|current| !current.has_expired()),
        };
        // Boxed, so that other calls need less memory.
        Box::pin(self.get_new(current, asked, chain, asker)).await
    }

    /// Returns new credentials, if there are none yet or the `current` ones are due.
    async fn get_new(
        &self,
        current: Option<Current>,
        asked: u64,
        chain: &Chain,
        asker: &Asker<'_>,
    ) -> Result<Arc<Credentials>, Error> {
        // The caller's log function may make a call that waits for these credentials. So lines are written after the
        // permit is released.
        let (log, lines) = asker.log.deferred();
        let deferring = Asker { log: Scope::of_call(&log, 0), ..*asker };
        let renewed = match current {
            Some(current) => Ok(self.renew_early(current, chain, &deferring).await),
            None => self.renew(asked, chain, &deferring).await,
        };
        asker.log.write_deferred(&lines);
        renewed
    }

    /// Closes the connections to servers of credentials that only calls of `host` can use.
    #[cfg(feature = "capi")]
    pub(crate) fn leave(&self, host: &Weak<dyn Host>) {
        self.servers.leave(host);
    }

    /// Whether calls use these credentials, and they are still valid.
    pub(crate) fn still_has(&self, credentials: &Arc<Credentials>) -> bool {
        let state = self.lock();
        let current = state.current.as_ref().filter(|current| !current.has_expired());
        current.is_some_and(|current| Arc::ptr_eq(&current.credentials, credentials))
    }

    /// Forgets credentials that the service reports as expired. Returns false if the provider can't give others.
    pub(crate) fn refuse(&self, credentials: &Arc<Credentials>) -> bool {
        let mut state = self.lock();
        if !state.source.is_some_and(Source::can_renew) {
            return false;
        }
        if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(&current.credentials, credentials)) {
            state.current = None;
            state.refused = Some(Arc::clone(credentials));
        }
        true
    }

    /// Renews credentials that are still valid, unless another call is doing so. If that fails, the old ones stay in
    /// use.
    async fn renew_early(&self, current: Current, chain: &Chain, asker: &Asker<'_>) -> Arc<Credentials> {
        let Some(permit) = self.refresh.try_acquire(asker.attempt) else { return current.credentials };
        if let Some(renewed) = self.lock().current.clone().filter(|current| !current.is_due()) {
            return renewed.credentials;
        }
        // The call itself needs time, too.
        let left = asker.limits.deadline.left().unwrap_or(Duration::MAX);
        let limits = asker.limits.within((left / 2).min(asker.attempt));
        match self.ask(chain, &Asker { limits, ..*asker }, &permit).await {
            Ok(renewed) => renewed,
            Err(error) => {
                asker.log.write(Level::Warn, || {
                    format!("credentials: renewing them failed, so the old ones stay in use: {error}")
                });
                let mut state = self.lock();
                if let Some(life) = state.current.as_mut().and_then(|current| current.life.as_mut()) {
                    life.due = life.end.min(Instant::now() + PAUSE_AFTER_FAILURE);
                }
                current.credentials
            }
        }
    }

    /// Waits for the permit, and then asks the providers. Doesn't ask if another call has asked since the count was
    /// `asked`.
    async fn renew(&self, asked: u64, chain: &Chain, asker: &Asker<'_>) -> Result<Arc<Credentials>, Error> {
        let permit = self.refresh.acquire(&asker.limits, asker.attempt).await.map_err(|stop| {
            stop.while_doing(
                "waiting for credentials that another call asks for",
                ErrorKind::Credentials,
                Outcome::NotSent,
            )
        })?;
        {
            let state = self.lock();
            if let Some(current) = state.current.as_ref().filter(|current| !current.has_expired()) {
                return Ok(Arc::clone(&current.credentials));
            }
            if let Some(failure) = state.failure.as_ref().filter(|_| state.asked != asked) {
                return Err(failure.clone());
            }
        }
        self.ask(chain, asker, &permit).await
    }

    /// Asks the providers and stores their answer. If only this call's limits ended the request, there is no answer to
    /// store.
    async fn ask(&self, chain: &Chain, asker: &Asker<'_>, permit: &Permit<'_>) -> Result<Arc<Credentials>, Error> {
        let (source, refused) = {
            let state = self.lock();
            (state.source, state.refused.clone())
        };
        let context = Context { asker, surroundings: &chain.surroundings, servers: &self.servers, permit };
        let answer = chain.issue(source, &context).await.and_then(|(source, issued)| match refused {
            Some(refused) if issued.credentials == *refused => Err(Error::new(
                ErrorKind::Credentials,
                format!("the service says that the security token has expired, and {source} still gives the same one"),
            )),
            _ => Ok((source, issued)),
        });
        let mut state = self.lock();
        match answer {
            Ok((source, issued)) => {
                asker.counters.credentials_refreshed.count();
                asker.log.learn(&issued.credentials.secrets());
                let current = keep(&issued);
                let credentials = Arc::clone(&current.credentials);
                *state =
                    State { current: Some(current), asked: state.asked + 1, source: Some(source), ..State::default() };
                drop(state);
                if source != CONFIGURATION {
                    asker.log.write(Level::Info, || format!("credentials: {}", describe(source, &issued)));
                }
                Ok(credentials)
            }
            Err(error) => {
                if error.kind() == ErrorKind::Credentials {
                    state.asked += 1;
                    state.failure = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep(issued: &Issued) -> Current {
    let now = Instant::now();
    let life = issued.lifetime.and_then(|lifetime| {
        let margin = (MARGIN + JITTER.mul_f64(random() as f64 / u64::MAX as f64)).min(lifetime / 2);
        Some(Life { due: now.checked_add(lifetime - margin)?, end: now.checked_add(lifetime)? })
    });
    Current { credentials: Arc::new(issued.credentials.clone()), life }
}

fn describe(source: Source, Issued { credentials, lifetime, origin }: &Issued) -> String {
    let id = credentials.access_key_id();
    match lifetime {
        Some(lifetime) => format!("{id} of {source} ({origin}), valid for {} s", lifetime.as_secs()),
        None => format!("{id} of {source} ({origin})"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;
    use std::thread;
    use std::time::SystemTime;

    use super::super::{Callback, ProvidedCredentials};
    use super::*;
    use crate::clock::Clock;
    use crate::credentials::Identity;
    use crate::environment::Environment;
    use crate::log::Log;
    use crate::stats::Counters;
    use crate::transport::{Options, Settings};
    use crate::wait::{Deadline, Task, drive};

    fn nothing() -> Environment {
        Environment::of([("", ""); 0])
    }

    const HOUR: Duration = Duration::from_secs(3600);

    fn chain(
        provide: impl Fn(u32) -> Result<(&'static str, Option<Duration>), String> + Send + Sync + 'static,
    ) -> (Chain, Arc<AtomicU32>) {
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let callback = Callback::new(move |_| {
            let (id, lifetime) = provide(counter.fetch_add(1, Ordering::SeqCst) + 1)?;
            let credentials = Credentials::temporary(id, "secret", "token").unwrap();
            Ok(ProvidedCredentials { credentials, expires: lifetime.map(|lifetime| SystemTime::now() + lifetime) })
        });
        (Chain::new(Some(Identity::Callback(callback)), &nothing()).unwrap(), asked)
    }

    /// Returns what `cache` gives to a call with this time limit, and the log.
    fn get(cache: &Cache, chain: &Chain, milliseconds: u64) -> (Result<String, Error>, Vec<String>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let log = Log::new(Level::Info, move |record| sink.lock().unwrap().push(record.message.to_owned()));
        let result = get_logging_to(&log, cache, chain, milliseconds);
        let lines = lines.lock().unwrap().clone();
        (result, lines)
    }

    fn get_logging_to(log: &Log, cache: &Cache, chain: &Chain, milliseconds: u64) -> Result<String, Error> {
        let settings = Arc::new(Settings::new(&Options::default(), &nothing(), &Arc::default()).unwrap());
        let (task, clock, counters) = (Task::default(), Clock::default(), Counters::default());
        let limits = task.limits(Deadline::after(Duration::from_millis(milliseconds)));
        let attempt = Duration::from_secs(10);
        let asker = Asker {
            settings: &settings,
            limits,
            attempt,
            clock: &clock,
            log: Scope::of_call(log, 0),
            counters: &counters,
        };
        drive(&task, cache.get(chain, &asker)).map(|credentials| credentials.access_key_id().to_owned())
    }

    fn id(cache: &Cache, chain: &Chain) -> String {
        get(cache, chain, 20_000).0.unwrap()
    }

    /// Ages the credentials by this time.
    fn age(cache: &Cache, by: Duration) {
        let mut state = cache.lock();
        let life = state.current.as_mut().unwrap().life.as_mut().unwrap();
        (life.due, life.end) = (life.due - by, life.end - by);
    }

    #[test]
    fn credentials_are_kept_until_five_or_six_minutes_before_they_expire() {
        let (chain, asked) = chain(|time| Ok((if time == 1 { "one" } else { "two" }, Some(HOUR))));
        let cache = Cache::new();

        assert_eq!(cache.source(), None);
        assert_eq!(id(&cache, &chain), "one");
        assert_eq!(cache.source().map(Source::name), Some("callback"));
        age(&cache, HOUR - MARGIN - JITTER - Duration::from_secs(20));
        assert_eq!(id(&cache, &chain), "one");
        age(&cache, JITTER + Duration::from_secs(20));
        assert_eq!(id(&cache, &chain), "two");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn short_lived_ones_are_renewed_after_half_of_their_life_and_lasting_ones_never() {
        let (short, asked) = chain(|_| Ok(("id", Some(Duration::from_secs(120)))));
        let cache = Cache::new();
        id(&cache, &short);
        age(&cache, Duration::from_secs(50));
        id(&cache, &short);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        age(&cache, Duration::from_secs(20));
        id(&cache, &short);
        assert_eq!(asked.load(Ordering::SeqCst), 2);

        let (lasting, _) = chain(|_| Ok(("id", None)));
        let cache = Cache::new();
        id(&cache, &lasting);
        assert!(cache.lock().current.as_ref().unwrap().life.is_none());
    }

    #[test]
    fn while_one_call_renews_them_early_the_others_go_on_with_the_old() {
        let (renewing, begun) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let wait = Mutex::new(wait);
        let (chain, _) = chain(move |time| {
            if time == 2 {
                renewing.send(()).unwrap();
                wait.lock().unwrap().recv().unwrap();
            }
            Ok((if time == 1 { "one" } else { "two" }, Some(HOUR)))
        });
        let cache = Cache::new();
        id(&cache, &chain);
        age(&cache, HOUR - MARGIN);

        thread::scope(|scope| {
            let renews = scope.spawn(|| id(&cache, &chain));
            begun.recv().unwrap();
            assert_eq!(id(&cache, &chain), "one");
            go_on.send(()).unwrap();
            assert_eq!(renews.join().unwrap(), "two");
        });
    }

    #[test]
    fn a_failed_renewal_leaves_the_old_ones_and_a_warning_and_is_not_repeated_at_once() {
        let (chain, asked) = chain(|time| if time == 1 { Ok(("one", Some(HOUR))) } else { Err("closed".to_owned()) });
        let cache = Cache::new();
        id(&cache, &chain);
        age(&cache, HOUR - MARGIN);

        let (result, lines) = get(&cache, &chain, 20_000);
        assert_eq!(result, Ok("one".to_owned()));
        assert_eq!(
            lines,
            ["credentials: renewing them failed, so the old ones stay in use: no credentials: callback: closed"]
        );
        assert_eq!(id(&cache, &chain), "one");
        assert_eq!(asked.load(Ordering::SeqCst), 2);

        age(&cache, HOUR);
        let error = get(&cache, &chain, 20_000).0.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Credentials, "no credentials: callback: closed"));
    }

    #[test]
    fn sixty_four_calls_without_credentials_ask_once() {
        for succeeds in [true, false] {
            let (chain, asked) = chain(move |_| {
                thread::sleep(Duration::from_millis(100));
                if succeeds { Ok(("id", Some(HOUR))) } else { Err("closed".to_owned()) }
            });
            let (cache, start) = (Cache::new(), std::sync::Barrier::new(64));

            let successes = thread::scope(|scope| {
                let call = || {
                    start.wait();
                    get(&cache, &chain, 20_000).0.is_ok()
                };
                let calls: Vec<_> = (0..64).map(|_| scope.spawn(call)).collect();
                calls.into_iter().map(|call| call.join().unwrap()).filter(|&ok| ok).count()
            });

            assert_eq!(successes, if succeeds { 64 } else { 0 });
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
    }

    #[test]
    fn a_failure_is_not_remembered() {
        let (chain, _) = chain(|time| if time == 1 { Err("closed".to_owned()) } else { Ok(("id", None)) });
        let cache = Cache::new();

        assert!(get(&cache, &chain, 20_000).0.is_err());
        assert_eq!(id(&cache, &chain), "id");
    }

    #[test]
    fn whoever_waits_does_so_until_its_own_deadline_and_the_provider_s_answer_is_kept() {
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let (chain, asked) = chain(move |_| {
            wait.lock().unwrap().recv().unwrap();
            Ok(("id", Some(HOUR)))
        });
        let cache = Cache::new();

        thread::scope(|scope| {
            let hangs = scope.spawn(|| id(&cache, &chain));
            while asked.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            let error = get(&cache, &chain, 30).0.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
            go_on.send(()).unwrap();
            assert_eq!(hangs.join().unwrap(), "id");
        });
        assert_eq!((id(&cache, &chain).as_str(), asked.load(Ordering::SeqCst)), ("id", 1));
    }

    #[test]
    fn what_the_service_refuses_is_renewed_once_and_not_taken_again() {
        let current = |cache: &Cache| Arc::clone(&cache.lock().current.as_ref().unwrap().credentials);

        let (renews, _) = chain(|time| Ok((if time == 1 { "one" } else { "two" }, Some(HOUR))));
        let cache = Cache::new();
        id(&cache, &renews);
        let refused = current(&cache);
        assert!(cache.refuse(&refused));
        assert_eq!(id(&cache, &renews), "two");
        // Another call was refused with the same old credentials.
        assert!(cache.refuse(&refused));
        assert_eq!(id(&cache, &renews), "two");

        let (stays, asked) = chain(|_| Ok(("one", Some(HOUR))));
        let cache = Cache::new();
        id(&cache, &stays);
        assert!(cache.refuse(&current(&cache)));
        let error = get(&cache, &stays, 20_000).0.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert!(error.message().contains("callback still gives the same one"), "{error}");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn the_log_may_ask_for_credentials_itself() {
        let (chain, _) = chain(|_| Ok(("id", Some(HOUR))));
        let (chain, cache) = (Arc::new(chain), Arc::new(Cache::new()));
        let inner = (Arc::clone(&chain), Arc::clone(&cache));
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let log = Log::new(Level::Debug, move |_| {
            if counter.fetch_add(1, Ordering::SeqCst) == 0 {
                assert_eq!(id(&inner.1, &inner.0), "id");
            }
        });

        assert_eq!(get_logging_to(&log, &cache, &chain, 20_000), Ok("id".to_owned()));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn the_caller_s_own_are_not_renewed() {
        let own = Credentials::temporary("own", "secret", "token").unwrap();
        let chain = Chain::new(Some(Identity::Credentials(own.clone())), &nothing()).unwrap();
        let cache = Cache::new();

        assert_eq!(id(&cache, &chain), "own");
        assert_eq!(cache.source().map(Source::name), Some("configuration"));
        assert!(!cache.refuse(&Arc::new(own)));
    }
}
