//! The operations of the service, one file each: parameters, reply, and what they need.

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

/// The version of the service's interface that all operations are of.
pub(crate) const API_VERSION: &str = "2024-09-10";

/// What to do about a lost write of which nobody here knows how to read it back.
pub(crate) const READ_BACK: &str =
    "The request may have been carried out: read back what it was to change before you make it again.";

/// What an operation is to the service, and to the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<'a> {
    /// The service's name for it.
    pub(crate) name: &'a str,
    pub(crate) method: &'static str,
    pub(crate) version: &'a str,
    /// Whether it changes something.
    pub(crate) writes: bool,
    /// Whether it takes its turn among the client's writes: the service refuses it while another one runs.
    pub(crate) serial: bool,
    pub(crate) largest_reply: LargestBody,
    /// What it is about, for the log: the name of a record, if it has one.
    pub(crate) record_name: &'a str,
}

impl Action<'static> {
    /// One that changes nothing.
    fn read(name: &'static str) -> Action<'static> {
        let largest_reply = LargestBody::default();
        let (writes, serial, record_name) = (false, false, "");
        Action { name, method: "POST", version: API_VERSION, writes, serial, largest_reply, record_name }
    }

    /// One that changes something of a routine.
    fn write(name: &'static str) -> Action<'static> {
        Action { writes: true, serial: true, ..Action::read(name) }
    }
}

/// One action of the service.
pub(crate) trait Operation {
    /// The body of a successful reply.
    type Reply: DeserializeOwned;

    /// What the caller gets.
    type Output;

    fn action(&self) -> Action<'_>;

    /// Refuses, by name, arguments that can't be sent. What is merely wrong is the service's to judge.
    fn check(&self) -> Result<(), Error>;

    /// The parameters of the query.
    fn query(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// The parameters of the form.
    fn form(&self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// What the caller gets of a reply; an error where the reply isn't the operation's success after all.
    fn output(&self, reply: Self::Reply, receipt: Receipt) -> Result<Self::Output, Error>;

    /// The texts of what the caller gets, but for the id of the request.
    fn texts(_: &mut Self::Output) -> Vec<&mut String> {
        Vec::new()
    }
}

/// How a reply came about.
pub(crate) struct Receipt {
    /// Which of the call's attempts it answers, from 1 on.
    pub(crate) attempt: u32,
    pub(crate) http_status: u16,
    /// The service's id of the request.
    pub(crate) request_id: String,
}

impl Receipt {
    /// The failure of a reply that isn't what the operation is answered with.
    fn unreadable(&self, reason: &str) -> Error {
        Error::unreadable(reason).in_reply(self.http_status, &self.request_id)
    }

    /// Refuses a success whose own word for it is another one.
    fn check_status(&self, status: &str) -> Result<(), Error> {
        if status == "OK" {
            return Ok(());
        }
        let message = format!("the service answered with Status {status:?} in place of \"OK\"");
        let error = Error::new(ErrorKind::Server, message).with_outcome(Outcome::Unknown);
        Err(error.in_reply(self.http_status, &self.request_id))
    }
}

/// The longest domain name that there can be, and more than the service takes for a routine's name.
const LONGEST_NAME: usize = 253;

/// Refuses a name that can't be one, whatever the service thinks of it.
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

/// Refuses an id that the service can't have given.
pub(crate) fn check_id(field: &str, id: i64) -> Result<(), Error> {
    if id < 1 {
        return Err(Error::invalid_argument(field, format_args!("is {id}; it is 1 or more")));
    }
    Ok(())
}
