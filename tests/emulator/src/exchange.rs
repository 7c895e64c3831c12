//! Handles one request to the service: judges it, executes it and answers it, with the faults of the rules.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::http::request::Parts;
use serde_json::json;
use tokio::time::sleep;

use crate::endpoint::{self, metadata, oss};
use crate::fault::{Rule, When};
use crate::identifier::request_id;
use crate::reply::{Content, Reply};
use crate::request::{Parameters, Received, path, single_header};
use crate::request_details::Details;
use crate::request_log::Entry;
use crate::rpc;
use crate::seconds::Seconds;
use crate::service_error::ServiceError;
use crate::wire_fault::WireFault;
use crate::world::Shared;

/// A request that is being handled.
#[derive(Clone)]
pub(crate) struct Exchange {
    world: Arc<Shared>,
    /// The number of its entry in the log.
    number: u64,
    started: Instant,
    request_id: String,
    host: String,
    /// The URL under which the client reaches the emulator.
    origin: String,
    path: String,
}

/// The answer to a request, and the fault that applies to its bytes.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) wire: Option<WireFault>,
}

/// A request that may be executed: a service call, signed if it has to be, or a request to an endpoint.
enum Admitted {
    Call(rpc::Call),
    Endpoint(endpoint::Request),
}

impl Admitted {
    fn name(&self) -> (&str, &Parameters) {
        match self {
            Self::Call(call) => (&call.action, &call.parameters),
            Self::Endpoint(request) => (request.endpoint.action, &request.parameters),
        }
    }
}

impl Exchange {
    /// Starts the request's entry in the log.
    pub(crate) fn begin(world: &Arc<Shared>, connection: u64, secure: bool, parts: &Parts) -> Self {
        let number = {
            let mut world = world.lock();
            let time = world.clock.now().to_string();
            world.log.begin(connection, time, parts.method.to_string())
        };
        let host = single_header(&parts.headers, "host").unwrap_or_default().to_owned();
        Self {
            world: Arc::clone(world),
            number,
            started: Instant::now(),
            request_id: request_id(),
            origin: format!("{}://{host}", if secure { "https" } else { "http" }),
            host,
            path: path(&parts.uri).to_owned(),
        }
    }

    pub(crate) async fn answer(self, parts: Parts, body: Result<Vec<u8>, ServiceError>) -> Answer {
        let details = Details::of(&parts, body.as_deref().unwrap_or_default());
        self.world.lock().log.set_details(self.number, details);
        let admitted = match body.and_then(|body| self.admit(parts, body)) {
            Ok(admitted) => admitted,
            Err(problem) => {
                let problem = Err(problem);
                self.log_result(&problem);
                return Answer { reply: self.reply(problem), wire: None };
            }
        };
        let (action, parameters) = admitted.name();
        let rule = self.world.lock().faults.take(action, parameters);
        let Some(rule) = rule else {
            return Answer { reply: self.execute(&admitted, None).await, wire: None };
        };
        self.log(|entry| entry.fault = true);
        self.log_details(|details| details.note_fault(&rule));
        let reply = self.execute_with_fault(&admitted, &rule).await;
        let reply = match &rule.reply {
            Some(fault) => reply.replaced_by(fault, &self.request_id, &self.host),
            None => reply,
        };
        Answer { reply, wire: rule.wire.clone() }
    }

    /// Returns the answer if the emulator itself has failed.
    pub(crate) fn failure(&self) -> Answer {
        Answer { reply: self.refusal(&ServiceError::internal()), wire: None }
    }

    /// Completes the request's entry in the log.
    pub(crate) fn end(&self, answer: &Answer) {
        let hangs = matches!(answer.wire, Some(WireFault::Hang {}));
        let is_answered = !answer.wire.as_ref().is_some_and(WireFault::replaces_reply);
        if is_answered {
            self.log_details(|details| details.note_answer(&answer.reply));
        }
        let duration_ms = self.started.elapsed().as_micros() as f64 / 1000.0;
        self.log(|entry| {
            entry.status = is_answered.then_some(answer.reply.status.as_u16());
            entry.code = if is_answered { answer.reply.error_code() } else { None };
            entry.duration_ms = (!hangs).then_some(duration_ms);
        });
    }

    fn admit(&self, parts: Parts, body: Vec<u8>) -> Result<Admitted, ServiceError> {
        if endpoint::has(&self.path) {
            let request = endpoint::Request::read(&parts, &body, &self.world.lock().setup.hosts)?;
            self.log(|entry| {
                entry.action = Some(request.endpoint.action.into());
                entry.parameters = request.parameters.to_json();
            });
            return Ok(Admitted::Endpoint(request));
        }
        let received = Received::parse(parts, body)?;
        rpc::Call::read(&received, &mut self.world.lock(), self.number, self.origin.clone()).map(Admitted::Call)
    }

    async fn execute_with_fault(&self, admitted: &Admitted, rule: &Rule) -> Reply {
        match rule.when() {
            When::Before => {
                self.log(|entry| entry.verdict = Some("OK".to_owned()));
                pause(rule.delay_ms).await;
                self.success(Content::Json(json!({})))
            }
            When::After => {
                let reply = self.execute(admitted, rule.late_seconds).await;
                pause(rule.delay_ms).await;
                reply
            }
            When::Late => {
                pause(rule.delay_ms).await;
                self.execute(admitted, None).await
            }
        }
    }

    /// Executes it, and records the verdict. A write is executed after `late`, or after the account's delay.
    async fn execute(&self, admitted: &Admitted, late: Option<Seconds>) -> Reply {
        let result = match admitted {
            Admitted::Call(call) => call.run(&self.world, self.number, late).await,
            Admitted::Endpoint(request) => request.run(&mut self.world.lock()),
        };
        self.log_result(&result);
        self.reply(result)
    }

    fn log(&self, change: impl FnOnce(&mut Entry)) {
        self.world.lock().log.update(self.number, change);
    }

    fn log_result(&self, result: &Result<Content, ServiceError>) {
        self.log(|entry| {
            entry.judge(result);
            entry.canned = matches!(result, Ok(Content::Canned(_)));
            entry.executed &= !entry.canned;
        });
        if let Err(problem) = result {
            self.log_details(|details| details.note_refusal(&problem.message));
        }
    }

    fn log_details(&self, change: impl FnOnce(&mut Details)) {
        self.world.lock().log.update_details(self.number, change);
    }

    fn reply(&self, result: Result<Content, ServiceError>) -> Reply {
        match result {
            Ok(content) => self.success(content),
            Err(problem) => self.refusal(&problem),
        }
    }

    fn success(&self, content: Content) -> Reply {
        let now = self.world.lock().clock.now();
        match content {
            Content::Json(mut body) => {
                body["RequestId"] = self.request_id.as_str().into();
                Reply::service(200, &body, &self.request_id, now)
            }
            Content::Text(text) => Reply::new(200, "text/plain", text, now),
            Content::Nothing => Reply::new(204, "application/octet-stream", "", now),
            Content::Canned(canned) => Reply::canned(&canned, &self.request_id, now),
        }
    }

    fn refusal(&self, problem: &ServiceError) -> Reply {
        let now = self.world.lock().clock.now();
        if metadata::has(&self.path) {
            return Reply::new(problem.status, "text/html", metadata::error_page(problem), now);
        }
        if oss::has(&self.path) {
            let document = oss::error_document(problem, &self.request_id, &self.host);
            return Reply::new(problem.status, "application/xml", document, now);
        }
        let body = problem.body(&self.request_id, &self.host);
        Reply::service(problem.status, &body, &self.request_id, now)
    }
}

/// Returns at once for 0. The runtime's timer would take a millisecond.
async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds)).await;
    }
}
