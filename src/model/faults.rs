//! The faults of one exchange.

use std::time::Duration;

use crate::http::Reply;
use crate::random::Random;
use crate::service_code::ServiceCode;

/// What happens to an exchange.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// The exchange succeeds.
    None,
    /// No byte is sent.
    NotSent,
    /// The request or its answer is lost. It may have been carried out.
    Lost { carried_out: bool },
    /// The client gives the request up, and the service carries it out this much later.
    Late(Duration),
    /// The answer comes later than any attempt waits.
    Slow,
    /// The service refuses with this code, but may have carried the request out.
    Refused { code: &'static str, carried_out: bool },
    /// The answer has no code.
    Codeless { status: u16, carried_out: bool },
    /// A success that can't be read.
    Garbled { carried_out: bool },
    /// The service refuses the time of the signature, once.
    ClockOff,
}

/// Codes after which the request may have been carried out: transient and unknown ones.
const DOUBTFUL: [&str; 10] = [
    "InternalException",
    "InternalOperationError",
    "ServiceUnavailable",
    "InternalError",
    "UnknownError",
    "SignatureNonceUsed",
    "SystemBusy",
    "Brand.New",
    "NewQuotaExceeded",
    "X.Invalid",
];

/// Codes of families. They prove that nothing has changed.
const FAMILIES: [&str; 6] =
    ["Throttling.Resource", "Throttling.X", "Routine.ServiceBusy", "ServiceBusy", "MissingName", "InvalidX.Malformed"];

/// Codes that follow from the service's state. They aren't drawn at random.
const OF_STATE: [ServiceCode; 5] = [
    ServiceCode::ParameterAlreadyExist,
    ServiceCode::ParameterNotExist,
    ServiceCode::RelatedRecordNumberExceedQuotaLimit,
    ServiceCode::InvalidTimeStampExpired,
    ServiceCode::InvalidSecurityTokenExpired,
];

/// Whether an answer with this code proves that nothing has changed.
pub(super) fn proves(code: &str) -> bool {
    !DOUBTFUL.contains(&code)
}

impl Fault {
    pub(super) fn drawn(random: &mut Random, percent: u64) -> Fault {
        if !random.percent(percent) {
            return Fault::None;
        }
        let carried_out = random.percent(50);
        match random.below(9) {
            0 => Fault::NotSent,
            1 | 2 => Fault::Lost { carried_out },
            3 => Fault::Late(random.milliseconds(50, 5000)),
            4 => Fault::Slow,
            5 if random.percent(40) => Fault::Refused { code: random.of_all(&DOUBTFUL), carried_out },
            5 | 6 => Fault::Refused { code: proving(random), carried_out: false },
            7 => match random.below(3) {
                0 => Fault::Garbled { carried_out },
                _ => Fault::Codeless { status: random.of_all(&STATUSES), carried_out },
            },
            _ => Fault::ClockOff,
        }
    }
}

const STATUSES: [u16; 14] = [101, 302, 304, 400, 401, 403, 404, 408, 409, 429, 499, 502, 503, 999];

/// Draws a code that proves that nothing has changed.
fn proving(random: &mut Random) -> &'static str {
    if random.percent(30) {
        return random.of_all(&FAMILIES);
    }
    loop {
        let code = random.of_all(ServiceCode::KNOWN);
        if !OF_STATE.contains(&code) && !DOUBTFUL.contains(&code.as_str()) {
            return code.as_str();
        }
    }
}

/// Returns a refusal with `code`, in one of the forms in which the code can still be read.
pub(super) fn refusal(random: &mut Random, code: &str) -> Reply {
    let status = random.of_all(&[400, 400, 400, 403, 404, 500, 503]);
    let json = format!(r#""Code":"{code}","RequestId":"R-error""#);
    let body = match random.below(8) {
        0 => format!("\u{feff}{{{json}}}").into_bytes(),
        1 => format!(r#"{{{json},"Message":7}}"#).into_bytes(),
        2 => [format!(r#"{{{json},"Message":""#).as_bytes(), b"\xc2\xb7\xd3\xc9\"}"].concat(),
        3 => format!("{{{json},\"Message\":\"a\tb\"}}").into_bytes(),
        4 => format!(r#"{{{json},"Mess"#).into_bytes(),
        5 => format!("<Error><Code>{code}</Code><RequestId>R</RequestId></Error>").into_bytes(),
        _ => format!(r#"{{{json},"Message":"m"}}"#).into_bytes(),
    };
    let headers: &[(&str, &str)] = if random.percent(10) { &[("retry-after", "1")] } else { &[] };
    Reply::new(status, headers, body)
}

/// Returns a reply in which no code can be read, although it may have one.
pub(super) fn codeless(random: &mut Random, status: u16) -> Reply {
    let bodies: [&[u8]; 7] = [
        b"",
        b"<html><body>no</body></html>",
        br#"{"Message":"{\"Code\":\"RoutineNotExist\"}"}"#,
        br#"{"Code":"RoutineNot"#,
        br#"{"Code":"Forbidden.RAM\ud800"}"#,
        br#"{"Error":{"Code":"RoutineNotExist"}}"#,
        b"{\"Code\":7}",
    ];
    Reply::new(status, &[], random.of_all(&bodies))
}

/// Returns a reply with a success status that is incomplete or has an invalid id.
pub(super) fn garbled(random: &mut Random, creates: bool) -> Reply {
    let last = if creates { r#"{"Status":"OK","RecordId":1e3}"# } else { r#"{"Status":7}"# };
    Reply::new(200, &[], random.of_all(&["", "<html>", "null", r#"{"Status":"Fail"}"#, last]))
}
