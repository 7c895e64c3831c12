//! Calls any action of the service, by its name.

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

/// The part of a request that a parameter goes into. In `place` of an `esa_parameter`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_place {
    /// The part that the action wants. If the library doesn't know the parameter, it goes into the query.
    ESA_PLACE_DEFAULT = 0,
    /// The query of the URL.
    ESA_PLACE_QUERY = 1,
    /// The form, which is the body.
    ESA_PLACE_FORM = 2,
}

/// The effect of an action: whether it changes something. In `effect` of an `esa_call_action_request` and of an
/// `esa_reply`.
///
/// It decides what a call may do if its answer is lost.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_effect {
    /// The effect that the library knows. An action that it doesn't know counts as a write.
    ESA_EFFECT_DEFAULT = 0,
    /// The action changes nothing, so it can be repeated at any time.
    ESA_EFFECT_READS = 1,
    /// The action changes something, so it is repeated only if the attempt before changed nothing.
    ESA_EFFECT_WRITES = 2,
}

/// A parameter whose name and value are sent as they are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_parameter {
    /// Its name, for example "SiteId" or "Tag.1.Key": ASCII letters, digits, '.', '-', '_' and '~'.
    pub name: *const c_char,
    /// Its value: UTF-8; "" is sent too.
    pub value: *const c_char,
    /// Where it goes: a value of `esa_place`.
    pub place: i32,
    /// Reserved: 0.
    pub reserved: i32,
}

/// An action and its parameters. Begin with `ESA_CALL_ACTION_REQUEST_INIT`. Only `action` must be set.
///
/// A JSON object has one member for each parameter. How a value is sent depends on its type:
/// - A string is sent as it is.
/// - A number is sent as the JSON writes it.
/// - A boolean is sent as `true` or `false`.
/// - null isn't sent: the parameter isn't there.
/// - An object or an array is sent as the action wants it: as the JSON text that it is here, or taken apart into
///   `Name.1`, `Name.2` (and `Name.1.Key` for objects in an array).
///
/// A name that occurs twice is refused, wherever it occurs. An action has 1000 parameters at most.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_call_action_request {
    /// `sizeof(esa_call_action_request)`.
    pub struct_size: usize,
    /// The service's name for the action, for example "CreateRoutine": 1 to 128 ASCII letters and digits.
    pub action: *const c_char,
    /// The parameters, as a JSON object; NULL: none. Each parameter goes where the action wants it.
    pub params: *const c_char,
    /// Parameters that go into the query, whatever the library knows of them, as a JSON object; NULL: none.
    pub query: *const c_char,
    /// Parameters that go into the form, whatever the library knows of them, as a JSON object; NULL: none.
    pub form: *const c_char,
    /// Parameters that are sent as they are, in addition to those of the JSON objects; NULL: none.
    pub parameters: *const esa_parameter,
    /// How many `parameters` there are.
    pub parameter_count: usize,
    /// "GET" or "POST"; NULL: as the action wants it. An action that the library doesn't know is sent with POST.
    pub method: *const c_char,
    /// The version of the service's interface, a date; NULL: "2024-09-10".
    pub version: *const c_char,
    /// Whether the action changes something: a value of `esa_effect`.
    pub effect: i32,
    /// Reserved: 0.
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
/// Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_call_action_result {
    /// The JSON object of the service's answer, as the service wrote it: UTF-8, followed by a NUL. Nothing is removed
    /// from it.
    pub body: *const c_char,
    /// How many bytes `body` has, without the NUL.
    pub body_length: usize,
    /// The service's id of the request.
    pub request_id: *const c_char,
    /// How many requests the call sent. `body` answers the last of them. 0 if `esa_read_reply()` made the result.
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

/// The effect of this number; `None`: the library decides.
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

/// Reads the action behind `request`, and prepares it for sending.
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
/// The library knows ESA's actions: the HTTP method, which parameters go into the query and which into the form, and
/// whether the action changes something. It also sends what it doesn't know: an unknown action with POST, and an
/// unknown parameter in the query. The service checks the values.
///
/// The result has the reply as the service wrote it, 8 MiB at most. A call succeeds if the HTTP status is 200 to 299
/// and the body is a JSON object. The caller checks what the object itself says, for example a `Status`.
///
/// Whether the call sends an action again depends on the action:
/// - An action that changes nothing is sent again if its answer is lost.
/// - An action that changes something is sent again only if nothing was sent, or if the service's code says that
///   nothing has changed. The service was busy, for example. If its answer is lost, the call sends nothing more and
///   fails with `ESA_OUTCOME_UNKNOWN`. Then read back what the action changes.
///
/// The service refuses some actions while another call of the account runs. These actions share the client's write
/// limit (`esa_config_set_max_concurrent_writes()`).
///
/// The call needs the RAM action of the same name, for example `esa:CreateRoutine`.
///
/// Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`. Two kinds mean more here:
/// - `ESA_ERR_INVALID_ARGUMENT`: the message names the field.
/// - `ESA_ERR_RESPONSE`: the answer can also be no JSON object, or larger than 8 MiB.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_call_action(
    client: *const esa_client,
    request: *const esa_call_action_request,
    options: *const esa_call_options,
    result: *mut *mut esa_call_action_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
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
/// The call does what `esa_call_action()` does. It sends at once what it can send without waiting, and continues in
/// `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_call_action_finish()` takes the call's result and releases the call;
/// `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be NULL.
///
/// `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
/// before the call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
/// NULL. These kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
/// - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
/// - `ESA_ERR_IO`: `options.cancel` can't be watched.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending)
#[must_use]
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
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let action = read_action(request)?;
            action.check()?;
            Ok(call_of(Finished::Called, async move |call: &Call<'_>| call.perform(&action).await))
        })
    }
}

/// Takes the result of a finished call that `esa_call_action_start()` started, and releases the call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_call_action()` returns, and sets `*result` and `*error` as it does. Two kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
///   it, or a callback of its multi uses this function. Nothing is taken or released.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(pending) ESA_NONNULL(result)
#[must_use]
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
    // SAFETY: every pointer is NULL or as `finish` requires (this function's promise); `give` makes the result's type.
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result and its strings.
///
/// `result` may be NULL. Any thread may call this, once for each result.
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
