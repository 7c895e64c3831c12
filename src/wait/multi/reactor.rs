//! The descriptors that a multi's calls wait for, combined in one descriptor.
//!
//! A connection is registered once, for both directions, edge-triggered. To wait for it again costs no system call. If
//! an edge comes while no call waits, it is stored until one does.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::Instant;

use crate::per_process::generation;
use crate::system::{BROKEN, Poller, READ, Readied, WRITE};
use crate::wait::wake::Wake;
use crate::wait::{Cancel, Host, Interest, Ready};

/// A call's number among those of its multi.
pub(crate) type Number = u64;

#[derive(Debug)]
pub(super) struct Reactor {
    poller: Poller,
    /// Readable while the multi has work that no other descriptor shows.
    wake: Wake,
    woken: Mutex<Woken>,
    /// By the numbers of the descriptors.
    sources: Mutex<Sources>,
    /// Tokens that no call uses now. The last one was used most recently.
    idle_tokens: Mutex<VecDeque<RawFd>>,
    /// The generation of the process that may use it. A forked child has the same poller and doesn't touch it.
    generation: u64,
}

/// The calls that any thread has woken, and whether the descriptor shows it.
#[derive(Debug, Default)]
struct Woken {
    numbers: Vec<Number>,
    is_raised: bool,
}

/// The registered descriptors, by their numbers.
#[derive(Debug, Default)]
struct Sources(Vec<Option<Source>>);

/// A registered descriptor.
#[derive(Debug, Default)]
struct Source {
    /// What has become ready since the last wait for it.
    ready: u32,
    waiting: Option<(Number, u32)>,
    /// `None`: calls wait for this descriptor.
    cancels: Option<Cancels>,
}

/// The calls that a token cancels.
#[derive(Debug)]
struct Cancels {
    /// Keeps the descriptor open.
    _token: Cancel,
    /// In the order of their numbers, which is that of their starts.
    calls: Vec<Number>,
}

/// How many unused tokens stay registered. Many programs use one token for all calls.
const IDLE_TOKENS: usize = 4;

/// The events of one poll.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// Calls to poll.
    pub(super) runnable: Vec<Number>,
    pub(super) cancelled: Vec<Number>,
    pub(super) timer: bool,
}

impl Reactor {
    pub(super) fn new() -> io::Result<Reactor> {
        let reactor = Reactor {
            poller: Poller::new()?,
            wake: Wake::new()?,
            woken: Mutex::default(),
            sources: Mutex::default(),
            idle_tokens: Mutex::default(),
            generation: generation(),
        };
        reactor.poller.add_level(reactor.wake.as_raw_fd(), READ)?;
        Ok(reactor)
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.poller.as_raw_fd()
    }

    /// Whether this process is a child of the one that created it.
    pub(super) fn is_forked(&self) -> bool {
        self.generation != generation()
    }

    /// Returns what has happened since the last poll. Doesn't wait.
    pub(super) fn poll(&self) -> io::Result<Happened> {
        let mut happened = Happened::default();
        let mut sources = self.sources();
        self.poller.poll(|readied| match readied {
            Readied::Timer => happened.timer = true,
            // The waking descriptor isn't a source. `take_woken` reads its calls.
            Readied::Descriptor(descriptor, events) => {
                sources.get_mut(descriptor).into_iter().for_each(|source| source.happens(events, &mut happened));
            }
        })?;
        Ok(happened)
    }

    /// Returns the calls that were woken since the last time. The descriptor shows later ones.
    pub(super) fn take_woken(&self) -> Vec<Number> {
        std::mem::take(&mut self.woken().numbers)
    }

    /// Marks the call for polling in the next step.
    pub(super) fn wake(&self, number: Number) {
        let mut woken = self.woken();
        woken.numbers.push(number);
        self.raise_once(&mut woken);
    }

    /// Returns a waker for the call.
    pub(super) fn waker(self: &Arc<Reactor>, number: Number) -> Waker {
        Arc::new(CallWaker { reactor: Arc::downgrade(self), number }).into()
    }

    /// Makes the descriptor readable.
    pub(super) fn raise(&self) {
        self.raise_once(&mut self.woken());
    }

    /// Resets the descriptor, unless a call was woken. Other events may still make it readable.
    pub(super) fn lower(&self) {
        let mut woken = self.woken();
        if !woken.numbers.is_empty() {
            // A new edge, for a loop that is edge-triggered.
            self.wake.happen();
        } else if std::mem::take(&mut woken.is_raised) {
            self.wake.reset();
        }
    }

    fn raise_once(&self, woken: &mut Woken) {
        if !std::mem::replace(&mut woken.is_raised, true) {
            self.wake.happen();
        }
    }

    /// Registers what the call waits for. Returns true if some of it has happened already.
    pub(super) fn wait(&self, number: Number, interest: &Interest) -> bool {
        let mut sources = self.sources();
        let mut has_happened = false;
        for (descriptor, ready) in interest.watched() {
            let Some(source) = sources.get_mut(descriptor) else { continue };
            let events = flags(ready) | BROKEN;
            if source.ready & events == 0 {
                source.waiting = Some((number, events));
            } else {
                source.ready &= !events;
                has_happened = true;
            }
        }
        has_happened
    }

    /// Removes all that the call waits for.
    pub(super) fn forget_interest(&self, number: Number, interest: &Interest) {
        let mut sources = self.sources();
        for (descriptor, _) in interest.watched() {
            if let Some(source) = sources.get_mut(descriptor) {
                source.waiting = source.waiting.filter(|&(other, _)| other != number);
            }
        }
    }

    /// Lets `token` cancel the call. Returns true if the token was triggered before, by this process or by one that
    /// shares it through a fork.
    pub(super) fn watch_cancel(&self, token: &Cancel, number: Number) -> io::Result<bool> {
        let descriptor = token.descriptor();
        let mut sources = self.sources();
        if let Some(Source { ready, cancels: Some(cancels), .. }) = sources.get_mut(descriptor) {
            cancels.calls.push(number);
            self.idle_tokens().retain(|&other| other != descriptor);
            return Ok(*ready != 0 || token.is_triggered());
        }
        self.poller.add_edges(descriptor, READ)?;
        let cancels = Cancels { _token: token.clone(), calls: vec![number] };
        sources.insert(descriptor, Source { cancels: Some(cancels), ..Source::default() });
        Ok(token.is_triggered())
    }

    pub(super) fn forget_cancel(&self, token: &Cancel, number: Number) {
        let descriptor = token.descriptor();
        let mut sources = self.sources();
        let Some(cancels) = sources.get_mut(descriptor).and_then(|source| source.cancels.as_mut()) else { return };
        let Ok(place) = cancels.calls.binary_search(&number) else { return };
        cancels.calls.remove(place);
        if cancels.calls.is_empty() {
            let mut idle = self.idle_tokens();
            idle.push_back(descriptor);
            let oldest = if idle.len() > IDLE_TOKENS { idle.pop_front() } else { None };
            if let Some(oldest) = oldest {
                self.deregister(oldest);
                sources.remove(oldest);
            }
        }
    }

    /// Sets the timer. The descriptor becomes readable at this time.
    pub(super) fn set_timer(&self, at: Instant) {
        self.poller.set_timer(at);
    }

    fn deregister(&self, descriptor: RawFd) {
        if !self.is_forked() {
            self.poller.remove(descriptor);
        }
    }

    fn sources(&self) -> MutexGuard<'_, Sources> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle_tokens(&self) -> MutexGuard<'_, VecDeque<RawFd>> {
        self.idle_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn woken(&self) -> MutexGuard<'_, Woken> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Reactor {
    fn watch(&self, descriptor: RawFd) -> io::Result<()> {
        self.poller.add_edges(descriptor, READ | WRITE)?;
        self.sources().insert(descriptor, Source::default());
        Ok(())
    }

    fn forget(&self, descriptor: RawFd) {
        // Another thread of the parent may have held the lock at the fork.
        if !self.is_forked() {
            self.sources().remove(descriptor);
            self.deregister(descriptor);
        }
    }
}

impl Sources {
    fn insert(&mut self, descriptor: RawFd, source: Source) {
        let Ok(index) = usize::try_from(descriptor) else { return };
        if self.0.len() <= index {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index] = Some(source);
    }

    fn get_mut(&mut self, descriptor: RawFd) -> Option<&mut Source> {
        self.0.get_mut(usize::try_from(descriptor).ok()?)?.as_mut()
    }

    fn remove(&mut self, descriptor: RawFd) {
        if let Some(place) = usize::try_from(descriptor).ok().and_then(|index| self.0.get_mut(index)) {
            *place = None;
        }
    }
}

impl Source {
    fn happens(&mut self, events: u32, happened: &mut Happened) {
        self.ready |= events;
        if let Some(cancels) = &self.cancels {
            happened.cancelled.extend(&cancels.calls);
            return;
        }
        if let Some((number, wanted)) = self.waiting.take_if(|(_, wanted)| *wanted & events != 0) {
            self.ready &= !wanted;
            happened.runnable.push(number);
        }
    }
}

/// Wakes a call, from any thread. Does nothing once the multi is gone.
struct CallWaker {
    reactor: Weak<Reactor>,
    number: Number,
}

impl std::task::Wake for CallWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(reactor) = self.reactor.upgrade() {
            reactor.wake(self.number);
        }
    }
}

fn flags(ready: Ready) -> u32 {
    match ready {
        Ready::Read => READ,
        Ready::Write => WRITE,
    }
}
