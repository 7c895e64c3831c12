//! GetMatchSite.

use std::ffi::{CString, c_char, c_void};

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::error::esa_error;
use super::guard::guarded;
use super::multi::{Finished, Start, call_of, esa_multi, esa_pending, finish};
use super::owned::Owned;
use super::status::esa_status;
use super::string::{read_string, to_c_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::call::Call;
use crate::log::NOWHERE;
use crate::operation::{GetMatchSite, MatchSite, Operation};

/// Which record's site to get. Begin with `ESA_GET_MATCH_SITE_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_get_match_site_request {
    /// `sizeof(esa_get_match_site_request)`.
    pub struct_size: usize,
    /// The record's name: 1 to 253 bytes of UTF-8 without control characters.
    pub record_name: *const c_char,
}

// SAFETY: `repr(C)`, `struct_size` first, then a pointer.
unsafe impl CallerStruct for esa_get_match_site_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] = fields!(esa_get_match_site_request: record_name);
}

/// The site that a record's name belongs to. Release it with `esa_get_match_site_result_free()`.
///
/// Any one thread at a time may read it. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_get_match_site_result {
    /// The site's id.
    pub site_id: i64,
    /// The site's name, such as "example.com".
    pub site_name: *const c_char,
    /// The service's id of the request.
    pub request_id: *const c_char,
}

/// What the fields point to.
type Strings = [CString; 2];

impl esa_get_match_site_result {
    fn into_raw(site: &MatchSite) -> *mut esa_get_match_site_result {
        let strings = [&site.site_name, &site.request_id].map(|text| to_c_string(text));
        let [site_name, request_id] = strings.each_ref().map(|text| text.as_ptr());
        let fields = esa_get_match_site_result { site_id: site.site_id, site_name, request_id };
        Owned::<_, Strings>::into_raw(fields, strings)
    }
}

/// Gets the account's site whose name is the longest suffix of a record's name.
///
/// Needs the RAM action `esa:GetMatchSite` on `*`. Where there is no such site, the service refuses with
/// `ESA_CODE_SITE_NOT_FOUND` or its like.
///
/// Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`; nothing is changed.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_get_match_site(
    client: *const esa_client,
    request: *const esa_get_match_site_request,
    options: *const esa_call_options,
    result: *mut *mut esa_get_match_site_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, |client| {
            let request = GetMatchSite { record_name: read_string("record_name", read_struct(request)?.record_name)? };
            let site = client.get_match_site(&request, &read_options(options)?)?;
            Ok(esa_get_match_site_result::into_raw(&site))
        })
    }
}

/// Starts getting a record's site on a multi, and returns at once.
///
/// The call does what `esa_get_match_site()` does. It sends now what it can send without waiting, and goes on in
/// `esa_multi_step()`. `*pending` is the call, until `esa_get_match_site_finish()` or `esa_pending_free()` releases it.
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
pub unsafe extern "C-unwind" fn esa_get_match_site_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_get_match_site_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let record_name = read_string("record_name", read_struct(request)?.record_name)?.to_owned();
            GetMatchSite { record_name: &record_name }.check()?;
            let make = async move |call: &Call<'_>| call.perform(&GetMatchSite { record_name: &record_name }).await;
            Ok(call_of(Finished::Matched, make))
        })
    }
}

/// Takes the result of a finished call and releases the call: one that `esa_get_match_site_start()` started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_get_match_site()` returns, and sets `*result` and `*error` as it does. `ESA_ERR_INVALID_ARGUMENT`
/// takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it is a call of another
/// function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_get_match_site_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_get_match_site_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::Matched(result) => Ok(result.map(|site| esa_get_match_site_result::into_raw(&site).cast())),
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
pub unsafe extern "C-unwind" fn esa_get_match_site_result_free(result: *mut esa_get_match_site_result) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Strings>::from_raw(result) })
    });
}
