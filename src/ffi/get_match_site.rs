//! GetMatchSite.

use std::ffi::{CString, c_char, c_void};

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::error::esa_error;
use super::guard::guarded;
use super::multi::{Finished, Start, esa_multi, esa_pending, finish};
use super::owned::Owned;
use super::status::esa_status;
use super::string::{read_string, to_c_string};
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::call::Call;
use crate::client::Client;
use crate::log::Log;
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
    fn give(site: &MatchSite) -> *mut esa_get_match_site_result {
        let strings = [&site.site_name, &site.request_id].map(|text| to_c_string(text));
        let [site_name, request_id] = strings.each_ref().map(|text| text.as_ptr());
        let fields = esa_get_match_site_result { site_id: site.site_id, site_name, request_id };
        Owned::<_, Strings>::give(fields, strings)
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
            Ok(esa_get_match_site_result::give(&site))
        })
    }
}

/// Starts getting a site on a multi, and sends what can be sent at once; otherwise as `esa_get_match_site()`.
///
/// `*pending` is the call, until its `esa_get_match_site_finish()` or `esa_pending_free()`; `user_data` is for
/// `esa_pending_user_data()`. The request's memory may be reused once this returns. A call that finishes at once is taken like
/// any other, with `esa_multi_next_finished()`.
///
/// Returns `ESA_OK`, or why no call was started: then `*pending` is NULL, and nothing was sent. `ESA_ERR_INVALID_ARGUMENT` where
/// an argument can't be used; `ESA_ERR_UNSUPPORTED` where `options` have an interrupt; `ESA_ERR_FORKED` in a child of fork().
/// `error` may be NULL. Allowed in callbacks.
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
        start.start(Finished::Matched, |_, _| {
            let record_name = read_string("record_name", read_struct(request)?.record_name)?.to_owned();
            GetMatchSite { record_name: &record_name }.check()?;
            Ok(move |client: Client, options, task| {
                let get = async move |call: &Call<'_>| call.read(&GetMatchSite { record_name: &record_name }).await;
                client.pending(options, task, get)
            })
        })
    }
}

/// Takes the result of a call that `esa_get_match_site_start()` started and `esa_multi_next_finished()` gave, and
/// releases the call: as `esa_get_match_site()` returns.
///
/// `ESA_ERR_INVALID_ARGUMENT` says that nothing was taken or released: `result` or `pending` is NULL, the call hasn't finished
/// or is one of another action, or a callback of its multi asks. `ESA_ERR_FORKED` in a child of fork(), with `pending`
/// released. `error` may be NULL.
///
/// # Safety
/// Each pointer is NULL or as described.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_get_match_site_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_get_match_site_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let take = |finished| match finished {
        Finished::Matched(result) => Ok(result),
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` wants it (this function's promise).
    unsafe { finish(pending, result, error, take, |site| esa_get_match_site_result::give(&site)) }
}

/// Releases a result and its strings.
///
/// `result` may be NULL. Any thread; each result once.
///
/// # Safety
/// `result` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_get_match_site_result_free(result: *mut esa_get_match_site_result) {
    guarded(&Log::default(), (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        unsafe { Owned::<_, Strings>::take_back(result) }
    });
}
