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
use crate::operation::{ListRoutineRelatedRecords, Operation, RelatedRecordPage};

/// Which page of a routine's records to list. Begin with `ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_list_routine_related_records_request {
    /// `sizeof(esa_list_routine_related_records_request)`.
    pub struct_size: usize,
    /// The routine's name: 1 to 253 bytes of UTF-8 without control characters.
    pub name: *const c_char,
    /// Only records whose name has something to do with this, by the service's fuzzy match; NULL: all.
    pub search_key_word: *const c_char,
    /// The page, from 1 on; 0: the first.
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
    unsafe fn read<'a>(self) -> Result<ListRoutineRelatedRecords<'a>, Error> {
        // SAFETY: this function's promise.
        let (name, search_key_word) = unsafe {
            (read_string("name", self.name)?, read_optional_string("search_key_word", self.search_key_word)?)
        };
        let mut list = ListRoutineRelatedRecords { search_key_word, ..ListRoutineRelatedRecords::of(name) };
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
    /// The site's name; may be "".
    pub site_name: *const c_char,
}

/// A page of a routine's records. Release it with `esa_list_routine_related_records_result_free()`.
///
/// Any one thread at a time may read it. Strings are never NULL and live as long as the result.
#[repr(C)]
pub struct esa_list_routine_related_records_result {
    /// How many records the page has.
    pub count: usize,
    /// The records, `count` pointers to them; NULL where there are none.
    pub records: *const *const esa_related_record,
    /// How many records there are on all pages.
    pub total_count: u64,
    /// 1 where there are records on later pages, else 0.
    pub has_more: i32,
    /// 0.
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

/// Lists a page of a routine's records.
///
/// Needs the RAM action `esa:ListRoutineRelatedRecords` on `*`; a policy for one site doesn't cover it.
///
/// Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`; nothing is changed.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_list_routine_related_records(
    client: *const esa_client,
    request: *const esa_list_routine_related_records_request,
    options: *const esa_call_options,
    result: *mut *mut esa_list_routine_related_records_result,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
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
/// The call does what `esa_list_routine_related_records()` does. It sends now what it can send without waiting, and
/// goes on in `esa_multi_step()`. `*pending` is the call, until `esa_list_routine_related_records_finish()` or
/// `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
/// `user_data` may be NULL; `esa_pending_user_data()` returns it.
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
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
    unsafe {
        start.start(&mut |_, _| {
            let given = read_struct(request)?.read()?;
            given.check()?;
            let (page_number, page_size) = (given.page_number, given.page_size);
            let (name, search_key_word) = (given.name.to_owned(), given.search_key_word.map(str::to_owned));
            let make = async move |call: &Call<'_>| {
                let (name, search_key_word) = (name.as_str(), search_key_word.as_deref());
                call.perform(&ListRoutineRelatedRecords { name, search_key_word, page_number, page_size }).await
            };
            Ok(call_of(Finished::Listed, make))
        })
    }
}

/// Takes the result of a finished call and releases the call: one that `esa_list_routine_related_records_start()`
/// started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_list_routine_related_records()` returns, and sets `*result` and `*error` as it does.
/// `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
/// is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
/// fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
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
    // SAFETY: every pointer is NULL or as `finish` wants it, which gets what the result points to (this function's promise).
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result, its records and its strings.
///
/// `result` may be NULL. Any thread; each result once.
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
