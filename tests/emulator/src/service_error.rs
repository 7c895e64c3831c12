//! The service's errors: their codes, HTTP statuses and texts.

use serde_json::{Value, json};

const TRY_LATER: &str = "Failed to call the service. Try again later or contact technical support.";

/// The documented texts. All of these come with HTTP 400.
const MESSAGES: &[(&str, &str)] = &[
    ("InternalException", TRY_LATER),
    ("InvalidParameter", "The specified parameter is invalid."),
    ("RoutineNotExist", "The routine name does not exist. Check the routine name and try again."),
    ("DependedByOthers", TRY_LATER),
    // The service's own text has no blank after the full stop.
    ("SiteParameterNotMatch", "Failed to verify website parameters.Check the parameters and try again."),
    ("InternalOperationError", TRY_LATER),
    ("ParameterAlreadyExist", "Parameter uniqueness verification failed. Check for duplicate parameter values."),
    (
        "RelatedRecordNumberExceedQuotaLimit",
        "The maximum number of records associated with the routine has been reached. Check your plan quota and upgrade the plan to request a quota increase.",
    ),
    ("RoutineUserServiceStatusHalt", "Failed to update the configurations because you have overdue payments."),
    (
        "UserOperationStatusIsLocked",
        "You are calling an another routine related api. Please wait for the api finished, and try again later.",
    ),
    ("ParameterNotExist", "The specified parameter does not exist. Check your configurations and try again."),
    ("RoutineAlreadyExist", "The routine name already exists."),
    (
        "RoutineNumberExceedQuotaLimit",
        "The maximum number of configuration items for the feature has been reached. Adjust your configurations and try again.",
    ),
    ("ServiceNotOpen", "You have not activated Edge Routine. Activate the service and try again."),
    ("LockFailed", "Another operation on the routine is in progress. Try again later."),
    ("TooManyRequests", "Too many requests. Try again later."),
    ("Site.ServiceBusy", "The website is being configured. Try again later."),
    ("SiteNotFound", "The website does not exist."),
];

/// What an operation did although it answers with an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    None,
    Taken,
    /// It is judged and carried out later.
    Pending,
}

#[derive(Debug)]
pub(crate) struct ServiceError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) effect: Effect,
    /// Who says it.
    product: &'static str,
    access_denied_detail: Option<Value>,
}

impl ServiceError {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { status, code, message, effect: Effect::None, product: "ESA", access_denied_detail: None }
    }

    /// One of the errors whose text is fixed.
    pub(crate) fn known(code: &str) -> Self {
        Self::new(400, code, known_message(code).unwrap_or(TRY_LATER))
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(400, format!("Missing{parameter}"), format!("{parameter} is mandatory for this action."))
    }

    /// The services and the other endpoints say it with different statuses.
    pub(crate) fn unsupported_method(status: u16) -> Self {
        Self::new(status, "UnsupportedHTTPMethod", "This http method is not supported.")
    }

    pub(crate) fn internal() -> Self {
        Self::new(500, "InternalError", "The request processing has failed due to some unknown error.")
    }

    pub(crate) fn after_taking_effect(mut self) -> Self {
        self.effect = Effect::Taken;
        self
    }

    pub(crate) fn before_taking_effect(mut self) -> Self {
        self.effect = Effect::Pending;
        self
    }

    pub(crate) fn of(mut self, product: &'static str) -> Self {
        self.product = product;
        self
    }

    pub(crate) fn with_access_denied_detail(mut self, detail: Value) -> Self {
        self.access_denied_detail = Some(detail);
        self
    }

    pub(crate) fn body(&self, request_id: &str, host: &str) -> Value {
        let code = crate::encoding::encode(&self.code);
        let product = self.product;
        let recommend =
            format!("https://api.aliyun.com/troubleshoot?q={code}&product={product}&requestId={request_id}");
        let mut body = json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": self.code,
            "Message": self.message,
            "Recommend": recommend,
        });
        if let Some(detail) = &self.access_denied_detail {
            body["AccessDeniedDetail"] = detail.clone();
        }
        body
    }
}

pub(crate) fn known_message(code: &str) -> Option<&'static str> {
    MESSAGES.iter().find(|(known, _)| *known == code).map(|(_, message)| *message)
}
