//! A request as it was received, and its parameters.

use hyper::http::{Uri, request::Parts};
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value};

use crate::encoding::decode_pairs;
use crate::service_error::ServiceError;

/// Parameters of the protocol, which no operation reads.
const COMMON: &[&str] = &[
    "AccessKeyId",
    "Action",
    "BearerToken",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
];

#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Parameters,
    pub(crate) form: Parameters,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn parse(parts: Parts, body: Vec<u8>) -> Result<Self, ServiceError> {
        let query = Parameters::decode(parts.uri.query().unwrap_or_default())?;
        let form = if body.is_empty() { Parameters::default() } else { decode_form(&parts.headers, &body)? };
        if let Some((name, _)) = form.0.iter().find(|(name, _)| query.get(name).is_some()) {
            return Err(duplicate(name));
        }
        let path = path(&parts.uri).to_owned();
        Ok(Self { method: parts.method, path, headers: parts.headers, query, form, body })
    }

    /// Returns the value of a header that occurs once and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        single_header(&self.headers, name)
    }

    /// Returns a parameter of the query or the form. The service reads both.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).or_else(|| self.form.get(name))
    }

    pub(crate) fn action(&self) -> Option<&str> {
        self.header_or_parameter("x-acs-action", "Action")
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.header_or_parameter("x-acs-version", "Version")
    }

    /// Reads the signed place: V3 signs headers. V1 signs only parameters, but may send the headers too. An unsigned
    /// request may use either.
    fn header_or_parameter(&self, header: &str, parameter: &str) -> Option<&str> {
        if self.headers.contains_key("authorization") {
            self.header(header)
        } else {
            self.parameter(parameter).or_else(|| self.header(header))
        }
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.headers.contains_key("authorization") || self.parameter("Signature").is_some()
    }

    /// Returns the operation's own parameters.
    pub(crate) fn operation_parameters(&self) -> Parameters {
        let all = self.query.0.iter().chain(&self.form.0);
        Parameters(all.filter(|(name, _)| !COMMON.contains(&name.as_str())).cloned().collect())
    }
}

pub(crate) fn path(uri: &Uri) -> &str {
    if uri.path().is_empty() { "/" } else { uri.path() }
}

pub(crate) fn single_header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    std::str::from_utf8(value.as_bytes()).ok()
}

fn decode_form(headers: &HeaderMap, body: &[u8]) -> Result<Parameters, ServiceError> {
    let content_type = single_header(headers, "content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let message = "A body must be application/x-www-form-urlencoded and its Content-Type must say so.";
        return Err(ServiceError::new(400, "InvalidContentType", message));
    }
    match std::str::from_utf8(body) {
        Ok(text) => Parameters::decode(text),
        Err(_) => Err(malformed("a body that isn't UTF-8")),
    }
}

/// Decoded names and values. Names are unique.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn decode(text: &str) -> Result<Self, ServiceError> {
        let pairs = decode_pairs(text).map_err(|problem| malformed(&problem))?;
        for (position, (name, _)) in pairs.iter().enumerate() {
            if pairs[..position].iter().any(|(earlier, _)| earlier == name) {
                return Err(duplicate(name));
            }
            // The comparison above is quadratic, and no operation has nearly as many parameters.
            if position >= 256 {
                return Err(malformed("more than 256 parameters"));
            }
        }
        Ok(Self(pairs))
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.into(), value.into()));
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Fails if one of them is missing or empty.
    pub(crate) fn require(&self, names: &[&str]) -> Result<(), ServiceError> {
        match names.iter().find(|name| self.get(name).unwrap_or_default().is_empty()) {
            Some(name) => Err(ServiceError::missing(name)),
            None => Ok(()),
        }
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
    }
}

fn duplicate(name: &str) -> ServiceError {
    ServiceError::new(400, "InvalidParameter", format!("The parameter {name} is given more than once."))
}

fn malformed(what: &str) -> ServiceError {
    ServiceError::new(400, "InvalidParameter", format!("The request is malformed: {what}."))
}
