//! The service's error codes, and what each one means for the caller.
//!
//! Each code is a row. The codes from 10 to 19 are documented for CreateRoutineRelatedRecord. Those from 40 on belong
//! to other operations or to the gateway in front of the service, or were seen undocumented.
//!
//! A row's outcome says what the code proves. `Refused`: nothing has changed. `Unknown`: something may have changed. A
//! code without a row is judged by its family. If it has no family, it proves nothing.

use std::convert::Infallible;
use std::str::FromStr;

use crate::error_kind::{ErrorKind, Outcome, UnknownNumber};

/// What an error reply means for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    /// Whether the same call may succeed later without any change.
    pub(crate) retryable: bool,
    pub(crate) advice: &'static str,
}

macro_rules! service_codes {
    ($( $value:literal $variant:ident $text:literal $kind:ident $outcome:ident $retryable:literal $advice:literal; )*) => {
        /// The service's `Code`, as an enum. The numbers are those of `esa_service_code` in the C interface and never
        /// change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum ServiceCode {
            /// The service gave no code.
            None = 0,
            /// A code that this version doesn't know. The error has its text.
            Other = 1,
            $(
                #[doc = concat!("`", $text, "`: ", $advice)]
                $variant = $value,
            )*
        }

        impl ServiceCode {
            /// Every code that the library knows by name.
            pub const KNOWN: &'static [ServiceCode] = &[$(ServiceCode::$variant),*];

            /// Returns the code as the service writes it; `""` for [`ServiceCode::None`] and [`ServiceCode::Other`].
            pub fn as_str(self) -> &'static str {
                match self {
                    ServiceCode::None | ServiceCode::Other => "",
                    $( ServiceCode::$variant => $text, )*
                }
            }

            /// Returns the enum's value for the service's text.
            pub(crate) fn of(text: &str) -> ServiceCode {
                match text {
                    "" => ServiceCode::None,
                    $( $text => ServiceCode::$variant, )*
                    _ => ServiceCode::Other,
                }
            }

            fn row(self) -> Option<Verdict> {
                match self {
                    ServiceCode::None | ServiceCode::Other => None,
                    $( ServiceCode::$variant => Some(Verdict {
                        kind: ErrorKind::$kind,
                        outcome: Outcome::$outcome,
                        retryable: $retryable,
                        advice: $advice,
                    }), )*
                }
            }
        }
    };
}

service_codes! {
    // Documented for CreateRoutineRelatedRecord, all with HTTP 400.
    10 InternalException "InternalException" Server Unknown true
        "The service failed and the record may exist: read back whether it is there before you try again.";
    11 InvalidParameter "InvalidParameter" Rejected Refused false
        "Check the routine's name, the site id and the record's name.";
    12 RoutineNotExist "RoutineNotExist" NotFound Refused false
        "Check the routine's name; create the routine first, in the account that these credentials belong to.";
    13 DependedByOthers "DependedByOthers" Conflict Refused false
        "An ordinary DNS record of this name exists on the site: remove it, or choose another name.";
    14 SiteParameterNotMatch "SiteParameterNotMatch" Rejected Refused false
        "Check that the site id belongs to this account and that the record's name ends in the site's name.";
    15 InternalOperationError "InternalOperationError" Server Unknown true
        "The service failed and the record may exist: read back whether it is there before you try again.";
    16 ParameterAlreadyExist "ParameterAlreadyExist" Conflict Refused false
        "A record of this name exists already: use it, delete it first, or choose another name.";
    17 RelatedRecordNumberExceedQuotaLimit "RelatedRecordNumberExceedQuotaLimit" Quota Refused false
        "Delete records of this routine that are no longer needed, or have the plan's quota raised.";
    18 RoutineUserServiceStatusHalt "RoutineUserServiceStatusHalt" Overdue Refused false
        "Settle the account's overdue payments.";
    19 UserOperationStatusIsLocked "UserOperationStatusIsLocked" Busy Refused true
        "Another routine call of this account is running: wait for it to end, then try again.";

    // Of other operations, or seen undocumented.
    40 LockFailed "LockFailed" Busy Refused true
        "Another change to this routine is running: wait for it to end, then try again.";
    41 SiteServiceBusy "Site.ServiceBusy" Busy Refused true
        "The site is being changed: wait a few seconds, then try again.";
    42 RecordServiceBusy "Record.ServiceBusy" Busy Refused true
        "The record is being changed: wait a few seconds, then try again.";
    43 TooManyRequests "TooManyRequests" Busy Refused true
        "Wait a few seconds, then try again with fewer calls at once.";
    44 ServiceNotOpen "ServiceNotOpen" NotActivated Refused false
        "Activate Edge Routine for this account in the ESA console.";
    45 SiteNotFound "SiteNotFound" NotFound Refused false
        "Check the site id, in the account that these credentials belong to.";
    46 ParameterNotExist "ParameterNotExist" NotFound Refused false
        "What the request names doesn't exist (any more): list the records to see what there is.";
    47 RoutineAlreadyExist "RoutineAlreadyExist" Conflict Refused false
        "A routine of this name exists already: use it, or choose another name.";
    48 RoutineNumberExceedQuotaLimit "RoutineNumberExceedQuotaLimit" Quota Refused false
        "Delete routines that are no longer needed, or have the plan's quota raised.";

    // Of the gateway.
    60 Throttling "Throttling" Throttled Refused true
        "Wait, then try again with fewer calls at once.";
    61 ThrottlingUser "Throttling.User" Throttled Refused true
        "This account makes too many calls: wait, then try again with fewer calls at once.";
    62 ThrottlingApi "Throttling.Api" Throttled Refused true
        "Too many calls of this operation: wait, then try again with fewer calls at once.";
    63 RejectedThrottling "Rejected.Throttling" Throttled Refused true
        "Wait, then try again with fewer calls at once.";
    64 ServiceUnavailable "ServiceUnavailable" Server Unknown true
        "The service is unavailable and the request may have been carried out: read back before you try again.";
    65 InternalError "InternalError" Server Unknown true
        "The service failed and the request may have been carried out: read back before you try again.";
    66 UnknownError "UnknownError" Server Unknown true
        "The service failed and the request may have been carried out: read back before you try again.";
    67 SignatureNonceUsed "SignatureNonceUsed" Auth Unknown true
        "A request with this nonce has arrived before, and may have been carried out: read back before you try again.";
    68 InvalidTimeStampExpired "InvalidTimeStamp.Expired" Auth Refused false
        "Set this machine's clock: the service allows it to be off by 15 minutes.";
    69 InvalidSecurityTokenExpired "InvalidSecurityToken.Expired" Auth Refused false
        "The temporary credentials have expired: get new ones.";
    70 SignatureDoesNotMatch "SignatureDoesNotMatch" Auth Refused false
        "Check the access key's secret, and that no proxy changes requests on their way.";
    71 IncompleteSignature "IncompleteSignature" Auth Refused false
        "Part of the signature was lost: check that no proxy changes requests on their way.";
    72 InvalidAccessKeyIdNotFound "InvalidAccessKeyId.NotFound" Auth Refused false
        "Check the access key id.";
    73 InvalidAccessKeyIdInactive "InvalidAccessKeyId.Inactive" Auth Refused false
        "Enable the access key in the RAM console, or use another one.";
    74 ForbiddenAccessKeyDisabled "Forbidden.AccessKeyDisabled" Auth Refused false
        "Enable the access key in the RAM console, or use another one.";
    75 ForbiddenRam "Forbidden.RAM" Forbidden Refused false
        "Grant the RAM user or role the action that the message or access_denied_detail names.";
    76 NoPermission "NoPermission" Forbidden Refused false
        "Grant the RAM user or role the action that the message or access_denied_detail names.";
    77 ForbiddenRiskControl "Forbidden.RiskControl" Forbidden Refused false
        "The account is under risk control: contact the service's support.";
    78 InvalidActionNotFound "InvalidAction.NotFound" Rejected Refused false
        "The endpoint doesn't know this operation: check that it is an endpoint of ESA.";
    79 InvalidVersion "InvalidVersion" Rejected Refused false
        "The endpoint doesn't know this version of the interface: check that it is an endpoint of ESA.";
    80 InvalidProtocolNeedSsl "InvalidProtocol.NeedSsl" Rejected Refused false
        "Use an https endpoint.";
    81 UnsupportedHttpMethod "UnsupportedHTTPMethod" Rejected Refused false
        "Check that no proxy changes requests on their way.";
}

/// Reads a code as the service writes it. Never fails: a code that this version doesn't know is [`ServiceCode::Other`].
impl FromStr for ServiceCode {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<ServiceCode, Infallible> {
        Ok(ServiceCode::of(text))
    }
}

/// Reads a number of `esa_service_code`.
impl TryFrom<i32> for ServiceCode {
    type Error = UnknownNumber;

    fn try_from(number: i32) -> Result<ServiceCode, UnknownNumber> {
        let mut all = [ServiceCode::None, ServiceCode::Other].iter().chain(Self::KNOWN).copied();
        all.find(|&code| code as i32 == number).ok_or(UnknownNumber(number))
    }
}

impl ServiceCode {
    /// Returns what to do about it. Empty for a code without a row.
    pub fn advice(self) -> &'static str {
        self.row().map_or("", |verdict| verdict.advice)
    }

    /// Returns what an error reply means that has this code, spelled `text`. If the code has no row, its family
    /// decides, then the HTTP status.
    pub(crate) fn verdict(self, text: &str, http_status: u16, has_request_id: bool) -> Verdict {
        self.row().or_else(|| by_family(text, has_request_id)).unwrap_or_else(|| by_http_status(http_status))
    }

    /// Returns whether this version knows nothing about the code that the service spells `text`.
    pub(crate) fn is_unfamiliar(self, text: &str, has_request_id: bool) -> bool {
        self == ServiceCode::Other && by_family(text, has_request_id).is_none()
    }
}

/// Judges codes without a row by their family.
///
/// If something in a request is missing or wrong, the gateway names it in the code: `MissingName`,
/// `InvalidSiteId.Malformed`. The reply then has a request id. A reply of a proxy has none.
fn by_family(text: &str, has_request_id: bool) -> Option<Verdict> {
    let verdict = |kind, outcome, retryable, advice| Some(Verdict { kind, outcome, retryable, advice });
    if text.starts_with("Throttling.") {
        return verdict(ErrorKind::Throttled, Outcome::Refused, true, "Wait, then try again with fewer calls at once.");
    }
    if text == "ServiceBusy" || text.ends_with(".ServiceBusy") {
        return verdict(ErrorKind::Busy, Outcome::Refused, true, "Wait a few seconds, then try again.");
    }
    if text == "SystemBusy" {
        // It doesn't say what is locked, unlike the other busy codes. A part of the work may be done already.
        return verdict(ErrorKind::Busy, Outcome::Unknown, true, UNKNOWN_ADVICE);
    }
    if has_request_id && (text.starts_with("Missing") || text.starts_with("Invalid")) {
        return verdict(ErrorKind::Rejected, Outcome::Refused, false, "Correct what the code and the message name.");
    }
    None
}

const UNKNOWN_ADVICE: &str =
    "The service failed and the request may have been carried out: read back before you try again.";

/// Judges an unknown code by the HTTP status, because products use different codes. The status gives the kind. It
/// proves nothing about the outcome.
fn by_http_status(http_status: u16) -> Verdict {
    let (kind, retryable) = match http_status {
        401 => (ErrorKind::Auth, false),
        403 => (ErrorKind::Forbidden, false),
        404 => (ErrorKind::NotFound, false),
        429 => (ErrorKind::Throttled, true),
        500..=599 => (ErrorKind::Server, true),
        _ => (ErrorKind::Rejected, false),
    };
    Verdict { kind, outcome: Outcome::Unknown, retryable, advice: UNKNOWN_ADVICE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_by_its_text_and_its_number() {
        for &code in ServiceCode::KNOWN {
            assert_eq!(code.as_str().parse(), Ok(code));
            assert_eq!(ServiceCode::try_from(code as i32), Ok(code));
            assert!(!code.advice().is_empty());
        }
        assert_eq!(("".parse(), "New".parse()), (Ok(ServiceCode::None), Ok(ServiceCode::Other)));
        assert_eq!(ServiceCode::try_from(5), Err(UnknownNumber(5)));
        assert_eq!(UnknownNumber(5).to_string(), "unknown number 5");
    }

    fn judged(text: &str, http_status: u16, has_request_id: bool) -> (ErrorKind, Outcome, bool) {
        let verdict = ServiceCode::of(text).verdict(text, http_status, has_request_id);
        (verdict.kind, verdict.outcome, verdict.retryable)
    }

    #[test]
    fn an_unknown_code_has_its_kind_from_the_http_status_and_proves_nothing() {
        assert_eq!(judged("Brand.New", 400, true), (ErrorKind::Rejected, Outcome::Unknown, false));
        assert_eq!(judged("Brand.New", 403, true), (ErrorKind::Forbidden, Outcome::Unknown, false));
        assert_eq!(judged("Brand.New", 503, true), (ErrorKind::Server, Outcome::Unknown, true));
        assert!(ServiceCode::Other.is_unfamiliar("Brand.New", true));
        assert!(!ServiceCode::RoutineNotExist.is_unfamiliar("RoutineNotExist", true));
    }

    #[test]
    fn a_code_of_a_known_family_is_judged_like_its_kin() {
        for text in ["Throttling.Resource", "Throttling.X"] {
            assert_eq!(judged(text, 400, false), (ErrorKind::Throttled, Outcome::Refused, true), "{text}");
        }
        for text in ["Routine.ServiceBusy", "ServiceBusy"] {
            assert_eq!(judged(text, 400, false), (ErrorKind::Busy, Outcome::Refused, true), "{text}");
        }
        assert_eq!(judged("SystemBusy", 400, true), (ErrorKind::Busy, Outcome::Unknown, true));
        for text in ["MissingRecordName", "InvalidSiteId.Malformed"] {
            assert_eq!(judged(text, 400, true), (ErrorKind::Rejected, Outcome::Refused, false), "{text}");
            assert_eq!(judged(text, 400, false), (ErrorKind::Rejected, Outcome::Unknown, false), "{text}");
            assert!(!ServiceCode::Other.is_unfamiliar(text, true));
        }
        assert_eq!(judged("ThrottlingX", 400, true), (ErrorKind::Rejected, Outcome::Unknown, false));
    }
}
