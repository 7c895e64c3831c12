//! The real world: requests to the service within the call's limits, this machine's clock, and the client's memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::backoff::is_busy;
use super::world::{Failure, Outgoing, Recovery, World};
use super::write_lock::{Keep, LockPermit, Told, WriteLock};
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

/// What a call has of its client, and its limits.
pub(crate) struct Wire<'a> {
    pub(super) core: &'a Core,
    pub(super) live: &'a Live,
    /// Of the call, for the log.
    pub(super) number: u64,
    pub(super) limits: Limits<'a>,
    /// Where its writes keep the lock that is shared with others for what follows them.
    pub(super) keep: Option<&'a Keep>,
}

/// A write's turn among those of its client, and of others.
struct Turn<'a> {
    /// Comes before the permit, as long as it is there: what is let go is let go before the client's next write begins.
    lock_permit: Option<LockPermit<'a>>,
    _permit: Permit<'a>,
    /// How long it took to come; `None`: no time.
    waited: Option<Duration>,
}

impl<'a> Turn<'a> {
    fn has_waited(&self) -> bool {
        self.waited.is_some() || self.lock_permit.as_ref().is_some_and(LockPermit::has_waited)
    }

    fn is_locked(&self) -> bool {
        self.lock_permit.as_ref().is_some_and(LockPermit::is_locked)
    }

    /// Ends it; `keep` keeps the lock.
    fn end(self, keep: Option<&Keep>, now: Duration) -> Told {
        let Turn { lock_permit, _permit, .. } = self;
        let Some(lock_permit) = lock_permit else { return Told::default() };
        if let Some(keep) = keep {
            lock_permit.keep_with(keep);
        }
        lock_permit.release(now)
    }
}

impl<'a> Wire<'a> {
    /// The credentials to sign a request with.
    async fn credentials(&self, log: Scope<'_>) -> Result<Arc<Credentials>, Error> {
        let Core { chain, settings, timeouts, clock, counters, .. } = self.core;
        let (limits, attempt) = (self.limits, timeouts.attempt);
        let asker = Asker { settings, limits, attempt, clock, log, counters };
        let credentials = self.live.credentials.get(chain, &asker).await?;
        self.core.endpoint_may_see(&credentials)?;
        Ok(credentials)
    }

    /// Signs an operation for somebody else to send.
    pub(crate) async fn sign(&self, operation: &impl Operation) -> Result<SignedRequest, Error> {
        let core = self.core;
        let Action { name, record_name, .. } = operation.action();
        let log = self.log().action(name, record_name);
        let credentials = self.credentials(log).await.map_err(|error| match error.kind() {
            // Nothing else takes time.
            ErrorKind::Timeout => Error::new(ErrorKind::Credentials, error.message()).with_retryable(true),
            _ => error,
        })?;
        let stamp = Stamp::of(core.clock.now(), nonce()?)?;
        let signed = detached::sign(operation, &core.endpoint, core.signature_version, &credentials, &stamp)?;
        log.write(Level::Debug, || format!("signed for others to send to {}", core.endpoint.host_header()));
        Ok(signed)
    }

    /// Waits for the call's turn to write.
    async fn turn(&self, log: &Scope<'_>) -> Result<Turn<'a>, Error> {
        let lock_permit = self.live.write_lock.as_ref().map(WriteLock::want);
        let (permit, waited) = self.permit(log).await?;
        match lock_permit {
            None => Ok(Turn { lock_permit: None, _permit: permit, waited }),
            // On its own, so that a call without it stays small.
            Some(lock_permit) => Box::pin(self.turn_among_others(log, lock_permit, permit, waited)).await,
        }
    }

    /// Waits for the turn of a call that has a `permit`.
    async fn turn_among_others(
        &self,
        log: &Scope<'_>,
        mut lock_permit: LockPermit<'a>,
        mut permit: Permit<'a>,
        mut waited: Option<Duration>,
    ) -> Result<Turn<'a>, Error> {
        while !lock_permit.acquire(self, self.core.timeouts.attempt, |hold| permit.extend(hold)).await? {
            drop(permit);
            (permit, waited) = self.permit(log).await?;
        }
        self.let_go();
        Ok(Turn { lock_permit: Some(lock_permit), _permit: permit, waited })
    }

    /// Lets the lock go that was kept, unless it is in use.
    fn let_go(&self) {
        if let Some(keep) = self.keep {
            keep.end(self.live.write_lock.as_ref(), self.now());
        }
    }

    /// Waits for the call's turn among the client's writes; how long it took to come.
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

    /// Credentials that are good now, and the call's turn if it writes.
    async fn credentials_and_turn(
        &self,
        outgoing: &Outgoing<'_>,
        log: &Scope<'_>,
    ) -> Result<(Arc<Credentials>, Option<Turn<'a>>), Error> {
        if let Some(keep) = self.keep.filter(|_| !outgoing.action.serial) {
            keep.end_if_over(self.live.write_lock.as_ref(), self.now());
        }
        loop {
            let credentials = self.credentials(*log).await?;
            let turn = if outgoing.action.serial { Some(self.turn(log).await?) } else { None };
            // They may have expired in the queue. Others go first while this call gets new ones.
            let waited = turn.as_ref().is_some_and(Turn::has_waited);
            if !waited || self.live.credentials.still_has(&credentials) {
                return Ok((credentials, turn));
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
        let (credentials, turn) = self.credentials_and_turn(&outgoing, &log).await.map_err(without_request)?;
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
        let was_locked = turn.as_ref().is_some_and(Turn::is_locked);
        // Releases the lock: the log is the caller's, who may make another call in it.
        if let Some(turn) = turn {
            let waited = turn.waited;
            let told = turn.end(keep.filter(|_| http_status == 200), self.now());
            if let Some(waited) = waited.map(|waited| waited.as_millis()) {
                log.write(Level::Info, || format!("waited {waited} ms for the client's other writes"));
            }
            told.write(&log);
        }
        let redact = |text: &mut String| core.log.redact(text, signature.as_str());
        let mut answer = exchanged.and_then(|reply| read(&reply)).map_err(|error| {
            let signed = || signature::signed(core.signature_version, &request, &credentials, &stamp);
            let explanation = reply::explain(&error, signed);
            // Other calls may have got so many since that these are forgotten.
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
