//! The driver that doesn't block: many calls on one thread, which the program's own event loop drives through one
//! descriptor.

#[cfg(feature = "_multi-driver")]
mod blocking;
mod reactor;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io;
use std::os::fd::RawFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

#[cfg(feature = "_multi-driver")]
pub(crate) use self::blocking::drive;
pub(crate) use self::reactor::Number;
use self::reactor::Reactor;
use super::{Cancel, Host, Interest, Task};

/// A call that gives a `T`.
pub(crate) type Pending<T> = Pin<Box<dyn Future<Output = T>>>;

/// Many calls, driven in steps. One thread at a time may use it.
pub(crate) struct Multi<T, N> {
    reactor: Arc<Reactor>,
    calls: RefCell<HashMap<Number, Entry<T, N>>>,
    last: Cell<Number>,
    /// In the order in which they have.
    finished: RefCell<VecDeque<Number>>,
    /// When a call wants to be polled at the latest.
    timers: RefCell<BTreeSet<(Instant, Number)>>,
    armed: Cell<Option<Instant>>,
    /// How many of its functions run at the moment: it is used in a callback where that isn't 0.
    inside: Cell<u32>,
    /// The call that runs.
    current: Cell<Option<Number>>,
}

struct Entry<T, N> {
    task: Rc<Task>,
    /// `None`: it is being polled, or has finished.
    call: Option<Pending<T>>,
    result: Option<T>,
    interest: Interest,
    timer: Option<Instant>,
    /// What whoever started it calls it.
    name: N,
}

/// Who uses the multi, who shall not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// A callback of one of its calls.
    InCallback,
    /// A child of the process that made it.
    Forked,
}

/// That one of its functions runs.
struct Inside<'a>(&'a Cell<u32>);

impl<'a> Inside<'a> {
    fn enter(count: &'a Cell<u32>) -> Inside<'a> {
        count.set(count.get() + 1);
        Inside(count)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// How often a call is polled in one step, before the others have their turn.
const POLLS: usize = 16;

impl<T, N: Copy> Multi<T, N> {
    pub(crate) fn new() -> io::Result<Multi<T, N>> {
        Ok(Multi {
            reactor: Arc::new(Reactor::new()?),
            calls: RefCell::default(),
            last: Cell::default(),
            finished: RefCell::default(),
            timers: RefCell::default(),
            armed: Cell::default(),
            inside: Cell::default(),
            current: Cell::default(),
        })
    }

    /// Readable while a step has something to do, or a finished call waits to be taken.
    pub(crate) fn descriptor(&self) -> RawFd {
        self.reactor.descriptor()
    }

    pub(crate) fn host(&self) -> Arc<dyn Host> {
        Arc::clone(&self.reactor) as Arc<dyn Host>
    }

    pub(crate) fn is_forked(&self) -> bool {
        self.reactor.is_forked()
    }

    /// Whether whoever calls may do what no callback may.
    pub(crate) fn check(&self) -> Result<(), Misuse> {
        match self.inside.get() {
            _ if self.is_forked() => Err(Misuse::Forked),
            0 => Ok(()),
            _ => Err(Misuse::InCallback),
        }
    }

    /// Starts the call that `make` makes of its task, and does what can be done at once. `cancel` ends it.
    pub(crate) fn start(
        &self,
        cancel: Option<Cancel>,
        name: N,
        make: impl FnOnce(Rc<Task>) -> Pending<T>,
    ) -> io::Result<Number> {
        let number = self.last.get() + 1;
        self.last.set(number);
        if let Some(cancel) = &cancel {
            self.reactor.watch_cancel(cancel.descriptor(), number)?;
        }
        let host = Some((self.host(), self.reactor.waker(number)));
        let task = Rc::new(Task { cancel, host, ..Task::default() });
        let call = Some(make(Rc::clone(&task)));
        let entry = Entry { task, call, result: None, interest: Interest::default(), timer: None, name };
        self.calls.borrow_mut().insert(number, entry);
        self.within(|| self.poll(number));
        self.set_timer();
        self.raise_if_finished();
        Ok(number)
    }

    /// Does what is due now, and never waits.
    pub(crate) fn step(&self) -> io::Result<()> {
        let happened = self.reactor.poll()?;
        self.reactor.lower();
        for &number in &happened.cancelled {
            self.set_cancelled(number);
        }
        if happened.timer {
            self.armed.set(None);
        }
        let mut runnable = happened.runnable;
        runnable.extend(happened.cancelled);
        runnable.extend(self.reactor.take_woken());
        runnable.extend(self.take_due());
        self.within(|| runnable.into_iter().for_each(|number| self.poll(number)));
        self.set_timer();
        self.raise_if_finished();
        Ok(())
    }

    /// The name of the next call that has finished, each once.
    pub(crate) fn next_finished(&self) -> Option<N> {
        let number = self.finished.borrow_mut().pop_front();
        if self.finished.borrow().is_empty() {
            self.reactor.lower();
        }
        self.calls.borrow().get(&number?).map(|entry| entry.name)
    }

    /// The name of the call that runs, where one does: of the innermost, where one has started another.
    pub(crate) fn current(&self) -> Option<N> {
        self.calls.borrow().get(&self.current.get()?).map(|entry| entry.name)
    }

    /// Ends the call with the next step.
    pub(crate) fn cancel(&self, number: Number) {
        if self.set_cancelled(number) {
            self.reactor.wake(number);
        }
    }

    /// What came of the call, if it has finished and `take` takes it; it is forgotten then.
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

    /// Forgets the call, which isn't driven any further.
    pub(crate) fn drop_call(&self, number: Number) {
        // What a call drops may be the caller's, who may use the multi.
        self.within(|| drop(self.forget(number)));
    }

    /// Cancels all calls, and has them finish.
    pub(crate) fn close(&self) {
        let numbers: Vec<_> = self.calls.borrow().keys().copied().collect();
        for number in numbers {
            while self.set_cancelled(number) {
                self.within(|| self.poll(number));
            }
        }
    }

    /// Forgets all calls, in a child of the process that started them.
    pub(crate) fn abandon(&self) {
        let calls = std::mem::take(&mut *self.calls.borrow_mut());
        drop(calls);
    }

    /// False: it has finished.
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

    /// Polls the call, as often as what it waits for has happened already.
    fn poll(&self, number: Number) {
        for _ in 0..POLLS {
            let Some((mut call, task)) = self.take_call(number) else { return };
            let outer = self.current.replace(Some(number));
            let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            self.current.set(outer);
            match polled {
                Poll::Ready(result) => {
                    drop(call);
                    return self.has_finished(number, result);
                }
                Poll::Pending if !self.put_back(number, call, &task) => return,
                Poll::Pending => {}
            }
        }
        self.reactor.wake(number);
    }

    /// The call, which nothing is waited for any more; `None` where there is nothing to poll.
    fn take_call(&self, number: Number) -> Option<(Pending<T>, Rc<Task>)> {
        let mut calls = self.calls.borrow_mut();
        let entry = calls.get_mut(&number)?;
        let call = entry.call.take()?;
        self.reactor.forget_interest(number, &std::mem::take(&mut entry.interest));
        Some((call, Rc::clone(&entry.task)))
    }

    /// Has the call wait; true: what for has happened already.
    fn put_back(&self, number: Number, call: Pending<T>, task: &Task) -> bool {
        let interest = task.interest();
        let mut calls = self.calls.borrow_mut();
        // It may have been forgotten meanwhile, by a callback.
        let Some(entry) = calls.get_mut(&number) else { return false };
        entry.call = Some(call);
        entry.interest = interest;
        if let Some(until) = interest.until.instant() {
            // One that comes too early does no harm; and to leave it is cheaper.
            if entry.timer.is_none_or(|timer| until < timer) {
                let mut timers = self.timers.borrow_mut();
                if let Some(timer) = entry.timer.replace(until) {
                    timers.remove(&(timer, number));
                }
                timers.insert((until, number));
            }
        }
        self.reactor.wait(number, &interest)
    }

    fn has_finished(&self, number: Number, result: T) {
        let mut calls = self.calls.borrow_mut();
        let Some(entry) = calls.get_mut(&number) else { return };
        entry.result = Some(result);
        self.stop_waiting(number, entry);
        self.finished.borrow_mut().push_back(number);
    }

    fn forget(&self, number: Number) -> Option<Entry<T, N>> {
        let mut entry = self.calls.borrow_mut().remove(&number)?;
        self.stop_waiting(number, &mut entry);
        self.finished.borrow_mut().retain(|&other| other != number);
        Some(entry)
    }

    fn stop_waiting(&self, number: Number, entry: &mut Entry<T, N>) {
        self.reactor.forget_interest(number, &std::mem::take(&mut entry.interest));
        if let Some(timer) = entry.timer.take() {
            self.timers.borrow_mut().remove(&(timer, number));
        }
        if let Some(cancel) = &entry.task.cancel {
            self.reactor.forget_cancel(cancel.descriptor(), number);
        }
    }

    /// The calls whose time has come.
    fn take_due(&self) -> Vec<Number> {
        let mut timers = self.timers.borrow_mut();
        let Some(&(first, _)) = timers.first() else { return Vec::new() };
        let now = Instant::now();
        if now < first {
            return Vec::new();
        }
        let later = timers.split_off(&(now, Number::MAX));
        let due = std::mem::replace(&mut *timers, later);
        let mut calls = self.calls.borrow_mut();
        due.into_iter()
            .map(|(_, number)| {
                calls.get_mut(&number).into_iter().for_each(|entry| entry.timer = None);
                number
            })
            .collect()
    }

    /// Has the timer tell when the next call's time comes.
    fn set_timer(&self) {
        let Some(&(first, _)) = self.timers.borrow().first() else { return };
        if self.armed.get().is_none_or(|armed| first < armed) {
            self.reactor.set_timer(first);
            self.armed.set(Some(first));
        }
    }

    fn raise_if_finished(&self) {
        if !self.finished.borrow().is_empty() {
            self.reactor.raise();
        }
    }
}
