//! Ensures many records in one call.

use std::ffi::c_void;
use std::ptr;

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::create_routine_related_record::{
    esa_create_routine_related_record_request, esa_create_routine_related_record_result,
    esa_create_routine_related_record_result_free,
};
use super::error::{esa_error, esa_error_free};
use super::guard::guarded;
use super::limits::{read_limit, to_time};
use super::multi::{Finished, Start, esa_multi, esa_pending, finish};
use super::owned::Owned;
use super::status::esa_status;
use super::struct_size::{CallerStruct, fields, read_struct};
use crate::call::CallOptions;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::log::NOWHERE;
use crate::record::{Bulk, Record};

/// Receives the result of each record of a call, when the record has been tried.
///
/// Runs on the thread that makes the call. `done` of `count` records have been tried. The last of them has this
/// `result`; if `result` is NULL, it has this `error`. Both are valid until the callback returns.
///
/// Returns 0 to continue; any other value cancels the rest. It may call the library. It must return: no exception, no
/// longjmp.
pub type esa_progress_fn = Option<
    unsafe extern "C" fn(
        data: *mut c_void,
        done: usize,
        count: usize,
        result: *const esa_create_routine_related_record_result,
        error: *const esa_error,
    ) -> i32,
>;

/// The records to ensure. Begin with `ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_ensure_routine_related_records_request {
    /// `sizeof(esa_ensure_routine_related_records_request)`.
    pub struct_size: usize,
    /// The records: an array of `count`. Each one begins with its own `struct_size`, which is the same in all of them.
    pub items: *const esa_create_routine_related_record_request,
    /// How many records the array has.
    pub count: usize,
    /// How long all records together may take, in milliseconds; 0 or `ESA_UNLIMITED`: no limit. The limit in the
    /// call's options is that of each record.
    pub timeout_ms: u32,
    /// Reserved: 0.
    pub reserved: u32,
    /// Called after each record; may be NULL.
    pub progress: esa_progress_fn,
    /// Passed to `progress`.
    pub progress_data: *mut c_void,
}

// SAFETY: `repr(C)`, `struct_size` first, then pointers, which may be NULL, and integers.
unsafe impl CallerStruct for esa_ensure_routine_related_records_request {
    const ARGUMENT: &'static str = "request";
    const FIELDS: &'static [usize] = fields!(
        esa_ensure_routine_related_records_request: items, count, timeout_ms, reserved, progress, progress_data
    );
}

impl esa_ensure_routine_related_records_request {
    /// Prepares the work for `client`; `options` are those of each record.
    ///
    /// # Safety
    /// `items` is NULL or points to `count` structs of the size that the first one says, whose strings are NULL or
    /// NUL-terminated.
    pub(super) unsafe fn begin(&self, client: &Client, options: &CallOptions) -> Result<Bulk, Error> {
        if self.reserved != 0 {
            return Err(Error::new(ErrorKind::Unsupported, "request.reserved is not 0"));
        }
        let mut requests = Vec::new();
        let mut stride = 0;
        for number in 0..self.count {
            let item = self.items.cast::<u8>().wrapping_add(number.wrapping_mul(stride));
            let in_item = |error: Error| {
                Error::new(error.kind(), format!("items[{number}]: {}", error.message()))
                    .with_advice(error.advice().to_owned())
            };
            // SAFETY: the array has this item, and items are as `read_struct` wants them (this function's promise).
            let item =
                unsafe { read_struct(item.cast::<esa_create_routine_related_record_request>()) }.map_err(in_item)?;
            if number == 0 {
                stride = item.struct_size;
            } else if item.struct_size != stride {
                return Err(in_item(Error::invalid_argument("struct_size", "is not that of the first item")));
            }
            // SAFETY: strings are NULL or NUL-terminated (this function's promise).
            requests.push(unsafe { item.read() }.map_err(in_item)?);
        }
        let bulk = client.ensure_routine_related_records(requests, options);
        Ok(match read_limit("request.timeout_ms", self.timeout_ms)?.map(to_time) {
            None => bulk,
            Some(timeout) => bulk.with_timeout(timeout),
        })
    }
}

/// The result or the error of each record, in the order of the request. Release it with
/// `esa_ensure_routine_related_records_result_free()`.
///
/// Any thread may read it, one at a time.
#[repr(C)]
pub struct esa_ensure_routine_related_records_result {
    /// How many records there are.
    pub count: usize,
    /// How many of them failed.
    pub failed: usize,
    /// The result of each record; NULL if the record failed. If there are no records, the array is NULL. The results
    /// belong to this struct.
    pub results: *const *const esa_create_routine_related_record_result,
    /// The error of each record; NULL if the record succeeded. If there are no records, the array is NULL. The errors
    /// belong to this struct.
    pub errors: *const *const esa_error,
}

/// What the fields point to.
#[derive(Default)]
pub(super) struct Behind {
    results: Vec<*const esa_create_routine_related_record_result>,
    errors: Vec<*const esa_error>,
}

impl Behind {
    fn push(
        &mut self,
        result: Result<Record, Error>,
    ) -> (*const esa_create_routine_related_record_result, *const esa_error) {
        let (result, error) = match result {
            Ok(record) => (esa_create_routine_related_record_result::into_raw(&record).cast_const(), ptr::null()),
            Err(error) => (ptr::null(), esa_error::into_raw(&error).cast_const()),
        };
        self.results.push(result);
        self.errors.push(error);
        (result, error)
    }

    /// Adds the result, and reports it to the caller.
    ///
    /// # Safety
    /// What `request` has as progress is NULL or a function of that type, with the data to call it with.
    unsafe fn add(
        &mut self,
        request: &esa_ensure_routine_related_records_request,
        bulk: &mut Bulk,
        result: Result<Record, Error>,
    ) {
        let (result, error) = self.push(result);
        let Some(progress) = request.progress else { return };
        let done = self.results.len();
        // SAFETY: this function's promise.
        let answer = unsafe { progress(request.progress_data, done, request.count, result, error) };
        if answer != 0 {
            bulk.cancel();
        }
    }

    /// Makes the caller's struct from what was pushed.
    fn into_raw(self) -> *mut esa_ensure_routine_related_records_result {
        let is_empty = self.results.is_empty();
        let result = esa_ensure_routine_related_records_result {
            count: self.results.len(),
            failed: self.errors.iter().filter(|error| !error.is_null()).count(),
            results: if is_empty { ptr::null() } else { self.results.as_ptr() },
            errors: if is_empty { ptr::null() } else { self.errors.as_ptr() },
        };
        Owned::into_raw(result, self)
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        for (result, error) in self.results.drain(..).zip(self.errors.drain(..)) {
            // SAFETY: each was made by its `into_raw` in `push`, or is NULL, and is released once, here.
            unsafe {
                esa_create_routine_related_record_result_free(result.cast_mut());
                esa_error_free(error.cast_mut());
            }
        }
    }
}

/// Ensures many records, one after the other, each as `esa_ensure_routine_related_record()` does. The service takes
/// one at a time.
///
/// The call first lists the records of the routines, 20 with a request, if that saves requests. A record that exists
/// already then costs a twentieth of a request. If a `site_id` is 0 and the list shows the record's name on one site
/// only, that record is taken. Otherwise, GetMatchSite finds the site.
///
/// If one record fails, the others are still tried. If it fails for a reason that all records share (the credentials,
/// the account), the rest fail with it and aren't sent. To do what is left, for example after the call was cancelled,
/// call it again with the same records.
///
/// `options` are those of each record. Cancelling ends the rest. Pointers and threads are as for
/// `esa_create_routine_related_record()`. Every string is read before anything is sent.
///
/// Returns `ESA_OK`, whether the records succeeded or not. `*result` then has the result or the error of each record.
/// If an argument can't be used, returns the kind of failure, and nothing was sent.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_records(
    client: *const esa_client,
    request: *const esa_ensure_routine_related_records_request,
    options: *const esa_call_options,
    result: *mut *mut esa_ensure_routine_related_records_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let ensure = |client: &Client| {
        // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
        let (request, options) = unsafe { (read_struct(request)?, read_options(options)?) };
        // SAFETY: as above.
        let mut bulk = unsafe { request.begin(client, &options) }?;
        let mut behind = Behind::default();
        while let Some(result) = bulk.next() {
            // SAFETY: the request is as this function promises.
            unsafe { behind.add(&request, &mut bulk, result) };
        }
        Ok(behind.into_raw())
    };
    // SAFETY: as this function promises.
    unsafe { with_client(client, ("result", result), error, ensure) }
}

/// Starts ensuring many records on a multi, and returns at once.
///
/// The call does what `esa_ensure_routine_related_records()` does. It sends at once what it can send without waiting,
/// and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
///
/// `*pending` is the call. `esa_ensure_routine_related_records_finish()` takes the call's result and releases the
/// call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
/// NULL.
///
/// `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
/// before the call has finished. `progress` runs inside this function, `esa_multi_step()` and `esa_multi_free()`.
/// `progress_data` must live until the call has finished. A callback may use this function.
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
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_records_start(
    multi: *mut esa_multi,
    client: *const esa_client,
    request: *const esa_ensure_routine_related_records_request,
    options: *const esa_call_options,
    user_data: *mut c_void,
    pending: *mut *mut esa_pending,
    error: *mut *mut esa_error,
) -> esa_status {
    let start = Start { multi, client, options, user_data, pending, error };
    // SAFETY: every pointer is NULL or as its reader requires (this function's promise).
    unsafe {
        start.start(&mut |client, options| {
            let request = read_struct(request)?;
            let mut bulk = request.begin(client, options)?;
            Ok(Box::new(move |_, _, task| {
                Box::pin(async move {
                    let mut behind = Behind::default();
                    while let Some(result) = bulk.next_of(&task).await {
                        behind.add(&request, &mut bulk, result);
                    }
                    Finished::EnsuredAll(Ok(behind))
                })
            }))
        })
    }
}

/// Takes the result of a finished call that `esa_ensure_routine_related_records_start()` started, and releases the
/// call.
///
/// The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
/// NULL.
///
/// Returns what `esa_ensure_routine_related_records()` returns, and sets `*result` and `*error` as it does. Two kinds
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
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_records_finish(
    pending: *mut esa_pending,
    result: *mut *mut esa_ensure_routine_related_records_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let give = &mut |finished| match finished {
        Finished::EnsuredAll(result) => Ok(result.map(|behind| behind.into_raw().cast())),
        other => Err(other),
    };
    // SAFETY: every pointer is NULL or as `finish` requires (this function's promise); `give` makes the result's type.
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result, with the results and errors in it.
///
/// `result` may be NULL. Any thread may call this, once for each result.
///
/// # Safety
/// `result` is NULL, or was handed out by the library and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_records_result_free(
    result: *mut esa_ensure_routine_related_records_result,
) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL, or handed out by `into_raw` and not released yet (this function's promise).
        drop(unsafe { Owned::<_, Behind>::from_raw(result) })
    });
}
