//! The real world: sends requests to the service within the call's limits, with this machine's clock and the client's
//! state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::backoff::is_busy;
use super::world::{Failure, Outgoing, Recovery, World};
use super::write_lock::{Keep, LockPermit, LockReport, WriteLock};
use super::{Core, Deleted, Live};
use crate::clock::Clock;
use crate::credentials::Asker;
use crate::detached;
use crate::error::{Error, ErrorKind, Outcome};
use crate::http::Reply;
use crate::log::{Level, Scope};
use crate::nonce::nonce;
use crate::operation::{Action, Operation, Receipt};
use crate::random::random;
use crate::reply::{self, Explanation};
use crate::service_code::ServiceCode;
use crate::signature::{self, Credentials, Request, Signature, SignedRequest, Stamp};
use crate::stats::Counters;
use crate::wait::{Limits, Permit, WaitError};

/// The client of a call, and the call's limits.
pub(crate) struct Wire<'a> {
    pub(super) core: &'a Core,
    pub(super) live: &'a Live,
    /// The call's number, for the log.
    pub(super) number: u64,
    pub(super) limits: Limits<'a>,
    /// If set, the call's writes keep the shared lock for later calls.
    pub(super) keep: Option<&'a Keep>,
}

/// The permits that a write needs: the client's own, and the shared lock.
struct WritePermits<'a> {
    /// Must stay before the permit: the lock is released before the client's next write begins.
    lock_permit: Option<LockPermit<'a>>,
    _permit: Permit<'a>,
    /// How long the call waited for the permit. `None`: not at all.
    waited: Option<Duration>,
}

impl<'a> WritePermits<'a> {
    fn has_waited(&self) -> bool {
        self.waited.is_some() || self.lock_permit.as_ref().is_some_and(LockPermit::has_waited)
    }

    fn is_locked(&self) -> bool {
        self.lock_permit.as_ref().is_some_and(LockPermit::is_locked)
    }

    /// Releases the permits. With `keep`, the lock is kept.
    fn end(self, keep: Option<&Keep>, now: Duration) -> LockReport {
        let WritePermits { lock_permit, _permit, .. } = self;
        let Some(lock_permit) = lock_permit else { return LockReport::default() };
        if let Some(keep) = keep {
            lock_permit.keep_with(keep);
        }
        lock_permit.release(now)
    }
}

impl<'a> Wire<'a> {
    /// Returns the credentials to sign a request with.
    async fn credentials(&self, log: Scope<'_>) -> Result<Arc<Credentials>, Error> {
        let Core { chain, settings, timeouts, clock, counters, .. } = self.core;
        let (limits, attempt) = (self.limits, timeouts.attempt);
        let asker = Asker { settings, limits, attempt, clock, log, counters };
        let credentials = self.live.credentials.get(chain, &asker).await?;
        self.core.endpoint_may_see(&credentials)?;
        Ok(credentials)
    }

    /// Signs an operation for another program to send.
    pub(crate) async fn sign(&self, operation: &impl Operation) -> Result<SignedRequest, Error> {
        let core = self.core;
        let Action { name, record_name, .. } = operation.action();
        let log = self.log().action(name, record_name);
        let credentials = self.credentials(log).await.map_err(|error| match error.kind() {
            // Only credentials take time here.
            ErrorKind::Timeout => Error::new(ErrorKind::Credentials, error.message()).with_retryable(true),
            _ => error,
        })?;
        let stamp = Stamp::of(core.clock.now(), nonce()?)?;
        let signed = detached::sign(operation, &core.endpoint, core.signature_version, &credentials, &stamp)?;
        log.write(Level::Debug, || format!("signed for others to send to {}", core.endpoint.host_header()));
        Ok(signed)
    }

    /// Waits until the call may write.
    async fn permits(&self, log: &Scope<'_>) -> Result<WritePermits<'a>, Error> {
        let lock_permit = self.live.write_lock.as_ref().map(WriteLock::want);
        let (permit, waited) = self.permit(log).await?;
        match lock_permit {
            None => Ok(WritePermits { lock_permit: None, _permit: permit, waited }),
            // Boxed, so that calls without a lock need less memory.
            Some(lock_permit) => Box::pin(self.permits_with_lock(log, lock_permit, permit, waited)).await,
        }
    }

    /// Waits for the lock, for a call that has a `permit`.
    async fn permits_with_lock(
        &self,
        log: &Scope<'_>,
        mut lock_permit: LockPermit<'a>,
        mut permit: Permit<'a>,
        mut waited: Option<Duration>,
    ) -> Result<WritePermits<'a>, Error> {
        while !lock_permit.acquire(self, self.core.timeouts.attempt, |hold| permit.extend(hold)).await? {
            drop(permit);
            (permit, waited) = self.permit(log).await?;
        }
        self.let_go();
        Ok(WritePermits { lock_permit: Some(lock_permit), _permit: permit, waited })
    }

    /// Releases the lock that was kept, unless it is in use.
    fn let_go(&self) {
        if let Some(keep) = self.keep {
            keep.end(self.live.write_lock.as_ref(), self.now());
        }
    }

    /// Waits for a permit of the write limit. Returns it, and how long that took.
    async fn permit(&self, log: &Scope<'_>) -> Result<(Permit<'a>, Option<Duration>), Error> {
        let Wire { core, live, limits, .. } = self;
        let attempt = core.timeouts.attempt;
        if let Some(permit) = live.writes.try_acquire(attempt) {
            return Ok((permit, None));
        }
        core.counters.write_limit_waits.count();
        log.write(Level::Info, || "waiting for the client's other writes");
        let started = Instant::now();
        let permit = live.writes.acquire(limits, attempt).await.map_err(|stop| {
            stop.while_doing("waiting for the client's other writes", ErrorKind::Io, Outcome::NotSent)
        })?;
        Ok((permit, Some(started.elapsed())))
    }

    /// Returns credentials that are valid now, and the permits if the call writes.
    async fn credentials_and_permits(
        &self,
        outgoing: &Outgoing<'_>,
        log: &Scope<'_>,
    ) -> Result<(Arc<Credentials>, Option<WritePermits<'a>>), Error> {
        if let Some(keep) = self.keep.filter(|_| !outgoing.action.serial) {
            keep.end_if_over(self.live.write_lock.as_ref(), self.now());
        }
        loop {
            let credentials = self.credentials(*log).await?;
            let permits = if outgoing.action.serial { Some(self.permits(log).await?) } else { None };
            // The credentials may have expired in the queue. Other calls go first while this one gets new ones.
            let waited = permits.as_ref().is_some_and(WritePermits::has_waited);
            if !waited || self.live.credentials.still_has(&credentials) {
                return Ok((credentials, permits));
            }
        }
    }
}

impl World for Wire<'_> {
    async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        read: &mut dyn FnMut(&Reply) -> Result<String, Error>,
    ) -> Result<(Receipt, Signature), Failure> {
        let Wire { core, live, limits, keep, .. } = self;
        let log = self.log().action(outgoing.action.name, outgoing.action.record_name).attempt(outgoing.number);
        let without_request = |error| Failure { made_request: false, ..Failure::from(error) };
        let (credentials, permits) = self.credentials_and_permits(&outgoing, &log).await.map_err(without_request)?;
        let Outgoing { action, number, over_new_connection, query, form } = outgoing;
        let Action { name: action, method, version, largest_reply, .. } = action;
        let host = core.endpoint.host_header();
        let mut request = Request { method, host: &host, version, action, query, form };
        let signed_at = core.clock.now();
        let stamp = Stamp::of(signed_at, nonce()?)?;
        let (mut signed, signature) = signature::sign(core.signature_version, &mut request, &credentials, &stamp);
        signed.set_largest_reply(largest_reply);

        core.counters.attempts.count();
        let started = Instant::now();
        let limits = limits.within(core.timeouts.attempt);
        let exchanged = live.transport.exchange(signed, over_new_connection, &limits).await;
        let took = started.elapsed().as_millis();
        let http_status = exchanged.as_ref().map_or(0, Reply::status);
        let was_locked = permits.as_ref().is_some_and(WritePermits::is_locked);
        // Releases the lock first: the program's log function may make another call.
        if let Some(permits) = permits {
            let waited = permits.waited;
            let report = permits.end(keep.filter(|_| http_status == 200), self.now());
            if let Some(waited) = waited.map(|waited| waited.as_millis()) {
                log.write(Level::Info, || format!("waited {waited} ms for the client's other writes"));
            }
            report.write(&log);
        }
        let redact = |text: &mut String| core.log.redact(text, signature.as_str());
        let mut answer = exchanged.and_then(|reply| read(&reply)).map_err(|error| {
            let signed = || signature::signed(core.signature_version, &request, &credentials, &stamp);
            let explanation = reply::explain(&error, signed);
            // Other calls may have learned so many secrets since that these are forgotten.
            core.log.learn(&credentials.secrets());
            let error = error.redacted(redact);
            match explanation {
                Some(Explanation { message, advice }) => error.and_says(&message).with_advice(advice),
                None => error,
            }
        });
        answer.iter_mut().for_each(redact);
        let log = log.reply(http_status, answer.as_ref().map_or_else(Error::request_id, String::as_str));
        log.took(took).write(Level::Debug, || {
            let reply = if http_status == 0 { "no reply".to_owned() } else { format!("HTTP {http_status}") };
            let end = match &answer {
                Ok(request_id) => format!("request {request_id}"),
                Err(error) => error.to_string(),
            };
            format!("{reply} from {host} after {took} ms: {end}")
        });
        if was_locked && answer.as_ref().is_err_and(is_busy) {
            core.counters.lock_losses.count();
            log.write(Level::Info, || "refused as busy, although the write lock was held");
        }
        match answer {
            Ok(request_id) => Ok((Receipt { attempt: number, http_status, request_id }, signature)),
            Err(error) => {
                let recovery = match (error.service_code(), error.reply_date()) {
                    (ServiceCode::InvalidTimeStampExpired, Some(date)) => Some(Recovery::Clock { date, signed_at }),
                    (ServiceCode::InvalidSecurityTokenExpired, _) => Some(Recovery::Credentials(credentials)),
                    _ => None,
                };
                Err(Failure { recovery, ..Failure::from(error) })
            }
        }
    }

    fn recover(&self, recovery: &Recovery, log: &Scope<'_>) -> bool {
        match recovery {
            Recovery::Clock { date, signed_at } => {
                // Another call may have corrected it since.
                self.core.clock.correct(*date, log);
                Clock::was_off(*signed_at, *date)
            }
            Recovery::Credentials(credentials) => self.live.credentials.refuse(credentials),
        }
    }

    async fn pause(&self, duration: Duration) -> Result<(), WaitError> {
        self.let_go();
        self.limits.pause(duration).await
    }

    fn check(&self) -> Result<(), WaitError> {
        self.limits.check()
    }

    fn left(&self) -> Option<Duration> {
        self.limits.deadline.left()
    }

    fn now(&self) -> Duration {
        self.core.started.elapsed()
    }

    fn random(&self) -> u64 {
        random()
    }

    fn counters(&self) -> &Counters {
        &self.core.counters
    }

    fn log(&self) -> Scope<'_> {
        Scope::of_call(&self.core.log, self.number)
    }

    fn deleted(&self) -> &Deleted {
        &self.live.deleted
    }
}
