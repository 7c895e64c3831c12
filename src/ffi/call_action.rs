//! Any action of the service, by its name.

use std::ffi::{CString, c_char, c_void};
use std::ptr;

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::error::esa_error;
use super::guard::guarded;
use super::multi::{Finished, Start, call_of, esa_multi, esa_pending, finish};
use super::owned::Owned;
use super::status::esa_status;
use super::string::{read_optional_string, read_string, to_c_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::call::Call;
use crate::error::{Error, ErrorKind};
use crate::log::NOWHERE;
use crate::operation::{ActionParameter, ActionReply, AnyAction, Effect, Operation, Place, PreparedAction};

/// Where a parameter goes. In `place` of an `esa_parameter`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_place {
    /// Where the action wants it. What the library doesn't know goes into the query.
    ESA_PLACE_DEFAULT = 0,
    /// Into the query of the URL.
    ESA_PLACE_QUERY = 1,
    /// Into the form, which is the body.
    ESA_PLACE_FORM = 2,
}

/// Whether an action changes something, which decides what a call may do whose answer was lost. In `effect` of an
/// `esa_call_action_request` and of an `esa_reply`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_effect {
    /// As the library knows the action. One that it doesn't know writes.
    ESA_EFFECT_DEFAULT = 0,
    /// It changes nothing: it may be made again at any time.
    ESA_EFFECT_READS = 1,
    /// It changes something: it is made again only where the one before it has changed nothing.
    ESA_EFFECT_WRITES = 2,
}

/// A parameter whose name and value are sent as they are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_parameter {
    /// Its name, such as "SiteId" or "Tag.1.Key": ASCII letters, digits, '.', '-', '_' and '~'.
    pub name: *const c_char,
    /// Its value: UTF-8; "" is sent too.
    pub value: *const c_char,
    /// Where it goes: a value of `esa_place`.
    pub place: i32,
    /// 0.
    pub reserved: i32,
}

/// An action, and its parameters. Begin with `ESA_CALL_ACTION_REQUEST_INIT`. Only `action` has to be set.
///
/// A JSON object has a member for each parameter. Strings are sent as they are, numbers as they are written in the JSON, and
/// booleans as `true` and `false`; null stands for a parameter that isn't there. Objects and arrays are sent as the action
/// wants them: as the JSON text that they are here, or taken apart into `Name.1`, `Name.2` (and `Name.1.Key` for objects in
/// an array). A name that is there twice is refused, wherever that is; there are 1000 parameters at most.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_call_action_request {
    /// `sizeof(esa_call_action_request)`.
    pub struct_size: usize,
    /// The service's name for the action, such as "CreateRoutine": 1 to 128 ASCII letters and digits.
    pub action: *const c_char,
    /// The parameters, a JSON object; NULL: none. Each goes where the action wants it.
    pub params: *const c_char,
    /// Parameters that go into the query whatever the library knows of them, a JSON object; NULL: none.
    pub query: *const c_char,
    /// Parameters that go into the form whatever the library knows of them, a JSON object; NULL: none.
    pub form: *const c_char,
    /// Parameters that are sent as they are, beside those of the JSON objects; NULL: none.
    pub parameters: *const esa_parameter,
    /// How many there are.
    pub parameter_count: usize,
    /// "GET" or "POST"; NULL: as the action wants it. One that the library doesn't know is sent with POST.
    pub method: *const c_char,
    /// The version of the service's interface, a date; NULL: "2024-09-10".
    pub version: *const c_char,
    /// Whether the action changes something: a value of `esa_effect`.
    pub effect: i32,
    /// 0.
    pub reserved: i32,
}

// SAFETY: `repr(C)`, `struct_size` first, then pointers, which may be NULL, and integers.
unsafe impl CallerStruct for esa_call_action_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] = fields!(
        esa_call_action_request: action,
        params,
        query,
        form,
        parameters,
        parameter_count,
        method,
        version,
        effect,
        reserved
    );
}

/// The reply to an action. Release it with `esa_call_action_result_free()`.
///
/// Any one thread at a time may read it. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_call_action_result {
    /// The JSON object that the service answered with, as it wrote it: UTF-8, with a NUL behind it. Nothing is taken out of
    /// it.
    pub body: *const c_char,
    /// How many bytes the body has, without the NUL.
    pub body_length: usize,
    /// The service's id of the request.
    pub request_id: *const c_char,
    /// How many requests the call sent, of which the last one was answered so. 0 from `esa_read_reply()`.
    pub attempts: u32,
    /// The HTTP status of the reply: 200 to 299.
    pub http_status: i32,
}

/// What the fields point to.
type Strings = [CString; 2];

impl esa_call_action_result {
    pub(super) fn into_raw(reply: ActionReply) -> *mut esa_call_action_result {
        let body_length = reply.body.len();
        // JSON has no NUL in it.
        let strings = [CString::new(reply.body).unwrap_or_default(), to_c_string(&reply.request_id)];
        let [body, request_id] = strings.each_ref().map(|text| text.as_ptr());
        let (attempts, http_status) = (reply.attempts, reply.http_status.into());
        let fields = esa_call_action_result { body, body_length, request_id, attempts, http_status };
        Owned::<_, Strings>::into_raw(fields, strings)
    }
}

/// The effect of this number; `None`: the library's to know.
pub(super) fn read_effect(effect: i32) -> Result<Option<Effect>, Error> {
    match effect {
        0 => Ok(None),
        1 => Ok(Some(Effect::Reads)),
        2 => Ok(Some(Effect::Writes)),
        other => Err(Error::invalid_argument("effect", format_args!("is {other}; it is a value of esa_effect"))),
    }
}

pub(super) fn refuse_reserved(field: &str, reserved: i32) -> Result<(), Error> {
    match reserved {
        0 => Ok(()),
        _ => Err(Error::new(ErrorKind::Unsupported, format!("{field} is not 0"))),
    }
}

impl esa_parameter {
    /// # Safety
    /// Strings are NULL or NUL-terminated.
    unsafe fn read<'a>(&self, number: usize) -> Result<ActionParameter<'a>, Error> {
        let field = |name: &str| format!("parameters[{number}].{name}");
        refuse_reserved(&field("reserved"), self.reserved)?;
        let place = match self.place {
            0 => None,
            1 => Some(Place::Query),
            2 => Some(Place::Form),
            other => {
                return Err(Error::invalid_argument(
                    &field("place"),
                    format_args!("is {other}; it is a value of esa_place"),
                ));
            }
        };
        // SAFETY: this function's promise.
        let (name, value) =
            unsafe { (read_string(&field("name"), self.name)?, read_string(&field("value"), self.value)?) };
        Ok(ActionParameter { name, value, place })
    }
}

/// The action behind `request`, as it can be sent.
///
/// # Safety
/// `request` is NULL or as its description says, with strings that are NULL or NUL-terminated.
pub(super) unsafe fn read_action(request: *const esa_call_action_request) -> Result<PreparedAction, Error> {
    // SAFETY: this function's promise.
    let given = unsafe { read_struct(request) }?;
    refuse_reserved("request.reserved", given.reserved)?;
    if given.parameters.is_null() && given.parameter_count != 0 {
        return Err(Error::invalid_argument("parameters", "is NULL"));
    }
    let mut parameters = Vec::new();
    for number in 0..given.parameter_count {
        // SAFETY: the array has this many elements (this function's promise); nothing is assumed of its alignment.
        let parameter = unsafe { ptr::read_unaligned(given.parameters.add(number)) };
        // SAFETY: as above.
        parameters.push(unsafe { parameter.read(number) }?);
    }
    // SAFETY: strings are NULL or NUL-terminated (this function's promise).
    let action = unsafe {
        AnyAction {
            action: read_string("action", given.action)?,
            params: read_optional_string("params", given.params)?,
            query: read_optional_string("query", given.query)?,
            form: read_optional_string("form", given.form)?,
            parameters: &parameters,
            method: read_optional_string("method", given.method)?,
            version: read_optional_string("version", given.version)?,
            effect: read_effect(given.effect)?,
        }
    };
    action.prepare()
}

/// Calls any action of the service, by its name.
///
/// The library knows ESA's actions: by which method each is sent, which parameters go into the query and which into the
/// form, and whether it changes something. What it doesn't know it sends all the same: an unknown action with POST, an
/// unknown parameter in the query. The service judges what is in them.
///
/// The reply is handed out as the service wrote it, 8 MiB at most. A success is an HTTP status of 200 to 299 with a JSON
/// object; what that says of itself, such as a `Status`, is the caller's to read.
///
/// An action that changes nothing is made again when its answer is lost. One that changes something is made again only
/// where nothing was sent, or where the service's code says that nothing has changed: it was busy, for instance. If its
/// answer is lost, the call fails with `ESA_OUTCOME_UNKNOWN` and sends nothing more: read back what it was to change.
/// Actions that the service refuses while another call of the account runs take their turn among the client's writes (see
/// `esa_config_set_max_concurrent_writes()`).
///
/// Needs the RAM action of its name, such as `esa:CreateRoutine`.
///
/// Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`. `ESA_ERR_INVALID_ARGUMENT` names
/// the field; `ESA_ERR_RESPONSE` is also an answer that is no JSON object, or larger than 8 MiB.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_call_action(
    client: *const esa_client,
    request: *const esa_call_action_request,
    options: *const esa_call_options,
    result: *mut *mut esa_call_action_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, |client| {
            let options = read_options(options)?;
            let reply = client.call_prepared(&read_action(request)?, &options)?;
            Ok(esa_call_action_result::into_raw(reply))
        })
    }
}

/// Starts an action on a multi, and returns at once.
///
/// The call does what `esa_call_action()` does. It sends now what it can send without waiting, and goes on in
/// `esa_multi_step()`. `*pending` is the call, until `esa_call_action_finish()` or `esa_pending_free()` releases it.
/// If it finishes at once, `esa_multi_next_finished()` gives it all the same. `user_data` may be NULL;
/// `esa_pending_user_data()` returns it.
///
/// `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
/// call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
/// own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
/// set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
/// NULL.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_call_action_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_call_action_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let action = read_action(request)?;
            action.check()?;
            Ok(call_of(Finished::Called, async move |call: &Call<'_>| call.perform(&action).await))
        })
    }
}

/// Takes the result of a finished call and releases the call: one that `esa_call_action_start()` started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_call_action()` returns, and sets `*result` and `*error` as it does. `ESA_ERR_INVALID_ARGUMENT`
/// takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it is a call of another
/// function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_call_action_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_call_action_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::Called(result) => Ok(result.map(|reply| esa_call_action_result::into_raw(reply).cast())),
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` wants it, which gets what the result points to (this function's promise).
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result and its strings.
///
/// `result` may be NULL. Any thread; each result once.
///
/// # Safety
/// `result` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_call_action_result_free(result: *mut esa_call_action_result) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Strings>::from_raw(result) })
    });
}
