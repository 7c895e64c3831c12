//! The descriptors that a multi's calls wait for, behind one: an epoll instance.
//!
//! A connection is registered once, for both directions and for edges; to wait for it again costs no system call. What an
//! edge tells while nobody waits is kept until somebody does.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::Instant;

use crate::per_process::generation;
use crate::wait::wake::Wake;
use crate::wait::{Cancel, Host, Interest, Ready};

/// A call's number among those of its multi.
pub(crate) type Number = u64;

#[derive(Debug)]
pub(super) struct Reactor {
    epoll: OwnedFd,
    timer: OwnedFd,
    /// Readable while the multi has something to do that no other descriptor shows.
    wake: Wake,
    woken: Mutex<Woken>,
    /// By their numbers.
    sources: Mutex<Sources>,
    /// Tokens that no call has at the moment, the one used last at the end.
    idle_tokens: Mutex<VecDeque<RawFd>>,
    /// Of the process that may use it. A child has the same epoll instance, and leaves it alone.
    generation: u64,
}

/// The calls that were woken, by any thread, and whether the descriptor shows it.
#[derive(Debug, Default)]
struct Woken {
    numbers: Vec<Number>,
    is_raised: bool,
}

/// The descriptors that are registered, by their numbers.
#[derive(Debug, Default)]
struct Sources(Vec<Option<Source>>);

/// A descriptor that is registered.
#[derive(Debug, Default)]
struct Source {
    /// What has become ready since somebody waited for it.
    ready: u32,
    waiting: Option<(Number, u32)>,
    /// `None`: it is one that calls wait for.
    cancels: Option<Cancels>,
}

/// What a token cancels.
#[derive(Debug)]
struct Cancels {
    /// Keeps the descriptor open.
    _token: Cancel,
    /// In the order in which they were started, which is that of their numbers.
    calls: Vec<Number>,
}

/// How many tokens stay registered although no call has them at the moment: many programs have one for all calls.
const IDLE_TOKENS: usize = 4;

/// What has happened.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// Calls to poll.
    pub(super) runnable: Vec<Number>,
    pub(super) cancelled: Vec<Number>,
    pub(super) timer: bool,
}

const TIMER: u64 = u64::MAX;
const WAKE: u64 = u64::MAX - 1;

const READ: u32 = (libc::EPOLLIN | libc::EPOLLRDHUP) as u32;
const WRITE: u32 = libc::EPOLLOUT as u32;
/// Ends both.
const BROKEN: u32 = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
const EDGES: u32 = libc::EPOLLET as u32;

/// How many events are taken at once.
const EVENTS: usize = 128;

impl Reactor {
    #[allow(unsafe_code)]
    pub(super) fn new() -> io::Result<Reactor> {
        // SAFETY: takes no memory.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: as above.
        let timer =
            owned(unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK) })?;
        let reactor = Reactor {
            epoll,
            timer,
            wake: Wake::new()?,
            woken: Mutex::default(),
            sources: Mutex::default(),
            idle_tokens: Mutex::default(),
            generation: generation(),
        };
        reactor.control(libc::EPOLL_CTL_ADD, reactor.timer.as_raw_fd(), READ | EDGES, TIMER)?;
        reactor.control(libc::EPOLL_CTL_ADD, reactor.wake.as_raw_fd(), READ, WAKE)?;
        Ok(reactor)
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Whether this is a child of the process that made it.
    pub(super) fn is_forked(&self) -> bool {
        self.generation != generation()
    }

    /// What has happened since the last time. It doesn't wait.
    #[allow(unsafe_code)]
    pub(super) fn poll(&self) -> io::Result<Happened> {
        let mut happened = Happened::default();
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
        loop {
            // SAFETY: `events` has room for so many, and outlives the call.
            let count =
                unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), events.as_mut_ptr(), EVENTS as libc::c_int, 0) };
            let Ok(count) = usize::try_from(count) else {
                match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => continue,
                    error => return Err(error),
                }
            };
            let mut sources = self.sources();
            for event in events.get(..count).unwrap_or_default() {
                match event.u64 {
                    TIMER => happened.timer = true,
                    WAKE => {}
                    descriptor => {
                        let source = RawFd::try_from(descriptor).ok().and_then(|number| sources.get_mut(number));
                        source.into_iter().for_each(|source| source.happens(event.events, &mut happened));
                    }
                }
            }
            if count < EVENTS {
                return Ok(happened);
            }
        }
    }

    /// The calls that were woken since the last time. The descriptor shows what comes next.
    pub(super) fn take_woken(&self) -> Vec<Number> {
        std::mem::take(&mut self.woken().numbers)
    }

    /// Has the call be polled with the next step.
    pub(super) fn wake(&self, number: Number) {
        let mut woken = self.woken();
        woken.numbers.push(number);
        self.raise_once(&mut woken);
    }

    /// What wakes the call.
    pub(super) fn waker(self: &Arc<Reactor>, number: Number) -> Waker {
        Arc::new(CallWaker { reactor: Arc::downgrade(self), number }).into()
    }

    /// Makes the descriptor readable.
    pub(super) fn raise(&self) {
        self.raise_once(&mut self.woken());
    }

    /// Leaves the descriptor to what else makes it readable, unless a call was woken.
    pub(super) fn lower(&self) {
        let mut woken = self.woken();
        if !woken.numbers.is_empty() {
            // An edge of their own, for a loop that waits for edges.
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

    /// Has the call wait for what it is interested in; true: some of it has happened already.
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

    /// Has the call wait for none of it any more.
    pub(super) fn forget_interest(&self, number: Number, interest: &Interest) {
        let mut sources = self.sources();
        for (descriptor, _) in interest.watched() {
            if let Some(source) = sources.get_mut(descriptor) {
                source.waiting = source.waiting.filter(|&(other, _)| other != number);
            }
        }
    }

    /// Has `token` cancel the call; true: it was triggered before, by this process or by one that a fork has given it.
    pub(super) fn watch_cancel(&self, token: &Cancel, number: Number) -> io::Result<bool> {
        let descriptor = token.descriptor();
        let mut sources = self.sources();
        if let Some(Source { ready, cancels: Some(cancels), .. }) = sources.get_mut(descriptor) {
            cancels.calls.push(number);
            self.idle_tokens().retain(|&other| other != descriptor);
            return Ok(*ready != 0 || token.is_triggered());
        }
        self.control(libc::EPOLL_CTL_ADD, descriptor, READ | EDGES, data(descriptor))?;
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

    /// Has the timer make the descriptor readable at this time.
    #[allow(unsafe_code)]
    pub(super) fn set_timer(&self, at: Instant) {
        let left = at.saturating_duration_since(Instant::now());
        // A time of zero would switch it off.
        let value = libc::timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: left.subsec_nanos().max(1).into(),
        };
        let interval = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let timer = libc::itimerspec { it_interval: interval, it_value: value };
        // SAFETY: `timer` outlives the call, and the value before isn't asked for.
        unsafe { libc::timerfd_settime(self.timer.as_raw_fd(), 0, &timer, std::ptr::null_mut()) };
    }

    #[allow(unsafe_code)]
    fn control(&self, operation: libc::c_int, descriptor: RawFd, events: u32, data: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events, u64: data };
        // SAFETY: `event` outlives the call.
        match unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), operation, descriptor, &mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn deregister(&self, descriptor: RawFd) {
        if !self.is_forked() {
            // It fails where the descriptor is closed already, which has removed it.
            let _ = self.control(libc::EPOLL_CTL_DEL, descriptor, 0, 0);
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
        self.control(libc::EPOLL_CTL_ADD, descriptor, READ | WRITE | EDGES, data(descriptor))?;
        self.sources().insert(descriptor, Source::default());
        Ok(())
    }

    fn forget(&self, descriptor: RawFd) {
        // A child may have been forked while another thread had the lock.
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

/// What wakes a call, on any thread; nothing once the multi is gone.
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

fn data(descriptor: RawFd) -> u64 {
    u64::try_from(descriptor).unwrap_or_default()
}

#[allow(unsafe_code)]
fn owned(descriptor: RawFd) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
