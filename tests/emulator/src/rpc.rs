//! Calls of the two services, ESA and STS: verifies and executes them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::Value;
use tokio::task::yield_now;
use tokio::time::sleep_until;

use crate::canned_reply::CannedReply;
use crate::known_action;
use crate::late_commit::LateCommit;
use crate::operation::{self, Operation};
use crate::ram::{self, Principal};
use crate::reply::Content;
use crate::request::{Parameters, Received};
use crate::seconds::Seconds;
use crate::service_error::ServiceError;
use crate::world::{Shared, World};
use crate::{authenticate, sts};

/// A verified call.
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) parameters: Parameters,
    version: String,
    /// The URL under which the client reaches the emulator.
    origin: String,
    /// None if the operation takes unsigned calls and this is one.
    signer: Option<Principal>,
}

/// Answers a call of ESA.
enum Answerer {
    Canned(Arc<CannedReply>),
    Model(&'static Operation),
}

impl Call {
    /// Judges a request. Writes what is known of it into the log's entry of that number.
    pub(crate) fn read(
        received: &Received,
        world: &mut World,
        number: u64,
        origin: String,
    ) -> Result<Self, ServiceError> {
        let is_sts = received.version() == Some(sts::API_VERSION);
        let judged = Self::judge(received, world, number, origin);
        judged.map_err(|problem| if is_sts { problem.of(sts::PRODUCT) } else { problem })
    }

    fn judge(received: &Received, world: &mut World, number: u64, origin: String) -> Result<Self, ServiceError> {
        let parameters = received.operation_parameters();
        let action = received.action().unwrap_or_default().to_owned();
        world.log.update(number, |entry| {
            entry.action = Some(action.clone()).filter(|action| !action.is_empty());
            entry.parameters = parameters.to_json();
        });
        if received.method != Method::GET && received.method != Method::POST {
            return Err(ServiceError::unsupported_method(400));
        }
        let signer = if !received.is_signed() && sts::takes_unsigned(received.version(), &action) {
            world.setup.hosts.refuse_foreign(&received.headers)?;
            None
        } else {
            Some(authenticate(received, world, number)?)
        };
        if received.path != "/" {
            return Err(unknown_action());
        }
        let format = received.parameter("Format").unwrap_or("JSON");
        if !format.eq_ignore_ascii_case("json") {
            return Err(ServiceError::new(400, "InvalidFormat", "The emulator answers in JSON only."));
        }
        let version = received.version().unwrap_or_default().to_owned();
        Ok(Self { action, parameters, version, origin, signer })
    }

    /// Carries it out.
    ///
    /// `number` is the number of its entry in the log. `late` is the delay of a write.
    pub(crate) async fn run(
        &self,
        world: &Shared,
        number: u64,
        late: Option<Seconds>,
    ) -> Result<Content, ServiceError> {
        match self.version.as_str() {
            operation::API_VERSION => self.run_esa(world, number, late).await,
            sts::API_VERSION => {
                self.run_sts(&mut world.lock()).map(Content::Json).map_err(|problem| problem.of(sts::PRODUCT))
            }
            _ => Err(ServiceError::new(400, "InvalidVersion", "Specified parameter Version is not valid.")),
        }
    }

    fn run_sts(&self, world: &mut World) -> Result<Value, ServiceError> {
        let operation = sts::find(&self.action).ok_or_else(unknown_action)?;
        operation.run(&mut sts::Call {
            parameters: &self.parameters,
            signer: self.signer.as_ref(),
            accounts: &mut world.accounts,
            now: world.clock.now(),
        })
    }

    async fn run_esa(&self, world: &Shared, number: u64, late: Option<Seconds>) -> Result<Content, ServiceError> {
        let signer = self.signer.as_ref().ok_or_else(authenticate::unsigned)?;
        let answerer = self.find_answerer(signer, &mut world.lock(), number)?;
        match answerer {
            Answerer::Canned(reply) => Ok(Content::Canned(reply)),
            Answerer::Model(operation) => {
                self.carry_out(operation, &signer.account_id, world, number, late).await.map(Content::Json)
            }
        }
    }

    /// Checks what every call of ESA has to pass, and finds its answerer.
    fn find_answerer(&self, signer: &Principal, world: &mut World, number: u64) -> Result<Answerer, ServiceError> {
        let (action, parameters) = (self.action.as_str(), &self.parameters);
        let known = known_action::find(action);
        if known.is_none() && !world.replies.has(action, parameters) {
            world.log.update(number, |entry| entry.nearest_action = known_action::nearest(action));
            return Err(unknown_action());
        }
        known.map_or(Ok(()), |known| known.require(parameters))?;
        let resource = known.map_or("*".into(), |known| known.resource(&signer.account_id, parameters));
        ram::authorize(signer, &format!("esa:{action}"), &resource)?;
        match world.replies.take(action, parameters) {
            Some(reply) => Ok(Answerer::Canned(reply)),
            None => operation::find(action).map(Answerer::Model).ok_or_else(|| not_modelled(action)),
        }
    }

    async fn carry_out(
        &self,
        operation: &'static Operation,
        account_id: &str,
        world: &Shared,
        number: u64,
        late: Option<Seconds>,
    ) -> Result<Value, ServiceError> {
        let parameters = &self.parameters;
        let (result, _held, until) = {
            let world = &mut *world.lock();
            let now = world.clock.now();
            // Late writes that are due come first.
            world.commit_due(now);
            let account = world.accounts.iter().find(|account| account.id == account_id);
            // The account can have gone with a new seed since the request was authenticated.
            let account = account.ok_or_else(ServiceError::internal)?;
            let held = if operation.is_routine_write { Some(account.begin_write()?) } else { None };
            // Starts here, so that the emulator's own work counts.
            let hold = Duration::from_millis(if operation.is_routine_write { account.lock_hold_ms } else { 0 });
            let until = Instant::now().checked_add(hold);
            let late = if operation.is_routine_write {
                late.unwrap_or(account.late_commit_seconds)
            } else {
                Seconds::default()
            };
            let account = account.id.clone();
            let result = if late.is_zero() {
                world.execute(operation, &account, parameters, number, &self.origin, now)
            } else {
                let due = now.checked_add(late.duration()).map_err(|_| ServiceError::internal())?;
                let (parameters, origin) = (parameters.clone(), self.origin.clone());
                world.late_commits.add(LateCommit { due, request: number, origin, account, operation, parameters });
                // The service doesn't know the result yet, so it answers with an error that leaves it open.
                Err(ServiceError::known("InternalException").before_taking_effect())
            };
            (result, held, until)
        };
        wait_until(until).await;
        result
    }
}

/// Returns at that moment. The runtime's timer counts in whole milliseconds and rounds up twice, so it alone would be
/// late by one or two. `None` never comes.
async fn wait_until(moment: Option<Instant>) {
    const LATE: Duration = Duration::from_millis(2);
    let Some(moment) = moment else { return std::future::pending().await };
    if let Some(early) = moment.checked_sub(LATE).filter(|early| *early > Instant::now()) {
        sleep_until(early.into()).await;
    }
    // Other requests are served meanwhile.
    while Instant::now() < moment {
        yield_now().await;
    }
}

/// Returns who has signed.
fn authenticate(received: &Received, world: &mut World, number: u64) -> Result<Principal, ServiceError> {
    let mut claim = authenticate::read_claim(received)?;
    world.log.update(number, |entry| {
        entry.access_key_id = Some(claim.access_key_id.clone());
        entry.signature_version = Some(claim.signature_version);
        entry.nonce = Some(claim.nonce.clone());
    });
    let verified = authenticate::verify(&mut claim, &world.accounts, &mut world.nonces, world.clock.now());
    world.log.update_details(number, |details| details.note_claim(&claim));
    verified
}

fn unknown_action() -> ServiceError {
    let message = "Specified api is not found, please check your url and method.";
    ServiceError::new(404, "InvalidAction.NotFound", message)
}

/// The emulator's own error. Clients treat it as final: ESA has the action, and the emulator doesn't support it.
fn not_modelled(action: &str) -> ServiceError {
    let message = format!(
        "esa-emulator does not model {action}, which ESA has. POST /_emulator/replies makes it answer with a canned reply."
    );
    ServiceError::new(404, "InvalidAction.NotEmulated", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_moment_is_waited_for_exactly() {
        let mut late = Vec::new();
        for milliseconds in 4..20 {
            let moment = Instant::now() + Duration::from_millis(milliseconds);
            wait_until(Some(moment)).await;
            late.push(Instant::now().checked_duration_since(moment).expect("not before it"));
        }
        // On a busy machine many are late. With the timer alone nearly each would be.
        late.sort_unstable();
        assert!(late[3] < Duration::from_micros(500), "{late:?}");
    }
}
