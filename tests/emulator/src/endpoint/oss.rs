//! OSS, reduced to uploads of routine code by a form.

use hyper::Method;
use serde_json::json;

use super::{Body, Endpoint, Request};
use crate::clock;
use crate::code_upload::{self, Upload};
use crate::reply::Content;
use crate::routine_code::{Code, number_at};
use crate::service_error::ServiceError;
use crate::world::World;

pub(super) const POST_OBJECT: Endpoint = Endpoint {
    action: "PostObject",
    method: Method::POST,
    path: code_upload::PATH,
    product: "Oss",
    name_follows: false,
    body: Body::Form,
    run,
};

/// Whether OSS answers at this path.
pub(crate) fn has(path: &str) -> bool {
    path.starts_with(code_upload::PATH)
}

pub(crate) fn error_document(problem: &ServiceError, request_id: &str, host: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>{}</Code>\n  <Message>{}</Message>\n  \
         <RequestId>{request_id}</RequestId>\n  <HostId>{}</HostId>\n</Error>\n",
        escaped(&problem.code),
        escaped(&problem.message),
        escaped(host)
    )
}

/// With a callback, the answer is the service's. Without one, it is empty.
fn run(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    let now = world.clock.now();
    let upload = Upload::verify(&request.form, now)?;
    if !upload.has_callback {
        return Ok(Content::Nothing);
    }
    let account = world.accounts.iter_mut().find(|account| account.id == upload.account);
    let routine = account.and_then(|account| account.routine_mut(&upload.routine));
    // OSS has stored the object, so the status isn't an error.
    let failed = || ServiceError::new(203, "CallbackFailed", "The service knows no such routine.");
    routine.ok_or_else(failed)?.staged_code = Some(Code {
        version: number_at(now),
        description: upload.description,
        create_time: clock::format(now),
        code_base64: upload.code,
    });
    Ok(Content::Json(json!({"Status": "OK"})))
}
