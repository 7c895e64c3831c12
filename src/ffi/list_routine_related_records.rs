//! ListRoutineRelatedRecords.

use std::ffi::{CString, c_char, c_void};

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
use crate::error::Error;
use crate::log::NOWHERE;
use crate::operation::{ListRoutineRelatedRecordsRequest, Operation, RelatedRecordPage};

/// The page of a routine's records to list. Begin with `ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_list_routine_related_records_request {
    /// `sizeof(esa_list_routine_related_records_request)`.
    pub struct_size: usize,
    /// The routine's name: 1 to 253 bytes of UTF-8 without control characters.
    pub name: *const c_char,
    /// Lists only the records whose names match this key word, by the service's fuzzy match; NULL: all records.
    pub search_key_word: *const c_char,
    /// The number of the page, from 1 on; 0: the first page.
    pub page_number: u32,
    /// How many records a page has: 1 to 20; 0: 20.
    pub page_size: u32,
}

// SAFETY: `repr(C)`, `struct_size` first, then pointers and integers.
unsafe impl CallerStruct for esa_list_routine_related_records_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] =
        fields!(esa_list_routine_related_records_request: name, search_key_word, page_number, page_size);
}

impl esa_list_routine_related_records_request {
    /// The caller's request.
    ///
    /// # Safety
    /// The strings are NULL or NUL-terminated, and live for `'a`.
    unsafe fn read<'a>(self) -> Result<ListRoutineRelatedRecordsRequest<'a>, Error> {
        // SAFETY: this function's promise.
        let (name, search_key_word) = unsafe {
            (read_string("name", self.name)?, read_optional_string("search_key_word", self.search_key_word)?)
        };
        let mut list =
            ListRoutineRelatedRecordsRequest { search_key_word, ..ListRoutineRelatedRecordsRequest::new(name) };
        if self.page_number != 0 {
            list.page_number = self.page_number;
        }
        if self.page_size != 0 {
            list.page_size = self.page_size;
        }
        Ok(list)
    }
}

/// A record that is tied to a routine.
#[repr(C)]
pub struct esa_related_record {
    /// The record's id.
    pub record_id: i64,
    /// The site's id.
    pub site_id: i64,
    /// The record's name.
    pub record_name: *const c_char,
    /// The site's name; can be "".
    pub site_name: *const c_char,
}

/// A page of a routine's records. Release it with `esa_list_routine_related_records_result_free()`.
///
/// Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_list_routine_related_records_result {
    /// How many records the page has.
    pub count: usize,
    /// The records: `count` pointers to them. If there are no records, it is NULL.
    pub records: *const *const esa_related_record,
    /// How many records all pages have together.
    pub total_count: u64,
    /// 1 if later pages have records, else 0.
    pub has_more: i32,
    /// Reserved: 0.
    pub reserved: u32,
    /// The service's id of the request.
    pub request_id: *const c_char,
}

/// What the fields point to.
struct Behind {
    _records: Vec<*const esa_related_record>,
    _fields: Vec<esa_related_record>,
    _strings: Vec<CString>,
}

impl esa_list_routine_related_records_result {
    fn into_raw(page: &RelatedRecordPage) -> *mut esa_list_routine_related_records_result {
        let mut strings = Vec::with_capacity(2 * page.records.len() + 1);
        // A CString's text stays where it is when the CString moves.
        let mut keep = |text: &str| {
            let text = to_c_string(text);
            let pointer = text.as_ptr();
            strings.push(text);
            pointer
        };
        // Pointers to each, so that the struct can grow.
        let fields: Vec<_> = page
            .records
            .iter()
            .map(|record| esa_related_record {
                record_id: record.record_id,
                site_id: record.site_id,
                record_name: keep(&record.record_name),
                site_name: keep(&record.site_name),
            })
            .collect();
        let request_id = keep(&page.request_id);
        let records: Vec<*const esa_related_record> = fields.iter().map(|record| &raw const *record).collect();
        let result = esa_list_routine_related_records_result {
            count: records.len(),
            records: if records.is_empty() { std::ptr::null() } else { records.as_ptr() },
            total_count: page.total_count,
            has_more: page.has_more.into(),
            reserved: 0,
            request_id,
        };
        Owned::into_raw(result, Behind { _records: records, _fields: fields, _strings: strings })
    }
}

/// Lists a page of a routine's records. Nothing is changed.
///
/// The call needs the RAM action `esa:ListRoutineRelatedRecords` on `*`. A policy for one site doesn't cover it.
///
/// Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_list_routine_related_records(
    client: *const esa_client,
    request: *const esa_list_routine_related_records_request,
    options: *const esa_call_options,
    result: *mut *mut esa_list_routine_related_records_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        with_client(client, ("result", result), error, |client| {
            let (request, options) = (read_struct(request)?.read()?, read_options(options)?);
            let page = client.list_routine_related_records(&request, &options)?;
            Ok(esa_list_routine_related_records_result::into_raw(&page))
        })
    }
}

/// Starts listing a page of records on a multi, and returns at once.
///
/// The call does what `esa_list_routine_related_records()` does. It sends at once what it can send without waiting,
/// and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_list_routine_related_records_finish()` takes the call's result and releases the call;
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
pub unsafe extern "C-unwind" fn esa_list_routine_related_records_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_list_routine_related_records_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let given = read_struct(request)?.read()?;
            given.check()?;
            let (page_number, page_size) = (given.page_number, given.page_size);
            let (name, search_key_word) = (given.name.to_owned(), given.search_key_word.map(str::to_owned));
            let make = async move |call: &Call<'_>| {
                let (name, search_key_word) = (name.as_str(), search_key_word.as_deref());
                call.perform(&ListRoutineRelatedRecordsRequest { name, search_key_word, page_number, page_size }).await
            };
            Ok(call_of(Finished::Listed, make))
        })
    }
}

/// Takes the result of a finished call that `esa_list_routine_related_records_start()` started, and releases the
/// call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_list_routine_related_records()` returns, and sets `*result` and `*error` as it does. Two kinds
/// are its own:
/// - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
///   it, or a callback of its multi uses this function. Nothing is taken or released.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
///
/// # Safety
/// Each pointer is NULL or as described.
/// cbindgen:postfix=ESA_NONNULL(pending) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_list_routine_related_records_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_list_routine_related_records_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::Listed(result) => {
            Ok(result.map(|page| esa_list_routine_related_records_result::into_raw(&page).cast()))
        }
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` requires (this function's promise); `give` makes the result's type.
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result, its records and its strings.
///
/// `result` may be NULL. Any thread may call this, once for each result.
///
/// # Safety
/// `result` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_list_routine_related_records_result_free(
    result: *mut esa_list_routine_related_records_result,
) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out by `into_raw` and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Behind>::from_raw(result) })
    });
}
