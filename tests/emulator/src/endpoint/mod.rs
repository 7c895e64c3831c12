//! The unsigned endpoints beside the services, from which programs get temporary keys.

pub(crate) mod cloud_sso;
mod credentials_uri;
pub(crate) mod metadata;
pub(crate) mod oss;

use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Map, Value};

use crate::body::LARGEST_SERVICE;
use crate::code_upload::LARGEST_CODE;
use crate::multipart::Form;
use crate::reply::Content;
use crate::request::{Parameters, path, single_header};
use crate::service_error::ServiceError;
use crate::web_page::Hosts;
use crate::world::World;

#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Its name in the log and in fault rules.
    pub(crate) action: &'static str,
    method: Method,
    path: &'static str,
    /// The product that it belongs to.
    product: &'static str,
    /// Whether a role's name follows the path.
    name_follows: bool,
    body: Body,
    run: fn(&Request, &mut World) -> Result<Content, ServiceError>,
}

/// The kind of a request's body.
#[derive(Clone, Copy, Debug)]
enum Body {
    Ignored,
    /// A JSON object of texts.
    Members,
    /// A form with a file.
    Form,
}

const ENDPOINTS: &[Endpoint] = &[
    metadata::TOKEN,
    metadata::ROLE,
    metadata::CREDENTIALS,
    metadata::REGION,
    credentials_uri::CREDENTIALS,
    cloud_sso::CREDENTIALS,
    oss::POST_OBJECT,
];

pub(crate) fn actions() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().map(|endpoint| endpoint.action)
}

/// Whether an endpoint answers at this path, perhaps with 404.
pub(crate) fn has(path: &str) -> bool {
    metadata::has(path) || ENDPOINTS.iter().any(|endpoint| path.starts_with(endpoint.path))
}

/// Returns the limit of a body at this path.
pub(crate) fn largest_body(path: &str) -> usize {
    // The form around the code is small.
    if oss::has(path) { LARGEST_CODE + LARGEST_SERVICE } else { LARGEST_SERVICE }
}

/// A request to an endpoint.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) endpoint: &'static Endpoint,
    /// The parameters in the log and for fault rules: the role's name in the path, the headers that a metadata server
    /// reads, and the members of the body.
    pub(crate) parameters: Parameters,
    bearer_token: Option<String>,
    form: Form,
}

impl Request {
    pub(crate) fn read(parts: &Parts, body: &[u8], hosts: &Hosts) -> Result<Self, ServiceError> {
        hosts.refuse_foreign(&parts.headers)?;
        let path = path(&parts.uri);
        let mut at_path =
            ENDPOINTS.iter().filter_map(|endpoint| Some((endpoint, endpoint.role_name(path)?))).peekable();
        if at_path.peek().is_none() {
            return Err(ServiceError::new(404, "NotFound", "There is nothing at this path."));
        }
        let Some((endpoint, role_name)) = at_path.find(|(endpoint, _)| endpoint.method == parts.method) else {
            return Err(ServiceError::unsupported_method(405));
        };
        let content_type = single_header(&parts.headers, "content-type").unwrap_or_default();
        let (mut parameters, form) = match endpoint.body {
            Body::Ignored => Default::default(),
            Body::Members => (read_members(content_type, body)?, Form::default()),
            Body::Form => {
                let form = Form::read(content_type, body)?;
                (form.description(), form)
            }
        };
        if endpoint.name_follows {
            parameters.push("RoleName", role_name);
        }
        for name in metadata::HEADERS {
            if let Some(value) = single_header(&parts.headers, name) {
                parameters.push(name, value);
            }
        }
        let authorization = single_header(&parts.headers, "authorization").unwrap_or_default();
        let bearer_token = authorization.strip_prefix("Bearer ").map(str::to_owned);
        Ok(Self { endpoint, parameters, bearer_token, form })
    }

    pub(crate) fn run(&self, world: &mut World) -> Result<Content, ServiceError> {
        (self.endpoint.run)(self, world).map_err(|problem| problem.of(self.endpoint.product))
    }

    fn role_name(&self) -> &str {
        self.parameters.get("RoleName").unwrap_or_default()
    }
}

impl Endpoint {
    /// Returns what follows the path: a name if the endpoint has one, else nothing.
    fn role_name<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(self.path)?;
        (self.name_follows != rest.is_empty()).then_some(rest)
    }
}

/// The members of a JSON object, all of them texts.
fn read_members(content_type: &str, body: &[u8]) -> Result<Parameters, ServiceError> {
    if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(ServiceError::new(400, "InvalidContentType", "The body must be application/json."));
    }
    let malformed = || ServiceError::new(400, "InvalidParameter", "The body must be a JSON object of texts.");
    let members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| malformed())?;
    let mut parameters = Parameters::default();
    for (name, value) in &members {
        parameters.push(name, value.as_str().ok_or_else(malformed)?);
    }
    Ok(parameters)
}
