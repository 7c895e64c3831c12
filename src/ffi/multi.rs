//! Calls that the program's event loop drives.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::call_options::{esa_call_options, read_options};
use super::client::{esa_client, with_client};
use super::ensure_routine_related_records::Behind;
use super::error::esa_error;
use super::guard::{call, guarded, guarded_call};
use super::status::esa_status;
use crate::call::{Call, CallOptions, Core, World};
use crate::client::{Client, Made};
use crate::error::{Error, ErrorKind, Outcome};
use crate::log::NOWHERE;
use crate::operation::{ActionReply, MatchSite, RelatedRecordPage};
use crate::record::{Deletion, Record};
use crate::wait::Task;
use crate::wait::multi::{Misuse, Multi, Number, Pending};

/// Calls that an event loop drives: any number of them, of any number of clients, on one thread, behind one
/// descriptor.
///
/// Each blocking call has two functions for a multi. For `esa_get_match_site()`, an event loop uses them as follows:
/// - `esa_get_match_site_start()` starts the call and returns at once.
/// - The loop waits until `esa_multi_descriptor()` is readable, and calls `esa_multi_step()`.
/// - `esa_multi_next_finished()` returns the calls that have finished, one by one.
/// - `esa_get_match_site_finish()` takes the result of its call.
///
/// The call is the same as the blocking one: it has the same limits, attempts, outcomes, waits and log lines.
///
/// One thread at a time may use a multi and its calls. Other threads may make calls with the same clients meanwhile.
///
/// Callbacks (log, credentials, progress) run inside the `_start` functions, `esa_multi_step()` and
/// `esa_multi_free()`. They may start and cancel calls of the multi that runs them. `esa_multi_step()`,
/// `esa_multi_next_finished()`, and the `_finish` and `_free` functions refuse to work in a callback. The loop stands
/// still while a callback runs, while credentials files are read, and while a `process_command` is started.
///
/// In a child of fork(), a multi of the parent can't be used. Functions that return an `esa_status` return
/// `ESA_ERR_FORKED`. `esa_multi_free()` closes the descriptors and does nothing else. Don't wait for the descriptor
/// there. The parent continues as before.
pub struct esa_multi {
    calls: Rc<Calls>,
}

/// A call that was started on a multi. It lives until its `_finish` function or `esa_pending_free()` releases it.
///
/// One thread at a time may use a multi and its calls.
pub struct esa_pending {
    calls: Rc<Calls>,
    number: Cell<Number>,
    user_data: *mut c_void,
}

/// What a multi and its calls share.
pub(super) struct Calls {
    multi: Multi<Finished, *mut esa_pending>,
    /// The clients that have made calls.
    clients: RefCell<Vec<Weak<Core>>>,
}

/// The result of a call. The variants are the actions.
pub(super) enum Finished {
    Created(Result<Record, Error>),
    Ensured(Result<Record, Error>),
    EnsuredAll(Result<Behind, Error>),
    EnsuredNext(Result<Record, Error>),
    Deleted(Result<Deletion, Error>),
    Listed(Result<RelatedRecordPage, Error>),
    Matched(Result<MatchSite, Error>),
    Called(Result<ActionReply, Error>),
    /// A call of any action that panicked.
    Panicked(Error),
}

/// Makes a multi. Release it with `esa_multi_free()`.
///
/// It holds three file descriptors, and one for each of its connections. `error` may be NULL.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_ERR_INVALID_ARGUMENT`: `multi` is NULL.
/// - `ESA_ERR_DESCRIPTORS`: no file descriptors are left.
///
/// # Safety
/// `multi` and `error` are NULL or point to memory for a pointer.
/// cbindgen:postfix=ESA_NONNULL(multi)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_new(multi: *mut *mut esa_multi, error: *mut *mut esa_error) -> esa_status {
    // SAFETY: `multi` and `error` are as `call` requires (this function's promise).
    unsafe {
        call(&NOWHERE, multi, error, "multi", Outcome::NotSent, || {
            let calls = Calls { multi: Multi::new().map_err(|error| io(&error))?, clients: RefCell::default() };
            Ok(Box::into_raw(Box::new(esa_multi { calls: Rc::new(calls) })))
        })
    }
}

/// Gets the descriptor that the event loop waits for. It stays the same for the multi's whole life.
///
/// The descriptor is readable in two cases:
/// - `esa_multi_step()` has something to do. The deadline of a call counts too.
/// - Calls have finished and wait for `esa_multi_next_finished()`. This ends when that function has returned NULL.
///
/// Watch it for reading, level-triggered, with epoll, poll, select or any event loop. Don't read from it, and don't
/// close it. Remove it from the loop before `esa_multi_free()`.
///
/// Returns the descriptor; -1 if `multi` is NULL.
///
/// # Safety
/// `multi` is NULL, or was made by `esa_multi_new()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_descriptor(multi: *const esa_multi) -> i32 {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    guarded(&NOWHERE, -1, || multi.map_or(-1, |multi| multi.calls.multi.descriptor()))
}

/// Does what is due now for all calls of a multi, without blocking.
///
/// Call it when `esa_multi_descriptor()` is readable. If nothing is due, it does no harm.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_ERR_INVALID_ARGUMENT`: `multi` is NULL, or a callback of one of its calls uses this function.
/// - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
/// - `ESA_ERR_IO`: the descriptor can't be used. The program has closed it, for example.
///
/// # Safety
/// As for `esa_multi_descriptor()`.
/// cbindgen:postfix=ESA_NONNULL(multi)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_step(multi: *mut esa_multi) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    // A call can drop the multi's last share.
    let calls = multi.map(|multi| Rc::clone(&multi.calls));
    guarded(&NOWHERE, esa_status::ESA_ERR_INTERNAL, || match &calls {
        None => esa_status::ESA_ERR_INVALID_ARGUMENT,
        Some(calls) => match calls.multi.check() {
            Err(Misuse::Forked) => esa_status::ESA_ERR_FORKED,
            Err(Misuse::InCallback) => esa_status::ESA_ERR_INVALID_ARGUMENT,
            Ok(()) if calls.multi.step().is_err() => esa_status::ESA_ERR_IO,
            Ok(()) => esa_status::ESA_OK,
        },
    })
}

/// Gets the next call that has finished. Each call comes once, in the order in which they finished.
///
/// Ask until it returns NULL: the descriptor stays readable until then. Take the result of a call with its own
/// `_finish` function. `esa_pending_user_data()` identifies the call.
///
/// Returns the call, or NULL in these cases:
/// - No call waits at the moment.
/// - `multi` is NULL.
/// - A callback of one of its calls uses this function.
/// - The process is a child of fork(), and `multi` is its parent's.
///
/// # Safety
/// As for `esa_multi_descriptor()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_next_finished(multi: *mut esa_multi) -> *mut esa_pending {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    guarded(&NOWHERE, ptr::null_mut(), || {
        let multi = multi.map(|multi| &multi.calls.multi).filter(|multi| multi.check().is_ok());
        multi.and_then(Multi::next_finished).unwrap_or(ptr::null_mut())
    })
}

/// Gets the call for which a callback runs. It is for language runtimes that keep something beside each call.
///
/// In a `_start` function, it is the call that is being started.
///
/// Returns the call; NULL outside of callbacks, and if `multi` is NULL.
///
/// # Safety
/// As for `esa_multi_descriptor()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_current(multi: *const esa_multi) -> *mut esa_pending {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    guarded(&NOWHERE, ptr::null_mut(), || {
        multi.and_then(|multi| multi.calls.multi.current()).unwrap_or(ptr::null_mut())
    })
}

/// Releases a multi, and closes its connections.
///
/// It cancels the calls that haven't finished. The calls themselves must still be released: with their `_finish`
/// function, or with `esa_pending_free()`. If a call was cancelled, its `_finish` function returns
/// `ESA_ERR_CANCELLED` and the true outcome.
///
/// `multi` may be NULL. Does nothing in a callback of one of its calls. In a child of fork(), closes the descriptors
/// and does nothing else.
///
/// # Safety
/// As for `esa_multi_descriptor()`; each multi once.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_free(multi: *mut esa_multi) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL or a live object (this function's promise).
        let Some(calls) = unsafe { multi.as_ref() }.map(|multi| Rc::clone(&multi.calls)) else { return };
        match calls.multi.check() {
            Err(Misuse::InCallback) => return,
            Err(Misuse::Forked) => calls.multi.abandon(),
            Ok(()) => calls.close(),
        }
        // SAFETY: made by `esa_multi_new` of a `Box`; released once.
        drop(unsafe { Box::from_raw(multi) });
    });
}

/// Gets the `user_data` that a call was started with.
///
/// Returns NULL if `pending` is NULL.
///
/// # Safety
/// `pending` is NULL, or a call that was started and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_pending_user_data(pending: *const esa_pending) -> *mut c_void {
    // SAFETY: NULL or a live object (this function's promise).
    let pending = unsafe { pending.as_ref() };
    guarded(&NOWHERE, ptr::null_mut(), || pending.map_or(ptr::null_mut(), |pending| pending.user_data))
}

/// Cancels a call. The call finishes with the next `esa_multi_step()`, and its `_finish` function returns
/// `ESA_ERR_CANCELLED` and the true outcome.
///
/// A call that has finished stays as it is. To cancel a call from another thread or a signal handler, start it with
/// an `esa_cancel` in its options.
///
/// `pending` may be NULL. A callback may use this function. Does nothing in a child of fork().
///
/// # Safety
/// As for `esa_pending_user_data()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_pending_cancel(pending: *mut esa_pending) {
    // SAFETY: NULL or a live object (this function's promise).
    let pending = unsafe { pending.as_ref() };
    guarded(&NOWHERE, (), || {
        if let Some(pending) = pending.filter(|pending| !pending.calls.multi.is_forked()) {
            pending.calls.multi.cancel(pending.number.get());
        }
    });
}

/// Releases a call without taking its result.
///
/// A call that hasn't finished stops at once. A request that it sent may be carried out, and the library doesn't find
/// out. To know the outcome, cancel the call and take its result.
///
/// `pending` may be NULL. Does nothing in a callback of a call of its multi.
///
/// # Safety
/// As for `esa_pending_user_data()`; each call is released once, here or by its `_finish`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_pending_free(pending: *mut esa_pending) {
    guarded(&NOWHERE, (), || {
        // SAFETY: NULL or a live object (this function's promise).
        let Some(calls) = unsafe { pending.as_ref() }.map(|pending| Rc::clone(&pending.calls)) else { return };
        if calls.multi.check() == Err(Misuse::InCallback) {
            return;
        }
        // SAFETY: made by `start` of a `Box`; released once.
        let pending = unsafe { Box::from_raw(pending) };
        if !calls.multi.is_forked() {
            calls.multi.drop_call(pending.number.get());
        }
    });
}

impl Calls {
    /// Cancels all calls, and closes the descriptors and the connections that no others can use.
    fn close(&self) {
        self.multi.cancel_all();
        if let Some(host) = self.multi.host() {
            self.clients.borrow().iter().filter_map(Weak::upgrade).for_each(|core| core.leave(&host));
        }
        self.multi.close();
    }

    fn knows(&self, client: &Client) {
        let mut clients = self.clients.borrow_mut();
        if !clients.iter().any(|known| ptr::eq(known.as_ptr(), Arc::as_ptr(client.core()))) {
            clients.retain(|known| known.strong_count() > 0);
            clients.push(Arc::downgrade(client.core()));
        }
    }
}

/// The arguments of a `_start` function.
pub(super) struct Start {
    pub(super) multi: *mut esa_multi,
    pub(super) client: *const esa_client,
    pub(super) options: *const esa_call_options,
    pub(super) user_data: *mut c_void,
    pub(super) pending: *mut *mut esa_pending,
    pub(super) error: *mut *mut esa_error,
}

impl Start {
    /// Starts the call that `prepare` makes from the request.
    ///
    /// # Safety
    /// Each pointer is NULL or as the exports that start calls describe it.
    pub(super) unsafe fn start(
        self,
        prepare: &mut dyn FnMut(&Client, &CallOptions) -> Result<Make, Error>,
    ) -> esa_status {
        let start = |client: &Client| {
            // SAFETY: as this function promises.
            let options = unsafe { read_options(self.options) }?;
            // SAFETY: as above.
            let calls = unsafe { calls_of(self.multi) }?;
            refuse_interrupt(&options)?;
            let make = prepare(client, &options)?;
            begin(&calls, client, options, self.user_data, make)
        };
        // SAFETY: as this function promises.
        unsafe { with_client(self.client, ("pending", self.pending), self.error, start) }
    }
}

/// Makes a call from its client, its options and its task.
pub(super) type Make = Box<dyn FnOnce(Client, CallOptions, Rc<Task>) -> Pending<Finished>>;

/// Returns the call of `make`, with its result as `finished` wraps it.
pub(super) fn call_of<T: 'static>(
    finished: fn(Result<T, Error>) -> Finished,
    make: impl AsyncFnOnce(&Call<'_>) -> Result<T, Error> + 'static,
) -> Make {
    let make: Made<Finished> = Box::new(move |call| {
        Box::pin(async move { finished(make(call).await.map_err(|error| call.world.log().redacted(error))) })
    });
    Box::new(move |client, options, task| client.pending(options, task, make))
}

/// The calls of a multi that can be used.
///
/// # Safety
/// `multi` is NULL or a live object.
pub(super) unsafe fn calls_of(multi: *mut esa_multi) -> Result<Rc<Calls>, Error> {
    // SAFETY: this function's promise.
    let multi = unsafe { multi.as_ref() }.ok_or_else(|| Error::invalid_argument("multi", "is NULL"))?;
    if multi.calls.multi.is_forked() { Err(forked()) } else { Ok(Rc::clone(&multi.calls)) }
}

pub(super) fn refuse_interrupt(options: &CallOptions) -> Result<(), Error> {
    if options.asks() {
        return Err(Error::new(ErrorKind::Unsupported, "options.interrupt is set, which a multi's calls don't ask"));
    }
    Ok(())
}

/// Starts the call that `make` makes.
pub(super) fn begin(
    calls: &Rc<Calls>,
    client: &Client,
    options: CallOptions,
    user_data: *mut c_void,
    make: Make,
) -> Result<*mut esa_pending, Error> {
    calls.knows(client);
    let (client, cancel, log) = (client.clone(), options.cancelled_by(), client.log().clone());
    let (shared, number) = (Rc::clone(calls), Cell::default());
    let handle = Box::into_raw(Box::new(esa_pending { calls: shared, number, user_data }));
    let make = |task| guarded_call(log, make(client, options, task), Finished::Panicked);
    match calls.multi.start(cancel, handle, make) {
        Ok(number) => {
            // SAFETY: made above, and not handed out yet.
            unsafe { (*handle).number.set(number) };
            Ok(handle)
        }
        Err(error) => {
            // SAFETY: as above; released once.
            drop(unsafe { Box::from_raw(handle) });
            Err(io(&error))
        }
    }
}

/// Takes the result of a call and releases the call, if `give` knows it as one of its own action. `give` makes the
/// caller's object from the result. A call of another action, or one that hasn't finished, stays.
///
/// # Safety
/// `pending` is NULL, or a call that was started and not released yet. `result` and `error` are NULL or point to memory
/// for a pointer. That of `result` is to what `give` makes.
pub(super) unsafe fn finish(
    pending: *mut esa_pending,
    result: *mut *mut c_void,
    error: *mut *mut esa_error,
    give: &mut dyn FnMut(Finished) -> Result<Result<*mut c_void, Error>, Finished>,
) -> esa_status {
    let finish = || {
        let unfit = |reason: &str| Error::invalid_argument("pending", reason);
        // SAFETY: NULL or a live object (this function's promise).
        let handle = unsafe { pending.as_ref() }.ok_or_else(|| unfit("is NULL"))?;
        let calls = Rc::clone(&handle.calls);
        let given = match calls.multi.check() {
            Err(Misuse::InCallback) => return Err(unfit("can't be finished in a callback of its multi")),
            Err(Misuse::Forked) => Err(forked()),
            Ok(()) => {
                let given = calls.multi.finish(handle.number.get(), |finished| match finished {
                    Finished::Panicked(error) => Ok(Err(error)),
                    finished => give(finished),
                });
                given.ok_or_else(|| unfit("hasn't finished, or is a call of another action"))?
            }
        };
        // SAFETY: made by `start` of a `Box`; released once.
        drop(unsafe { Box::from_raw(pending) });
        given
    };
    // SAFETY: `result` and `error` are as `call` requires (this function's promise).
    unsafe { call(&NOWHERE, result, error, "result", Outcome::Unknown, finish) }
}

fn forked() -> Error {
    Error::new(ErrorKind::Forked, "the multi belongs to the process that this one was forked from")
}

fn io(error: &std::io::Error) -> Error {
    Error::of_system(ErrorKind::Io, "the call can't be waited for", error)
}
