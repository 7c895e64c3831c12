//! Ensuring many records, all in one call.

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

/// Told after each record, on the thread that makes the call: `done` of `count` have been tried, the last one with this
/// `result` or, where that is NULL, this `error`; both are valid until it returns.
///
/// Returns 0 to go on; anything else cancels the rest. It may call the library; it must return (no exception, no longjmp).
pub type esa_progress_fn = Option<
    unsafe extern "C" fn(
        data: *mut c_void,
        done: usize,
        count: usize,
        result: *const esa_create_routine_related_record_result,
        error: *const esa_error,
    ) -> i32,
>;

/// Which records to ensure. Begin with `ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_ensure_routine_related_records_request {
    /// `sizeof(esa_ensure_routine_related_records_request)`.
    pub struct_size: usize,
    /// The records: an array of `count`, each of which begins with its own `struct_size`.
    pub items: *const esa_create_routine_related_record_request,
    /// How many they are.
    pub count: usize,
    /// How long all of them together may take, in milliseconds; 0 or `ESA_UNLIMITED`: as long as it takes. The options'
    /// limit is each one's.
    pub timeout_ms: u32,
    /// 0.
    pub reserved: u32,
    /// Told after each record; NULL: nobody is.
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
    /// The work, for `client`, with each record within `options`.
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
        let timeout = read_limit("request.timeout_ms", self.timeout_ms)?.map(to_time);
        Ok(client.ensure_routine_related_records(requests, options, timeout))
    }
}

/// What came of each record, in their order. Release it with `esa_ensure_routine_related_records_result_free()`.
///
/// Any one thread at a time may read it.
#[repr(C)]
pub struct esa_ensure_routine_related_records_result {
    /// How many records there are.
    pub count: usize,
    /// How many of them failed.
    pub failed: usize,
    /// For each record its result; NULL where it failed. NULL itself where there are no records. They belong to this struct.
    pub results: *const *const esa_create_routine_related_record_result,
    /// For each record its error; NULL where it succeeded. NULL itself where there are no records. They belong to this struct.
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

    /// Adds the result, and tells the caller of it.
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

    /// Makes the struct for the caller of what was pushed.
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

/// Ensures many records, each like `esa_ensure_routine_related_record()`, one after the other: the service takes one at a
/// time.
///
/// The routines' records are listed first, 20 with a request, where that pays, so that what exists already costs a
/// twentieth of a call. One that fails doesn't keep the others from being tried, unless it fails for a reason that all of
/// them share (the credentials, the account): then the rest fail with it, without being sent. Called again with the same
/// records, after it was cancelled for instance, it does what is left to do. For a `site_id` of 0, one record of the name
/// that is tied to the routine is taken for the one.
///
/// `options` are those of each record; cancelling ends the rest. Pointers and threads are as with
/// `esa_create_routine_related_record()`; every string is read before anything is sent.
///
/// Returns `ESA_OK` and a result with what came of each record, whether they succeeded or not; the kind of failure where
/// an argument can't be used, and nothing was sent then.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_ensure_routine_related_records(
    client: *const esa_client,
    request: *const esa_ensure_routine_related_records_request,
    options: *const esa_call_options,
    result: *mut *mut esa_ensure_routine_related_records_result,
    error: *mut *mut esa_error,
) -> esa_status {
    let ensure = |client: &Client| {
        // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
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
/// The call does what `esa_ensure_routine_related_records()` does. It sends now what it can send without waiting, and
/// goes on in `esa_multi_step()`. `*pending` is the call, until `esa_ensure_routine_related_records_finish()` or
/// `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
/// `user_data` may be NULL; `esa_pending_user_data()` returns it.
///
/// `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
/// call has finished. `progress` runs inside of this function, `esa_multi_step()` and `esa_multi_free()`;
/// `progress_data` has to live until the call has finished. A callback may use this function.
///
/// Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
/// own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
/// set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
/// NULL.
///
/// # Safety
/// Each pointer is NULL or as described; strings are NUL-terminated.
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
    // SAFETY: every pointer is NULL or as its reader wants it (this function's promise).
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

/// Takes the result of a finished call and releases the call: one that `esa_ensure_routine_related_records_start()`
/// started.
///
/// `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
///
/// Returns what `esa_ensure_routine_related_records()` returns, and sets `*result` and `*error` as it does.
/// `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
/// is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
/// fork(), releases the call.
///
/// # Safety
/// Each pointer is NULL or as described.
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
    // SAFETY: every pointer is NULL or as `finish` wants it, which gets what the result points to (this function's promise).
    unsafe { finish(pending, result.cast(), error, give) }
}

/// Releases a result, with the results and errors in it.
///
/// `result` may be NULL. Any thread; each result once.
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
