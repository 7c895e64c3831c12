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
use crate::call::{CallOptions, Core};
use crate::client::Client;
use crate::error::{Error, Outcome, Status};
use crate::log::Log;
use crate::operation::{MatchSite, RelatedRecordPage};
use crate::record::{Deletion, Record};
use crate::wait::Task;
use crate::wait::multi::{Misuse, Multi, Number, Pending};

/// Calls that the program's own event loop drives, on one thread and without blocking it: any number of them, of any number
/// of clients, through one descriptor.
///
/// A program waits with its loop until `esa_multi_descriptor()` is readable, calls `esa_multi_step()`, and takes the calls
/// that have finished with `esa_multi_next_finished()`. A call is started with the function that has the name of the one that
/// blocks and `_start` at its end, and its result is taken with the one that has `_finish` there. It does what the one that
/// blocks does: the same limits, attempts, outcomes, waits and log lines.
///
/// One thread at a time may use a multi, with all of its calls; any number of threads may meanwhile make other calls with
/// the same clients. Nothing of it blocks but what the program brings along: callbacks (log, credentials, progress) run
/// inside of `_start` and `esa_multi_step()`, on that thread, and so do the reading of files of credentials and the start of a
/// `process_command`. A callback may start and cancel calls of the multi that runs it; the other functions refuse to work
/// there.
///
/// A child of fork() can't use it, and mustn't wait for its descriptor: there, each function that tells gives
/// `ESA_ERR_FORKED`, and `esa_multi_free()` closes the descriptors and nothing else. The parent goes on as before.
pub struct esa_multi {
    calls: Rc<Calls>,
}

/// A call of a multi, from its `_start` until its `_finish` or `esa_pending_free()`. It is used where its multi is.
pub struct esa_pending {
    calls: Rc<Calls>,
    number: Cell<Number>,
    user_data: *mut c_void,
}

/// What a multi and its calls share.
pub(super) struct Calls {
    multi: Multi<Finished, *mut esa_pending>,
    /// The clients whose calls there were.
    clients: RefCell<Vec<Weak<Core>>>,
}

/// What came of a call. The variants are the actions.
pub(super) enum Finished {
    Created(Result<Record, Error>),
    Ensured(Result<Record, Error>),
    EnsuredAll(Result<Behind, Error>),
    Deleted(Result<Deletion, Error>),
    Listed(Result<RelatedRecordPage, Error>),
    Matched(Result<MatchSite, Error>),
}

/// Makes a multi. Release it with `esa_multi_free()`.
///
/// It holds three file descriptors. Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` where `multi` is NULL; `ESA_ERR_IO` where
/// the process has no file descriptors left. `error` may be NULL.
///
/// # Safety
/// `multi` and `error` are NULL or point to memory for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_new(multi: *mut *mut esa_multi, error: *mut *mut esa_error) -> esa_status {
    // SAFETY: `multi` and `error` are as `call` wants them (this function's promise).
    unsafe {
        call(&Log::default(), multi, error, "multi", Outcome::NotSent, || {
            let calls = Calls { multi: Multi::new().map_err(|error| io(&error))?, clients: RefCell::default() };
            Ok(Box::into_raw(Box::new(esa_multi { calls: Rc::new(calls) })))
        })
    }
}

/// The descriptor to wait for: the same for the multi's whole life. -1 where `multi` is NULL.
///
/// It is readable while a step has something to do, a deadline of a call included, or a call that has finished waits to be
/// taken. It is for waiting alone (poll, select, epoll, kqueue, an event loop of any kind), level-triggered: don't read from
/// it, and don't close it.
///
/// # Safety
/// `multi` is NULL, or was made by `esa_multi_new()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_descriptor(multi: *const esa_multi) -> i32 {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    guarded(&Log::default(), -1, || multi.map_or(-1, |multi| multi.calls.multi.descriptor()))
}

/// Does what is due now, for all calls of the multi, and never blocks. Calling it when nothing is due does no harm.
///
/// Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` where `multi` is NULL or a callback of one of its calls asks for it;
/// `ESA_ERR_FORKED` in a child of fork(); `ESA_ERR_IO` where the descriptor can't be used, as after the program has closed it.
///
/// # Safety
/// As for `esa_multi_descriptor()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_step(multi: *mut esa_multi) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    // What a call of it drops may be the last of the multi's own.
    let calls = multi.map(|multi| Rc::clone(&multi.calls));
    guarded(&Log::default(), esa_status::ESA_ERR_INTERNAL, || match &calls {
        None => esa_status::ESA_ERR_INVALID_ARGUMENT,
        Some(calls) => match calls.multi.check() {
            Err(Misuse::Forked) => esa_status::ESA_ERR_FORKED,
            Err(Misuse::InCallback) => esa_status::ESA_ERR_INVALID_ARGUMENT,
            Ok(()) if calls.multi.step().is_err() => esa_status::ESA_ERR_IO,
            Ok(()) => esa_status::ESA_OK,
        },
    })
}

/// The next call that has finished, in the order in which they have; each once. Its result is to be taken with its `_finish`.
///
/// NULL: no more for now; also where `multi` is NULL, in a callback of one of its calls, and in a child of fork().
///
/// # Safety
/// As for `esa_multi_descriptor()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_next_finished(multi: *mut esa_multi) -> *mut esa_pending {
    // SAFETY: NULL or a live object (this function's promise).
    let multi = unsafe { multi.as_ref() };
    guarded(&Log::default(), ptr::null_mut(), || {
        let multi = multi.map(|multi| &multi.calls.multi).filter(|multi| multi.check().is_ok());
        multi.and_then(Multi::next_finished).unwrap_or(ptr::null_mut())
    })
}

/// Releases a multi, and closes its connections.
///
/// Calls that haven't finished are cancelled. Each call is still to be released, with its `_finish`, which tells its true
/// outcome (`ESA_ERR_CANCELLED` and what was sent), or with `esa_pending_free()`. Does nothing where `multi` is NULL, or in a
/// callback of one of its calls.
///
/// # Safety
/// As for `esa_multi_descriptor()`; each multi once.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_multi_free(multi: *mut esa_multi) {
    guarded(&Log::default(), (), || {
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

/// What `_start` was given for this call; NULL where `pending` is NULL.
///
/// # Safety
/// `pending` is NULL, or a call that was started and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_pending_user_data(pending: *const esa_pending) -> *mut c_void {
    // SAFETY: NULL or a live object (this function's promise).
    let pending = unsafe { pending.as_ref() };
    guarded(&Log::default(), ptr::null_mut(), || pending.map_or(ptr::null_mut(), |pending| pending.user_data))
}

/// Cancels a call: it finishes with the next step, and its `_finish` tells its true outcome. One that has finished stays as
/// it is. Allowed in callbacks; does nothing where `pending` is NULL and in a child of fork().
///
/// # Safety
/// As for `esa_pending_user_data()`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_pending_cancel(pending: *mut esa_pending) {
    // SAFETY: NULL or a live object (this function's promise).
    let pending = unsafe { pending.as_ref() };
    guarded(&Log::default(), (), || {
        if let Some(pending) = pending.filter(|pending| !pending.calls.multi.is_forked()) {
            pending.calls.multi.cancel(pending.number.get());
        }
    });
}

/// Releases a call whose result nobody wants any more. One that hasn't finished is given up where it stands: what it did is
/// not found out. Does nothing where `pending` is NULL, or in a callback of a call of its multi.
///
/// # Safety
/// As for `esa_pending_user_data()`; each call is released once, here or by its `_finish`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_pending_free(pending: *mut esa_pending) {
    guarded(&Log::default(), (), || {
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
    /// Has all calls finish, and closes the connections that no others can use, and the descriptors.
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

/// Where a call is started, and what for.
pub(super) struct Start {
    pub(super) multi: *mut esa_multi,
    pub(super) client: *const esa_client,
    pub(super) options: *const esa_call_options,
    pub(super) user_data: *mut c_void,
    pub(super) pending: *mut *mut esa_pending,
    pub(super) error: *mut *mut esa_error,
}

impl Start {
    /// Starts the call that `prepare`, which reads the request, makes; `finished` is what comes of it.
    ///
    /// # Safety
    /// Each pointer is NULL or as the exports that start calls describe it.
    pub(super) unsafe fn start<T, F, M>(
        self,
        finished: fn(Result<T, Error>) -> Finished,
        prepare: impl FnOnce(&Client, &CallOptions) -> Result<M, Error>,
    ) -> esa_status
    where
        T: 'static,
        F: Future<Output = Result<T, Error>> + 'static,
        M: FnOnce(Client, CallOptions, Rc<Task>) -> F,
    {
        // SAFETY: NULL or a live object (this function's promise).
        let calls = unsafe { self.multi.as_ref() }.map(|multi| Rc::clone(&multi.calls));
        let start = |client: &Client| {
            let calls = calls.ok_or_else(|| Error::invalid_argument("multi", "is NULL"))?;
            if calls.multi.is_forked() {
                return Err(forked());
            }
            // SAFETY: as this function promises.
            let options = unsafe { read_options(self.options) }?;
            if options.asks() {
                return Err(Error::new(
                    Status::Unsupported,
                    "options.interrupt is set, which a multi's calls don't ask",
                ));
            }
            let make = prepare(client, &options)?;
            calls.knows(client);
            let (client, cancel, log) = (client.clone(), options.cancelled_by(), client.log().clone());
            let (shared, number) = (Rc::clone(&calls), Cell::default());
            let handle = Box::into_raw(Box::new(esa_pending { calls: shared, number, user_data: self.user_data }));
            let start = |task| pending_call(log, || make(client, options, task), finished);
            let started = calls.multi.start(cancel, handle, start);
            match started {
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
        };
        // SAFETY: as this function promises.
        unsafe { with_client(self.client, ("pending", self.pending), self.error, start) }
    }
}

/// Takes what came of a call, if `take` knows it as that of its own action, gives it out as `give` does, and releases the
/// call. One of another action, or that hasn't finished, stays.
///
/// # Safety
/// `pending` is NULL, or a call that was started and not released yet; `result` and `error` are NULL or point to memory for a
/// pointer.
pub(super) unsafe fn finish<T, R>(
    pending: *mut esa_pending,
    result: *mut *mut R,
    error: *mut *mut esa_error,
    take: impl FnOnce(Finished) -> Result<Result<T, Error>, Finished>,
    give: impl FnOnce(T) -> *mut R,
) -> esa_status {
    let finish = || {
        let unfit = |reason: &str| Error::invalid_argument("pending", reason);
        // SAFETY: NULL or a live object (this function's promise).
        let handle = unsafe { pending.as_ref() }.ok_or_else(|| unfit("is NULL"))?;
        let calls = Rc::clone(&handle.calls);
        let finished = match calls.multi.check() {
            Err(Misuse::InCallback) => return Err(unfit("can't be finished in a callback of its multi")),
            Err(Misuse::Forked) => Err(forked()),
            Ok(()) => {
                let finished = calls.multi.finish(handle.number.get(), take);
                finished.ok_or_else(|| unfit("hasn't finished, or is a call of another action"))?
            }
        };
        // SAFETY: made by `start` of a `Box`; released once.
        drop(unsafe { Box::from_raw(pending) });
        finished.map(give)
    };
    // SAFETY: `result` and `error` are as `call` wants them (this function's promise).
    unsafe { call(&Log::default(), result, error, "result", Outcome::Unknown, finish) }
}

/// A call for its driver. Apart, so that what it is made of isn't on the stack any more when it is polled.
#[inline(never)]
fn pending_call<T, F>(
    log: Log,
    make: impl FnOnce() -> F,
    finished: fn(Result<T, Error>) -> Finished,
) -> Pending<Finished>
where
    T: 'static,
    F: Future<Output = Result<T, Error>> + 'static,
{
    let call = guarded_call(log, make());
    Box::pin(async move { finished(call.await) })
}

fn forked() -> Error {
    Error::new(Status::Forked, "the multi belongs to the process that this one was forked from")
}

fn io(error: &std::io::Error) -> Error {
    Error::new(Status::Io, format!("the call can't be waited for: {error}"))
}
