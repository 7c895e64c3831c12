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
use crate::operation::{GetMatchSiteRequest, MatchSite, Operation};

/// The record whose site is wanted. Begin with `ESA_GET_MATCH_SITE_REQUEST_INIT`.
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
/// Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_get_match_site_result {
    /// The site's id.
    pub site_id: i64,
    /// The site's name, for example "example.com".
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

/// Gets the account's site whose name is the longest suffix of a record's name. Nothing is changed.
///
/// The call needs the RAM action `esa:GetMatchSite` on `*`. If the account has no matching site, the service refuses
/// the call with `ESA_CODE_SITE_NOT_FOUND` or a similar code.
///
/// Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_get_match_site(
    client: *const esa_client,
    request: *const esa_get_match_site_request,
    options: *const esa_call_options,
    result: *mut *mut esa_get_match_site_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, |client| {
            let request = GetMatchSiteRequest::new(read_string("record_name", read_struct(request)?.record_name)?);
            let site = client.get_match_site(&request, &read_options(options)?)?;
            Ok(esa_get_match_site_result::into_raw(&site))
        })
    }
}

/// Starts getting a record's site on a multi, and returns at once.
///
/// The call does what `esa_get_match_site()` does. It sends at once what it can send without waiting, and continues
/// in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_get_match_site_finish()` takes the call's result and releases the call;
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
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let record_name = read_string("record_name", read_struct(request)?.record_name)?.to_owned();
            GetMatchSiteRequest::new(&record_name).check()?;
            let make = async move |call: &Call<'_>| call.perform(&GetMatchSiteRequest::new(&record_name)).await;
            Ok(call_of(Finished::Matched, make))
        })
    }
}

/// Takes the result of a finished call that `esa_get_match_site_start()` started, and releases the call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_get_match_site()` returns, and sets `*result` and `*error` as it does. Two kinds are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
///   it, or a callback of its multi uses this function. Nothing is taken or released.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(pending) ESA_NONNULL(result)
#[must_use]
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
pub unsafe extern "C-unwind" fn esa_get_match_site_result_free(result: *mut esa_get_match_site_result) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out above and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Strings>::from_raw(result) })
    });
}
