//! The operations of the service, one file each: parameters, reply, and preconditions.

mod actions;
mod any_action;
mod create_routine_related_record;
mod delete_routine_related_record;
mod get_match_site;
mod list_routine_related_records;
mod number;
mod parameters;

use serde::de::DeserializeOwned;

pub use self::actions::{Effect, Place};
pub use self::any_action::{ActionParameter, ActionReply, AnyAction};
pub(crate) use self::any_action::{PreparedAction, check_action, effect_of};
pub use self::create_routine_related_record::CreateRoutineRelatedRecordRequest;
pub(crate) use self::create_routine_related_record::Created;
pub use self::delete_routine_related_record::DeleteRoutineRelatedRecordRequest;
pub use self::get_match_site::{GetMatchSiteRequest, MatchSite};
pub(crate) use self::list_routine_related_records::LARGEST_PAGE;
pub use self::list_routine_related_records::{ListRoutineRelatedRecordsRequest, RelatedRecord, RelatedRecordPage};
use crate::error::{Error, ErrorKind, Outcome};
use crate::http::LargestBody;
use crate::signature::Parameter;

/// The version of the service's interface that all operations use.
pub(crate) const API_VERSION: &str = "2024-09-10";

/// The advice for a lost write that the library can't read back itself.
pub(crate) const READ_BACK: &str =
    "The request may have been carried out: read back what it changes before you send it again.";

/// The properties of an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<'a> {
    /// The service's name for the action.
    pub(crate) name: &'a str,
    pub(crate) method: &'static str,
    pub(crate) version: &'a str,
    /// Whether the action changes something.
    pub(crate) writes: bool,
    /// Whether the action counts against the client's write limit, because the service refuses it while another one
    /// runs.
    pub(crate) serial: bool,
    pub(crate) largest_reply: LargestBody,
    /// The subject, for the log: the record's name, if there is one.
    pub(crate) record_name: &'a str,
}

impl Action<'static> {
    /// Returns an action that changes nothing.
    fn read(name: &'static str) -> Action<'static> {
        let largest_reply = LargestBody::default();
        let (writes, serial, record_name) = (false, false, "");
        Action { name, method: "POST", version: API_VERSION, writes, serial, largest_reply, record_name }
    }

    /// Returns an action that changes a routine.
    fn write(name: &'static str) -> Action<'static> {
        Action { writes: true, serial: true, ..Action::read(name) }
    }
}

/// One action of the service.
pub(crate) trait Operation {
    /// The body of a successful reply.
    type Reply: DeserializeOwned;

    /// The result for the caller.
    type Output;

    fn action(&self) -> Action<'_>;

    /// Refuses arguments that can't be sent. The error names the argument. All other arguments are for the service to
    /// judge.
    fn check(&self) -> Result<(), Error>;

    /// Returns the parameters of the query.
    fn query(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// Returns the parameters of the form.
    fn form(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// Returns the result from a reply. Fails if the reply isn't a success of this operation.
    fn output(&self, reply: Self::Reply, receipt: Receipt) -> Result<Self::Output, Error>;

    /// Returns the texts of the result, except the request id.
    fn texts(_: &mut Self::Output) -> Vec<&mut String> {
        Vec::new()
    }
}

/// Which attempt a reply answers, and its request id.
pub(crate) struct Receipt {
    /// Which of the call's attempts the reply answers, from 1 on.
    pub(crate) attempt: u32,
    pub(crate) http_status: u16,
    /// The service's id of the request.
    pub(crate) request_id: String,
}

impl Receipt {
    /// Returns the error of a reply that doesn't fit the operation.
    fn unreadable(&self, reason: &str) -> Error {
        Error::unreadable(reason).in_reply(self.http_status, &self.request_id)
    }

    /// Refuses a success whose status isn't `OK`.
    fn check_status(&self, status: &str) -> Result<(), Error> {
        if status == "OK" {
            return Ok(());
        }
        let message = format!("the service answered with Status {status:?} instead of \"OK\"");
        let error = Error::new(ErrorKind::Server, message).with_outcome(Outcome::Unknown);
        Err(error.in_reply(self.http_status, &self.request_id))
    }
}

/// The longest possible domain name. The service's limit for a routine's name is lower.
const LONGEST_NAME: usize = 253;

/// Refuses a name that can't be valid. All other names are for the service to judge.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::invalid_argument(field, "is empty"));
    }
    if name.len() > LONGEST_NAME {
        return Err(Error::invalid_argument(
            field,
            format_args!("has {} bytes; {LONGEST_NAME} is the most", name.len()),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid_argument(field, "has a control character"));
    }
    Ok(())
}

/// Refuses an id that the service can't have assigned.
pub(crate) fn check_id(field: &str, id: i64) -> Result<(), Error> {
    if id < 1 {
        return Err(Error::invalid_argument(field, format_args!("is {id}; it is 1 or more")));
    }
    Ok(())
}
