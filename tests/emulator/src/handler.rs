//! The way of one request: read, authenticate, execute, answer, with the faults that rules add.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::fault::{Rule, When};
use crate::giver::{self, Givers, Question};
use crate::identifier::request_id;
use crate::operation::{self, Call};
use crate::ram::{self, Principal};
use crate::reply::{RepeatedBody, Reply};
use crate::request::{Parameters, Received, single_header};
use crate::request_details::Details;
use crate::service_error::ServiceError;
use crate::wire_fault::{Trigger, WireFault};
use crate::world::Shared;
use crate::{admin, authenticate, body, sts};

const API_VERSION: &str = "2024-09-10";

/// One connection's view of the emulator.
#[derive(Clone, Debug)]
pub(crate) struct Handler {
    pub(crate) world: Arc<Shared>,
    pub(crate) connection: u64,
    pub(crate) trigger: Trigger,
}

/// The answer to a request and the fault that its bytes meet.
struct Answer {
    reply: Reply,
    wire: Option<WireFault>,
}

impl Handler {
    pub(crate) async fn handle(self, request: Request<Incoming>) -> Result<Response<RepeatedBody>, Infallible> {
        let (parts, body) = request.into_parts();
        let answer = if parts.uri.path().starts_with(admin::PREFIX) {
            let body = body::read(body, body::LARGEST_ADMIN).await;
            Answer { reply: admin::answer(&self.world, &parts, body), wire: None }
        } else {
            self.serve(parts, body).await
        };
        if matches!(answer.wire, Some(WireFault::Hang {})) {
            std::future::pending::<()>().await;
        }
        self.trigger.arm(answer.wire.as_ref());
        Ok(answer.reply.into_response())
    }

    async fn serve(&self, parts: Parts, body: Incoming) -> Answer {
        let number = {
            let mut world = self.world.lock();
            let time = world.clock.now().to_string();
            world.log.begin(self.connection, time, parts.method.to_string())
        };
        let exchange = Exchange {
            world: Arc::clone(&self.world),
            number,
            request_id: request_id(),
            host: single_header(&parts.headers, "host").unwrap_or_default().to_owned(),
        };
        let body = body::read(body, body::LARGEST_SERVICE).await;
        // A task of its own goes on when the client hangs up: what it started is still carried out.
        let answer = match tokio::spawn(exchange.clone().answer(parts, body)).await {
            Ok(answer) => answer,
            Err(_) => Answer { reply: exchange.refusal(&ServiceError::internal()), wire: None },
        };
        if !answer.wire.as_ref().is_some_and(WireFault::replaces_reply) {
            let status = answer.reply.status.as_u16();
            self.world.lock().log.update(number, |entry| entry.status = Some(status));
        }
        answer
    }
}

/// One request under way.
#[derive(Clone)]
struct Exchange {
    world: Arc<Shared>,
    number: u64,
    request_id: String,
    host: String,
}

/// A request that is what it claims to be.
enum Authenticated {
    /// A signed one, to the service or to STS.
    Signed { principal: Principal, action: String, version: String, parameters: Parameters },
    /// One to STS that needs no signature.
    Unsigned { action: String, parameters: Parameters },
    /// One to something that gives out credentials to whoever reaches it.
    Question { question: Question, body: Vec<u8> },
}

impl Authenticated {
    fn action(&self) -> &str {
        match self {
            Self::Signed { action, .. } | Self::Unsigned { action, .. } => action,
            Self::Question { question, .. } => question.action(),
        }
    }

    fn parameters(&self) -> Parameters {
        match self {
            Self::Signed { parameters, .. } | Self::Unsigned { parameters, .. } => parameters.clone(),
            Self::Question { .. } => Parameters::default(),
        }
    }
}

impl Exchange {
    async fn answer(self, parts: Parts, body: Result<Vec<u8>, ServiceError>) -> Answer {
        let authenticated = match self.authenticate(parts, body) {
            Ok(authenticated) => authenticated,
            Err(problem) => {
                self.log_refusal(&problem);
                return Answer { reply: self.refusal(&problem), wire: None };
            }
        };
        let rule = self.world.lock().faults.take(authenticated.action(), &authenticated.parameters());
        let Some(rule) = rule else {
            return Answer { reply: self.execute(&authenticated).await, wire: None };
        };
        self.world.lock().log.update(self.number, |entry| entry.fault = true);
        let reply = self.execute_with_fault(&authenticated, &rule).await;
        let reply = match &rule.reply {
            Some(fault) => reply.replaced_by(fault, &self.request_id, &self.host),
            None => reply,
        };
        Answer { reply, wire: rule.wire.clone() }
    }

    async fn execute_with_fault(&self, authenticated: &Authenticated, rule: &Rule) -> Reply {
        let delay = Duration::from_millis(rule.delay_ms);
        match rule.when() {
            When::Before => {
                self.log_verdict("OK", false);
                sleep(delay).await;
                self.success(json!({}))
            }
            When::After => {
                let reply = self.execute(authenticated).await;
                sleep(delay).await;
                reply
            }
            When::Late => {
                sleep(delay).await;
                self.execute(authenticated).await
            }
        }
    }

    fn authenticate(&self, parts: Parts, body: Result<Vec<u8>, ServiceError>) -> Result<Authenticated, ServiceError> {
        let details = Details::of(&parts, body.as_deref().unwrap_or_default());
        self.world.lock().log.set_details(self.number, details);
        if let Some(question) = Question::of(&parts) {
            self.world.lock().log.update(self.number, |entry| entry.action = Some(question.action().to_owned()));
            admin::check_origin(&parts).map_err(|(status, why)| ServiceError::new(status, "Forbidden", why))?;
            return Ok(Authenticated::Question { question, body: body? });
        }
        let received = Received::parse(parts, body?)?;
        let parameters = received.operation_parameters();
        let action = received.action().unwrap_or_default().to_owned();
        let mut world = self.world.lock();
        world.log.update(self.number, |entry| {
            entry.action = Some(action.clone()).filter(|action| !action.is_empty());
            entry.parameters = parameters.to_json();
        });
        if received.method != Method::GET && received.method != Method::POST {
            let message = "This http method is not supported.";
            return Err(ServiceError::new(400, "UnsupportedHTTPMethod", message));
        }
        let version = received.version().unwrap_or_default().to_owned();
        if version == sts::API_VERSION && action == sts::UNSIGNED_ACTION {
            return Ok(Authenticated::Unsigned { action, parameters });
        }
        let mut claim = authenticate::read_claim(&received)?;
        world.log.update(self.number, |entry| {
            entry.access_key_id = Some(claim.access_key_id.clone());
            entry.signature_version = Some(claim.signature_version);
            entry.nonce = Some(claim.nonce.clone());
        });
        let world = &mut *world;
        let verified = authenticate::verify(&mut claim, &world.accounts, &mut world.nonces, world.clock.now());
        world.log.update_details(self.number, |details| details.note_claim(&claim));
        let principal = verified?;
        if received.path != "/" {
            return Err(unknown_action());
        }
        let format = received.parameter("Format").unwrap_or("JSON");
        if !format.eq_ignore_ascii_case("json") {
            return Err(ServiceError::new(400, "InvalidFormat", "The emulator answers in JSON only."));
        }
        Ok(Authenticated::Signed { principal, action, version, parameters })
    }

    /// Executes the operation and notes the verdict.
    async fn execute(&self, authenticated: &Authenticated) -> Reply {
        match self.run(authenticated).await {
            Ok(reply) => {
                self.log_verdict("OK", true);
                reply
            }
            Err(problem) => {
                self.log_refusal(&problem);
                self.refusal(&problem)
            }
        }
    }

    async fn run(&self, authenticated: &Authenticated) -> Result<Reply, ServiceError> {
        match authenticated {
            Authenticated::Signed { principal, action, version, parameters } if version == sts::API_VERSION => {
                let body = {
                    let world = &mut *self.world.lock();
                    sts::run(action, parameters, principal, &mut world.accounts, world.clock.now())?
                };
                Ok(self.success(body))
            }
            Authenticated::Signed { principal, action, version, parameters } => {
                Ok(self.success(self.run_operation(principal, action, version, parameters).await?))
            }
            Authenticated::Unsigned { parameters, .. } => {
                let body = {
                    let world = &mut *self.world.lock();
                    sts::run_unsigned(parameters, &mut world.accounts, world.clock.now())?
                };
                Ok(self.success(body))
            }
            Authenticated::Question { question, body } => {
                let world = &mut *self.world.lock();
                let givers =
                    &mut Givers { accounts: &mut world.accounts, metadata: &mut world.metadata, clock: &world.clock };
                Ok(match question.answer(body, givers)? {
                    giver::Answer::Text(text) => Reply::text(200, text, world.clock.now()),
                    giver::Answer::Json(json) => Reply::service(200, &json, &self.request_id, world.clock.now()),
                })
            }
        }
    }

    async fn run_operation(
        &self,
        principal: &Principal,
        action: &str,
        version: &str,
        parameters: &Parameters,
    ) -> Result<Value, ServiceError> {
        if version != API_VERSION {
            return Err(ServiceError::new(400, "InvalidVersion", "Specified parameter Version is not valid."));
        }
        let operation = operation::find(action).ok_or_else(unknown_action)?;
        operation.check_required(parameters)?;
        ram::authorize(principal, action, &operation.resource(&principal.account_id, parameters))?;

        let (result, _held, hold_ms) = {
            let world = &mut *self.world.lock();
            let account = world.accounts.iter_mut().find(|account| account.id == principal.account_id);
            // The account can have gone with a new seed since the request was authenticated.
            let account = account.ok_or_else(ServiceError::internal)?;
            let held = if operation.writes { Some(account.begin_write()?) } else { None };
            let hold_ms = if operation.writes { account.lock_hold_ms } else { 0 };
            let now = world.clock.now();
            let mut call = Call { parameters, account, record_ids: &mut world.record_ids, now };
            (operation.run(&mut call), held, hold_ms)
        };
        if hold_ms > 0 {
            sleep(Duration::from_millis(hold_ms)).await;
        }
        result
    }

    fn log_verdict(&self, verdict: &str, executed: bool) {
        self.world.lock().log.update(self.number, |entry| {
            entry.verdict = Some(verdict.to_owned());
            entry.executed = executed;
        });
    }

    fn log_refusal(&self, problem: &ServiceError) {
        self.log_verdict(&problem.code, problem.took_effect);
        self.world.lock().log.update_details(self.number, |details| details.note_refusal(&problem.message));
    }

    fn success(&self, mut body: Value) -> Reply {
        body["RequestId"] = self.request_id.as_str().into();
        Reply::service(200, &body, &self.request_id, self.world.lock().clock.now())
    }

    fn refusal(&self, problem: &ServiceError) -> Reply {
        let body = problem.body(&self.request_id, &self.host);
        Reply::service(problem.status, &body, &self.request_id, self.world.lock().clock.now())
    }
}

pub(crate) fn unknown_action() -> ServiceError {
    let message = "Specified api is not found, please check your url and method.";
    ServiceError::new(404, "InvalidAction.NotFound", message)
}
