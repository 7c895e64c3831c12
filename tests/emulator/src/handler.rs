//! Routes each request to the admin interface, or to the service and its log.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response};

use crate::exchange::{Answer, Exchange};
use crate::reply::RepeatedBody;
use crate::request::path;
use crate::wire_fault::Trigger;
use crate::world::Shared;
use crate::{admin, body, endpoint};

/// One connection's view of the emulator.
#[derive(Clone, Debug)]
pub(crate) struct Handler {
    pub(crate) world: Arc<Shared>,
    pub(crate) connection: u64,
    pub(crate) trigger: Trigger,
    /// Whether it speaks TLS.
    pub(crate) secure: bool,
}

impl Handler {
    pub(crate) async fn handle(self, request: Request<Incoming>) -> Result<Response<RepeatedBody>, Infallible> {
        let (parts, body) = request.into_parts();
        let answer = if path(&parts.uri).starts_with(admin::PREFIX) {
            let body = body::read(body, body::LARGEST_ADMIN).await;
            Answer { reply: admin::answer(&self.world, &parts, body), wire: None }
        } else {
            self.serve(parts, body).await
        };
        self.trigger.arm(answer.wire.as_ref());
        Ok(answer.reply.into_response())
    }

    async fn serve(&self, parts: Parts, body: Incoming) -> Answer {
        let exchange = Exchange::begin(&self.world, self.connection, self.secure, &parts);
        let body = body::read(body, endpoint::largest_body(path(&parts.uri))).await;
        // A task of its own goes on when the client hangs up: what it started is still carried out.
        let answer = match tokio::spawn(exchange.clone().answer(parts, body)).await {
            Ok(answer) => answer,
            Err(_) => exchange.failure(),
        };
        exchange.end(&answer);
        answer
    }
}
