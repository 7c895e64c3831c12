//! Resolves the endpoint's name. It does so on a separate thread, because `getaddrinfo` can neither be cancelled nor
//! given a deadline. Calls that wait for the same answer share a thread.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;

use once_cell::race::OnceBox;

use super::race::Losers;
use crate::error::{Error, ErrorKind, Outcome, is_out_of_descriptors};
use crate::per_process::generation;
use crate::system::{clear_errno, is_unknown_name};
use crate::wait::{Deadline, Limits, Queue, WaitError};

const THREAD_NAME: &str = "esa-resolver";

/// Whether the library started this thread.
#[cfg(feature = "capi")]
pub(crate) fn is_library_thread() -> bool {
    thread::current().name() == Some(THREAD_NAME)
}

/// Resolves an endpoint's name.
#[derive(Debug)]
pub(super) struct Resolver {
    host: String,
    port: u16,
    running: Mutex<Option<Arc<LookUp>>>,
    losers: Losers,
}

/// A look-up, running or finished.
#[derive(Debug, Default)]
struct LookUp {
    result: OnceBox<Answer>,
    waiting: Mutex<Queue<Waker>>,
}

/// A call that waits for a look-up, until it is dropped.
struct Waiter<'a> {
    look_up: &'a LookUp,
    number: u64,
    /// The generation of the process that waits.
    generation: u64,
}

type Answer = Result<Vec<IpAddr>, Failure>;

/// The error of `getaddrinfo`.
#[derive(Clone, Copy, Debug)]
struct Failure {
    code: i32,
    /// The last errno of the look-up. 0 if there is none.
    errno: i32,
}

impl Resolver {
    pub(super) fn new(host: &str, port: u16) -> Resolver {
        Resolver { host: host.to_owned(), port, running: Mutex::new(None), losers: Losers::default() }
    }

    /// Returns the addresses that lost or failed in earlier races.
    pub(super) fn losers(&self) -> &Losers {
        &self.losers
    }

    /// Returns the endpoint's addresses, at least one, in the order in which to try them.
    pub(super) async fn resolve(&self, limits: &Limits<'_>) -> Result<Vec<SocketAddr>, Error> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let look_up = self.look_up().map_err(|error| {
            Error::new(
                ErrorKind::Dns,
                format!("{} can't be resolved, because no thread can be started: {error}", self.host),
            )
            .with_retryable(true)
        })?;
        let doing = format!("resolving {}", self.host);
        let answer = look_up.answer(limits).await;
        let answer = answer.map_err(|stop| stop.while_doing(&doing, ErrorKind::Dns, Outcome::NotSent))?;
        let addresses = answer.as_ref().map_err(|failure| failure.explain(&self.host))?;
        Ok(addresses.iter().map(|&address| SocketAddr::new(address, self.port)).collect())
    }

    /// Returns the look-up that runs, or starts a new one.
    fn look_up(&self) -> io::Result<Arc<LookUp>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look_up) = running.as_ref().filter(|look_up| look_up.result.get().is_none()) {
            return Ok(Arc::clone(look_up));
        }
        let look_up = Arc::new(LookUp::default());
        let (host, shared) = (self.host.clone(), Arc::clone(&look_up));
        let work = move || shared.end(addresses_of(&host));
        with_signals_blocked(|| thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(work))?;
        *running = Some(Arc::clone(&look_up));
        Ok(look_up)
    }
}

impl LookUp {
    /// Returns the look-up's answer, as soon as there is one.
    async fn answer(&self, limits: &Limits<'_>) -> Result<&Answer, WaitError> {
        let _waiter = match self.result.get() {
            None => Some(self.wait(limits.waker().map_err(WaitError::Failed)?)),
            Some(_) => None,
        };
        loop {
            if let Some(answer) = self.result.get() {
                return Ok(answer);
            }
            limits.woken(Deadline::NEVER).await?;
        }
    }

    fn wait(&self, waker: Waker) -> Waiter<'_> {
        let number = self.waiting().push(waker);
        Waiter { look_up: self, number, generation: generation() }
    }

    fn end(&self, answer: Answer) {
        let _ = self.result.set(Box::new(answer));
        // The lock isn't held here, because the woken calls need it.
        let wakers = self.waiting().take_all();
        wakers.for_each(Waker::wake);
    }

    fn waiting(&self) -> MutexGuard<'_, Queue<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        // In a forked child, a thread of the parent may have held the lock at the fork.
        if self.generation == generation() {
            self.look_up.waiting().remove(self.number);
        }
    }
}

impl Failure {
    fn explain(self, host: &str) -> Error {
        // glibc reports that the name doesn't exist if it couldn't open its files, such as /etc/hosts.
        if is_out_of_descriptors(&io::Error::from_raw_os_error(self.errno)) {
            return Error::out_of_descriptors(format_args!("{host} can't be resolved"));
        }
        let (reason, passes) = match self.code {
            code if is_unknown_name(code) => ("the name doesn't exist, or has no address".to_owned(), false),
            libc::EAI_AGAIN => ("no name server answers now".to_owned(), true),
            libc::EAI_SYSTEM => (io::Error::from_raw_os_error(self.errno).to_string(), true),
            code => (format!("the system's resolver failed with code {code}"), true),
        };
        Error::new(ErrorKind::Dns, format!("{host} can't be resolved: {reason}")).with_retryable(passes)
    }
}

/// Runs `start` with all signals blocked. A thread that it starts then receives no signals: they are for the host
/// program.
#[allow(unsafe_code)]
fn with_signals_blocked<T>(start: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are writable. `sigfillset` fills the first before it is read. The second is read only if
    // `pthread_sigmask` has filled it.
    let blocked = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) == 0
    };
    let started = start();
    if blocked {
        // SAFETY: `before` was filled above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    }
    started
}

/// Returns the addresses of `host`, in the order of the system's resolver.
#[allow(unsafe_code)]
fn addresses_of(host: &str) -> Result<Vec<IpAddr>, Failure> {
    let Ok(name) = CString::new(host) else {
        return Err(Failure { code: libc::EAI_NONAME, errno: 0 });
    };
    // SAFETY: an addrinfo of zeros is valid: no flags, any family, no pointers.
    let mut hints: libc::addrinfo = unsafe { MaybeUninit::zeroed().assume_init() };
    hints.ai_socktype = libc::SOCK_STREAM;
    let mut list = ptr::null_mut();
    clear_errno();
    // SAFETY: the name is NUL-terminated, the hints are valid, and `list` is written only on success.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), ptr::null(), &hints, &mut list) };
    if code != 0 {
        return Err(Failure { code, errno: io::Error::last_os_error().raw_os_error().unwrap_or_default() });
    }
    let mut addresses = Vec::new();
    let mut next = list.cast_const();
    // SAFETY: `next` walks the list of getaddrinfo up to its NULL.
    while let Some(entry) = unsafe { next.as_ref() } {
        // SAFETY: the address belongs to the list and has the family that the entry names.
        addresses.extend(unsafe { address_of(entry) });
        next = entry.ai_next;
    }
    // SAFETY: getaddrinfo allocated the list, and nothing refers to it any more.
    unsafe { libc::freeaddrinfo(list) };
    if addresses.is_empty() { Err(Failure { code: libc::EAI_NONAME, errno: 0 }) } else { Ok(addresses) }
}

/// Returns the entry's address, if it is IPv4 or IPv6.
///
/// # Safety
/// `entry` must come from `getaddrinfo`.
#[allow(unsafe_code)]
unsafe fn address_of(entry: &libc::addrinfo) -> Option<IpAddr> {
    match entry.ai_family {
        libc::AF_INET => {
            // SAFETY: an AF_INET entry's address is a sockaddr_in.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: an AF_INET6 entry's address is a sockaddr_in6.
            let address = unsafe { entry.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wait::{Task, drive};

    fn resolve(resolver: &Resolver) -> Result<Vec<SocketAddr>, Error> {
        let task = Task::default();
        drive(&task, resolver.resolve(&task.limits(Deadline::after(Duration::from_secs(20)))))
    }

    #[test]
    fn an_address_is_its_own_answer() {
        assert_eq!(resolve(&Resolver::new("::1", 80)).unwrap(), ["[::1]:80".parse().unwrap()]);
    }

    #[test]
    fn a_name_is_looked_up() {
        let addresses = resolve(&Resolver::new("localhost", 80)).unwrap();

        assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 80), "{addresses:?}");
    }

    #[test]
    fn a_name_that_cannot_be_is_an_error_without_a_thread_left() {
        // Longer than any DNS name, so no server is asked.
        let host = "a".repeat(300);

        let error = resolve(&Resolver::new(&host, 80)).unwrap_err();

        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Dns, Outcome::NotSent));
    }

    #[test]
    fn a_failure_names_what_the_system_refused() {
        let explained = |code, errno| {
            let error = Failure { code, errno }.explain("h");
            (error.message().to_owned(), error.retryable())
        };
        for (code, errno) in
            [(libc::EAI_NONAME, libc::EMFILE), (libc::EAI_AGAIN, libc::ENFILE), (libc::EAI_SYSTEM, libc::EMFILE)]
        {
            let left = "h can't be resolved: no file descriptors are left";
            assert_eq!(explained(code, errno), (left.to_owned(), true));
        }
        let refused = "h can't be resolved: Permission denied (os error 13)";
        assert_eq!(explained(libc::EAI_SYSTEM, libc::EACCES), (refused.to_owned(), true));
        // Some of the resolver's files may be missing.
        let missing = "h can't be resolved: the name doesn't exist, or has no address";
        assert_eq!(explained(libc::EAI_NONAME, libc::ENOENT), (missing.to_owned(), false));
    }

    #[test]
    fn calls_share_a_look_up_that_runs() {
        let look_up = Arc::new(LookUp::default());
        let resolver = Resolver::new("example.invalid", 80);
        *resolver.running.lock().unwrap() = Some(Arc::clone(&look_up));

        let answers = thread::scope(|scope| {
            let waiting: Vec<_> = (0..4).map(|_| scope.spawn(|| resolve(&resolver).unwrap())).collect();
            while look_up.waiting().len() < waiting.len() {
                thread::yield_now();
            }
            look_up.end(Ok(vec![Ipv4Addr::LOCALHOST.into()]));
            waiting.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });

        assert!(answers.iter().all(|answer| answer == &["127.0.0.1:80".parse().unwrap()]));
    }
}
