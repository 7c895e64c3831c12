//! The driver for event loops: runs many calls on one thread. The program's own loop drives it through one descriptor.

#[cfg(feature = "_multi-driver")]
mod blocking;
mod inside;
mod reactor;
#[cfg(test)]
mod tests;
mod timers;

use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;
use std::io;
use std::os::fd::RawFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

#[cfg(feature = "_multi-driver")]
pub(crate) use self::blocking::drive;
use self::inside::Inside;
pub(crate) use self::reactor::Number;
use self::reactor::Reactor;
use self::timers::Timers;
use super::{Cancel, Host, Interest, Queue, Task};
use crate::per_process::generation;

/// A call that returns a `T`.
pub(crate) type Pending<T> = Pin<Box<dyn Future<Output = T>>>;

/// Many calls, driven in steps. Only one thread may use it at a time.
pub(crate) struct Multi<T, N> {
    /// `None`: it is closed, and its calls have finished.
    reactor: RefCell<Option<Arc<Reactor>>>,
    /// The generation of the process that created it.
    generation: u64,
    calls: RefCell<HashMap<Number, Entry<T, N>>>,
    last: Cell<Number>,
    /// The finished calls that wait to be taken, in the order in which they finished.
    finished: RefCell<Queue<Number>>,
    timers: RefCell<Timers>,
    /// How many functions of the multi run now. If a function starts and this isn't 0, a callback has called it.
    inside: Cell<u32>,
    /// Whether it is closing. Calls that start then are cancelled at once.
    is_closing: Cell<bool>,
    /// The call that runs now.
    current: Cell<Option<Number>>,
}

struct Entry<T, N> {
    task: Rc<Task>,
    /// `None`: the call is being polled, or has finished.
    call: Option<Pending<T>>,
    result: Option<T>,
    /// The call's number among those that wait to be taken.
    finished: Option<u64>,
    interest: Interest,
    timer: Option<Instant>,
    /// The caller's name for the call.
    name: N,
}

/// A use of the multi that isn't allowed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// By a callback of one of its calls.
    InCallback,
    /// By a child of the process that created it.
    Forked,
}

/// How often a step polls one call before it goes on to the others.
const POLLS: usize = 16;

impl<T, N: Copy> Multi<T, N> {
    pub(crate) fn new() -> io::Result<Multi<T, N>> {
        Ok(Multi {
            reactor: RefCell::new(Some(Arc::new(Reactor::new()?))),
            generation: generation(),
            calls: RefCell::default(),
            last: Cell::default(),
            finished: RefCell::default(),
            timers: RefCell::default(),
            inside: Cell::default(),
            is_closing: Cell::default(),
            current: Cell::default(),
        })
    }

    /// Returns a descriptor. It is readable while a step has something to do, or a finished call waits to be taken.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.reactor().map_or(-1, |reactor| reactor.descriptor())
    }

    /// Returns the host of its calls' connections. `None`: it is closed.
    pub(crate) fn host(&self) -> Option<Weak<dyn Host>> {
        self.reactor().map(|reactor| host(&reactor))
    }

    fn reactor(&self) -> Option<Ref<'_, Arc<Reactor>>> {
        // A child doesn't touch the parent's descriptors.
        let reactor = Ref::filter_map(self.reactor.borrow(), Option::as_ref).ok()?;
        if self.is_forked() { None } else { Some(reactor) }
    }

    /// Whether this process is a child of the one that created it.
    pub(crate) fn is_forked(&self) -> bool {
        self.generation != generation()
    }

    /// Checks that the caller isn't a callback or a forked child.
    pub(crate) fn check(&self) -> Result<(), Misuse> {
        match self.inside.get() {
            _ if self.is_forked() => Err(Misuse::Forked),
            0 => Ok(()),
            _ => Err(Misuse::InCallback),
        }
    }

    /// Starts the call that `make` returns, and does what can be done at once. `cancel` ends the call.
    pub(crate) fn start(
        &self,
        cancel: Option<Cancel>,
        name: N,
        make: impl FnOnce(Rc<Task>) -> Pending<T>,
    ) -> io::Result<Number> {
        let reactor = self.reactor().ok_or(io::ErrorKind::NotConnected)?;
        let number = self.last.get() + 1;
        self.last.set(number);
        let mut is_cancelled = self.is_closing.get();
        if let Some(cancel) = &cancel {
            is_cancelled |= reactor.watch_cancel(cancel, number)?;
        }
        if is_cancelled {
            // The call is woken here because no event will come for it.
            reactor.wake(number);
        }
        let host = Some((host(&reactor), reactor.waker(number)));
        // A callback may run in a forked child and close the multi there.
        drop(reactor);
        let task = Rc::new(Task { cancel, host, is_cancelled: Cell::new(is_cancelled), ..Task::default() });
        let call = Some(make(Rc::clone(&task)));
        let interest = Interest::default();
        let entry = Entry { task, call, result: None, finished: None, interest, timer: None, name };
        self.calls.borrow_mut().insert(number, entry);
        self.within(|| self.poll(number));
        self.set_timer();
        self.show_finished();
        Ok(number)
    }

    /// Does what is due now. Never waits.
    pub(crate) fn step(&self) -> io::Result<()> {
        let reactor = self.reactor().ok_or(io::ErrorKind::NotConnected)?;
        let happened = reactor.poll()?;
        let woken = reactor.take_woken();
        // See `start`.
        drop(reactor);
        self.lower_unless_finished();
        for &number in &happened.cancelled {
            self.set_cancelled(number);
        }
        if happened.timer {
            self.timers.borrow_mut().has_gone_off();
        }
        let mut runnable = happened.runnable;
        runnable.extend(happened.cancelled);
        runnable.extend(woken);
        runnable.extend(self.take_due());
        self.within(|| runnable.into_iter().for_each(|number| self.poll(number)));
        self.set_timer();
        self.show_finished();
        Ok(())
    }

    /// Returns the name of the next finished call, each one once. `None` if there are no more now. Until then the
    /// descriptor stays readable.
    pub(crate) fn next_finished(&self) -> Option<N> {
        let Some((_, number)) = self.finished.borrow_mut().pop_first() else {
            // A caller takes all of them in a loop. To update the descriptor after each would cost two system calls.
            self.lower_unless_finished();
            return None;
        };
        let mut calls = self.calls.borrow_mut();
        let entry = calls.get_mut(&number)?;
        entry.finished = None;
        Some(entry.name)
    }

    /// Returns the name of the call that runs now, if there is one. If a call has started another, returns the inner
    /// one.
    pub(crate) fn current(&self) -> Option<N> {
        self.calls.borrow().get(&self.current.get()?).map(|entry| entry.name)
    }

    /// Cancels the call with the next step.
    pub(crate) fn cancel(&self, number: Number) {
        let is_news = self.calls.borrow().get(&number).is_some_and(|entry| !entry.task.is_cancelled.get());
        if is_news && self.set_cancelled(number) {
            self.wake(number);
        }
    }

    /// Returns the result of the call and forgets it, if it has finished and `take` accepts the result.
    pub(crate) fn finish<R>(&self, number: Number, take: impl FnOnce(T) -> Result<R, T>) -> Option<R> {
        let result = self.calls.borrow_mut().get_mut(&number)?.result.take()?;
        match take(result) {
            Ok(taken) => {
                self.forget(number);
                Some(taken)
            }
            Err(result) => {
                self.calls.borrow_mut().get_mut(&number)?.result = Some(result);
                None
            }
        }
    }

    /// Forgets the call without driving it further.
    pub(crate) fn drop_call(&self, number: Number) {
        // A call may drop objects of the caller, whose code may use the multi.
        self.within(|| drop(self.forget(number)));
    }

    /// Cancels all calls and lets them finish.
    pub(crate) fn cancel_all(&self) {
        self.is_closing.set(true);
        loop {
            let unfinished = self.unfinished();
            if unfinished.is_empty() {
                return;
            }
            for number in unfinished {
                self.set_cancelled(number);
                self.within(|| self.poll(number));
            }
        }
    }

    /// Closes the descriptors. Finished calls keep their results.
    pub(crate) fn close(&self) {
        drop(self.reactor.take());
    }

    /// In a forked child: forgets all calls of the parent and closes the descriptors.
    pub(crate) fn abandon(&self) {
        drop(self.calls.take());
        self.close();
    }

    fn unfinished(&self) -> Vec<Number> {
        let calls = self.calls.borrow();
        calls.iter().filter(|(_, entry)| entry.result.is_none()).map(|(&number, _)| number).collect()
    }

    fn wake(&self, number: Number) {
        if let Some(reactor) = self.reactor() {
            reactor.wake(number);
        }
    }

    /// Returns false if the call has finished.
    fn set_cancelled(&self, number: Number) -> bool {
        match self.calls.borrow().get(&number) {
            Some(entry) if entry.result.is_none() => {
                entry.task.is_cancelled.set(true);
                true
            }
            _ => false,
        }
    }

    fn within<R>(&self, work: impl FnOnce() -> R) -> R {
        let _inside = Inside::enter(&self.inside);
        work()
    }

    /// Polls the call until what it waits for hasn't happened yet.
    fn poll(&self, number: Number) {
        for _ in 0..POLLS {
            let Some((mut call, task)) = self.take_call(number) else { return };
            let outer = self.current.replace(Some(number));
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            self.current.set(outer);
            match polled {
                Poll::Ready(result) => {
                    self.has_finished(number, result);
                    return drop(call);
                }
                Poll::Pending if !self.put_back(number, call, &task) => return,
                Poll::Pending => {}
            }
        }
        self.wake(number);
    }

    /// Takes the call out, with all it waited for removed. `None` if there is nothing to poll.
    fn take_call(&self, number: Number) -> Option<(Pending<T>, Rc<Task>)> {
        let mut calls = self.calls.borrow_mut();
        let entry = calls.get_mut(&number)?;
        let call = entry.call.take()?;
        self.forget_interest(number, entry);
        Some((call, Rc::clone(&entry.task)))
    }

    /// Puts the call back to wait. Returns true if what it waits for has happened already.
    fn put_back(&self, number: Number, call: Pending<T>, task: &Task) -> bool {
        let interest = task.interest();
        let mut calls = self.calls.borrow_mut();
        // A callback may have forgotten it meanwhile.
        let Some(entry) = calls.get_mut(&number) else { return false };
        entry.call = Some(call);
        entry.interest = interest;
        if let Some(until) = interest.until.instant() {
            self.timers.borrow_mut().set(number, &mut entry.timer, until);
        }
        self.reactor().is_some_and(|reactor| reactor.wait(number, &interest))
    }

    fn has_finished(&self, number: Number, result: T) {
        let mut calls = self.calls.borrow_mut();
        let Some(entry) = calls.get_mut(&number) else { return };
        entry.result = Some(result);
        self.stop_waiting(number, entry);
        entry.finished = Some(self.finished.borrow_mut().push(number));
    }

    fn forget(&self, number: Number) -> Option<Entry<T, N>> {
        let mut entry = self.calls.borrow_mut().remove(&number)?;
        self.stop_waiting(number, &mut entry);
        if let Some(place) = entry.finished {
            self.finished.borrow_mut().remove(place);
            self.lower_unless_finished();
        }
        Some(entry)
    }

    fn stop_waiting(&self, number: Number, entry: &mut Entry<T, N>) {
        self.forget_interest(number, entry);
        self.timers.borrow_mut().remove(number, &mut entry.timer);
        if let (Some(cancel), Some(reactor)) = (&entry.task.cancel, self.reactor()) {
            reactor.forget_cancel(cancel, number);
        }
    }

    fn forget_interest(&self, number: Number, entry: &mut Entry<T, N>) {
        let interest = std::mem::take(&mut entry.interest);
        if let Some(reactor) = self.reactor() {
            reactor.forget_interest(number, &interest);
        }
    }

    /// Returns the calls whose time has come.
    fn take_due(&self) -> Vec<Number> {
        let due = self.timers.borrow_mut().take_due();
        let mut calls = self.calls.borrow_mut();
        due.iter().for_each(|number| calls.get_mut(number).into_iter().for_each(|entry| entry.timer = None));
        due
    }

    /// Sets the timer for the next call's time. The descriptor then becomes readable.
    fn set_timer(&self) {
        if let (Some(reactor), Some(next)) = (self.reactor(), self.timers.borrow_mut().next_to_arm()) {
            reactor.set_timer(next);
        }
    }

    /// Makes the descriptor readable if a finished call waits to be taken.
    fn show_finished(&self) {
        if let Some(reactor) = self.reactor().filter(|_| !self.finished.borrow().is_empty()) {
            reactor.raise();
        }
    }

    fn lower_unless_finished(&self) {
        if let Some(reactor) = self.reactor().filter(|_| self.finished.borrow().is_empty()) {
            reactor.lower();
        }
    }
}

fn host(reactor: &Arc<Reactor>) -> Weak<dyn Host> {
    Arc::downgrade(reactor) as Weak<dyn Host>
}
