//! Races an endpoint's addresses (RFC 8305). The next attempt starts when the one before it has failed, or a moment
//! after its start. The first connection that succeeds is used.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::wait::{Deadline, Interest, Limits};

/// How long an attempt runs before the next one starts.
const DELAY: Duration = Duration::from_millis(250);

pub(super) type Attempt<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + 'a>>;

/// The addresses that lost or failed in earlier races. They come last in the next one.
#[derive(Debug, Default)]
pub(super) struct Losers(Mutex<Vec<SocketAddr>>);

impl Losers {
    fn lock(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records all addresses that were `begun`, except the winner.
    fn have_lost(&self, begun: &[SocketAddr], winner: Option<SocketAddr>) {
        let mut losers = self.lock();
        losers.retain(|address| !begun.contains(address));
        losers.extend(begun.iter().filter(|address| winner != Some(**address)));
    }

    fn put_last(&self, addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
        let losers = self.lock();
        let (last, mut all): (VecDeque<_>, VecDeque<_>) =
            addresses.into_iter().partition(|address| losers.contains(address));
        all.extend(last);
        all
    }
}

/// Returns the result of the first of `addresses` for which `attempt` succeeds. If all fail, returns the last failure.
/// Each attempt waits for one descriptor at a time.
pub(super) async fn race<'a, T>(
    addresses: Vec<SocketAddr>,
    losers: &Losers,
    attempt: impl Fn(SocketAddr) -> Attempt<'a, T>,
    limits: &Limits<'_>,
) -> Result<T, Error> {
    let mut waiting = losers.put_last(alternating(addresses));
    let mut begun: Vec<SocketAddr> = Vec::new();
    let mut running: Vec<(SocketAddr, Attempt<'_, T>)> = Vec::new();
    let mut next_start = Deadline::after(Duration::ZERO);
    let mut failure = Error::new(ErrorKind::Dns, "the endpoint has no address");
    poll_fn(move |context| {
        let mut interest = Interest::default();
        let mut polled = 0;
        loop {
            while let Some((address, attempt)) = running.get_mut(polled) {
                match attempt.as_mut().poll(context) {
                    Poll::Ready(Ok(made)) => {
                        losers.have_lost(&begun, Some(*address));
                        return Poll::Ready(Ok(made));
                    }
                    Poll::Ready(Err(error)) if error.kind() == ErrorKind::Cancelled => return Poll::Ready(Err(error)),
                    Poll::Ready(Err(error)) => {
                        // A certificate error says more than a later address that can't be reached.
                        if failure.kind() != ErrorKind::Tls || failure.retryable() {
                            failure = error;
                        }
                        next_start = Deadline::after(Duration::ZERO);
                        drop(running.remove(polled));
                    }
                    Poll::Pending => {
                        interest = interest.or_other(limits.task().interest());
                        polled += 1;
                    }
                }
            }
            if running.len() == Interest::MOST {
                break;
            }
            if !running.is_empty() && !next_start.has_passed() {
                let next = if waiting.is_empty() { Deadline::NEVER } else { next_start };
                interest = interest.or_other(Interest::until(next));
                break;
            }
            match waiting.pop_front() {
                Some(address) => {
                    begun.push(address);
                    running.push((address, attempt(address)));
                    next_start = Deadline::after(DELAY);
                }
                None if running.is_empty() => {
                    losers.have_lost(&begun, None);
                    return Poll::Ready(Err(failure.clone()));
                }
                None => break,
            }
        }
        limits.task().set_interest(interest);
        Poll::Pending
    })
    .await
}

/// Alternates between the address families. Each keeps its order.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == is_first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut all = Vec::new();
    loop {
        match (one.next(), other.next()) {
            (None, None) => return all,
            pair => all.extend([pair.0, pair.1].into_iter().flatten()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::net::TcpListener;

    use super::super::tcp;
    use super::*;
    use crate::error::Outcome;
    use crate::wait::{Task, WaitError, drive};

    fn refusing() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    fn connect(addresses: &[SocketAddr]) -> Result<SocketAddr, Error> {
        let task = Task::default();
        let limits = task.limits(Deadline::after(Duration::from_secs(20)));
        let attempt = |address| -> Attempt<'_, _> {
            Box::pin(async move { Ok(tcp::connect(address, &limits).await?.peer_addr().unwrap()) })
        };
        drive(&task, race(addresses.to_vec(), &Losers::default(), attempt, &limits))
    }

    #[test]
    fn the_next_address_is_tried_where_one_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let accepting = listener.local_addr().unwrap();

        assert_eq!(connect(&[refusing(), accepting]), Ok(accepting));
    }

    #[test]
    fn an_address_that_refuses_is_an_error_that_names_it() {
        let address = refusing();

        let error = connect(&[address]).unwrap_err();

        assert_eq!((error.kind(), error.outcome(), error.retryable()), (ErrorKind::Connect, Outcome::NotSent, true));
        assert!(error.message().starts_with(&format!("connecting to {address} failed")), "{error}");
    }

    /// What each address does: it never answers, or it fails or succeeds after this number of milliseconds.
    fn raced(script: &[Option<(u64, bool)>]) -> (Result<u16, Error>, Vec<u16>) {
        raced_with(&Losers::default(), script)
    }

    fn raced_with(losers: &Losers, script: &[Option<(u64, bool)>]) -> (Result<u16, Error>, Vec<u16>) {
        let (task, begun) = (Task::default(), RefCell::new(Vec::new()));
        let limits = task.limits(Deadline::after(Duration::from_secs(20)));
        let addresses = (0..script.len()).map(|number| SocketAddr::from(([127, 0, 0, 1], number as u16))).collect();
        let attempt = |address: SocketAddr| -> Attempt<'_, u16> {
            let (begun, limits) = (&begun, &limits);
            Box::pin(async move {
                begun.borrow_mut().push(address.port());
                let (milliseconds, succeeds) = script[usize::from(address.port())].unwrap_or((3_600_000, false));
                let failed = |stop: WaitError| stop.while_doing("waiting", ErrorKind::Io, Outcome::NotSent);
                limits.pause(Duration::from_millis(milliseconds)).await.map_err(failed)?;
                if succeeds { Ok(address.port()) } else { Err(Error::new(ErrorKind::Connect, address.to_string())) }
            })
        };
        let won = drive(&task, race(addresses, losers, attempt, &limits));
        (won, begun.into_inner())
    }

    #[test]
    fn one_that_never_answers_costs_a_moment() {
        let (won, begun) = raced(&[None, None, Some((0, true)), Some((0, true))]);

        assert_eq!((won, begun), (Ok(2), vec![0, 1, 2]));
    }

    #[test]
    fn the_first_one_that_is_made_wins_also_where_another_was_begun() {
        let (won, begun) = raced(&[Some((400, true)), None]);

        assert_eq!((won, begun), (Ok(0), vec![0, 1]));
    }

    #[test]
    fn what_fails_is_followed_by_the_next_at_once_and_the_last_failure_is_returned() {
        let (won, begun) = raced(&[Some((0, false)), Some((0, false)), Some((10, false))]);

        assert_eq!(won.unwrap_err().message(), "127.0.0.1:2");
        assert_eq!(begun, [0, 1, 2]);
    }

    #[test]
    fn who_lost_or_failed_comes_last_the_next_time() {
        let losers = Losers::default();

        let script = [Some((0, false)), None, Some((0, true)), None];
        assert_eq!(raced_with(&losers, &script), (Ok(2), vec![0, 1, 2]));
        let script = [Some((0, true)), Some((0, false)), Some((0, false)), Some((0, false))];
        assert_eq!(raced_with(&losers, &script), (Ok(0), vec![2, 3, 0]));
    }

    #[test]
    fn a_certificate_that_is_wrong_is_returned_although_another_address_fails_later() {
        let task = Task::default();
        let limits = task.limits(Deadline::after(Duration::from_secs(20)));
        let addresses = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port))).to_vec();
        let attempt = |address: SocketAddr| -> Attempt<'_, ()> {
            let status = if address.port() == 1 { ErrorKind::Tls } else { ErrorKind::Connect };
            Box::pin(async move { Err(Error::new(status, "")) })
        };

        let failed = drive(&task, race(addresses, &Losers::default(), attempt, &limits));

        assert_eq!(failed.map_err(|error| error.kind()), Err(ErrorKind::Tls));
    }

    #[test]
    fn families_alternate() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.0.0.1:1", "1.0.0.2:1"].map(address);
        let wanted = ["[::1]:1", "1.0.0.1:1", "[::2]:1", "1.0.0.2:1", "[::3]:1"].map(address);

        assert_eq!(alternating(all.to_vec()), wanted);
        assert_eq!(alternating(Vec::new()), []);
    }
}
