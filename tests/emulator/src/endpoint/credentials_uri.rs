//! A credentials URI, as a side-car would serve it: keys of the role in the path.

use hyper::Method;

use super::{Body, Endpoint, Request};
use crate::reply::Content;
use crate::service_error::ServiceError;
use crate::world::World;

const SESSION_SECONDS: u32 = 3600;

pub(super) const CREDENTIALS: Endpoint = Endpoint {
    action: "GetCredentials",
    method: Method::GET,
    path: "/credentials/",
    product: "Sts",
    name_follows: true,
    body: Body::Ignored,
    run,
};

fn run(request: &Request, world: &mut World) -> Result<Content, ServiceError> {
    let now = world.clock.now();
    let Some(role) = world.role_mut(request.role_name()) else {
        return Err(ServiceError::new(404, "EntityNotExist.Role", "The specified Role not exists."));
    };
    let mut credentials = role.open_session("credentials-uri", None, SESSION_SECONDS, now);
    // Some official SDKs require it.
    credentials["Code"] = "Success".into();
    Ok(Content::Json(credentials))
}
