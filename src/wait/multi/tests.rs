//! Tests a multi as an event loop uses it.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::*;
use crate::wait::{Deadline, Ready, Semaphore, WaitError, is_readable_within};

const SOON: Duration = Duration::from_secs(20);

/// Whether nothing waits to be taken or done.
fn is_idle<T, N: Copy>(multi: &Multi<T, N>) -> bool {
    multi.next_finished().is_none() && !is_readable(multi)
}

fn is_readable<T, N: Copy>(multi: &Multi<T, N>) -> bool {
    is_readable_within(multi.descriptor(), Duration::ZERO)
}

/// Steps each time the descriptor is readable, until a call has finished.
fn finished<T, N: Copy>(multi: &Multi<T, N>) -> N {
    loop {
        if let Some(name) = multi.next_finished() {
            return name;
        }
        assert!(is_readable_within(multi.descriptor(), SOON), "the descriptor isn't readable");
        multi.step().unwrap();
    }
}

fn pausing(
    multi: &Multi<Result<(), WaitError>, usize>,
    milliseconds: u64,
    pause: u64,
    cancel: Option<Cancel>,
) -> Number {
    let start = |task: Rc<Task>| -> Pending<_> {
        Box::pin(async move {
            let limits = task.limits(Deadline::after(Duration::from_millis(milliseconds)));
            limits.pause(Duration::from_millis(pause)).await
        })
    };
    multi.start(cancel, pause as usize, start).unwrap()
}

fn reading(multi: &Multi<Result<u8, WaitError>, usize>, socket: UnixStream, name: usize) -> Number {
    socket.set_nonblocking(true).unwrap();
    let start = |task: Rc<Task>| -> Pending<_> {
        Box::pin(async move {
            let limits = task.limits(Deadline::after(SOON));
            let socket = limits.watch(socket).unwrap();
            let mut byte = [0];
            loop {
                match std::io::Read::read(&mut &*socket, &mut byte) {
                    Ok(_) => return Ok(byte[0]),
                    Err(_) => limits.ready(&socket, Ready::Read).await?,
                }
            }
        })
    };
    multi.start(None, name, start).unwrap()
}

#[test]
fn a_call_that_waits_for_nothing_finishes_when_it_is_started_and_is_taken_once() {
    let multi = Multi::new().unwrap();
    assert!(!is_readable(&multi));

    let number = multi.start(None, 7, |_| Box::pin(async { "done" })).unwrap();

    assert!(is_readable(&multi));
    multi.step().unwrap();
    assert!(is_readable(&multi));
    assert_eq!(multi.next_finished(), Some(7));
    assert_eq!(multi.next_finished(), None);
    assert!(!is_readable(&multi));
    assert_eq!(multi.finish(number, Err::<&str, _>), None);
    assert_eq!(multi.finish(number, Ok), Some("done"));
    assert_eq!(multi.finish(number, Ok), None);
}

#[test]
fn calls_finish_in_the_order_of_their_times() {
    let multi = Multi::new().unwrap();
    for pause in [60, 20, 40] {
        pausing(&multi, 60_000, pause, None);
    }

    assert_eq!([finished(&multi), finished(&multi), finished(&multi)], [20, 40, 60]);
    assert!(is_idle(&multi));
}

#[test]
fn a_deadline_makes_the_descriptor_readable() {
    let multi = Multi::new().unwrap();
    let number = pausing(&multi, 20, 60_000, None);

    assert_eq!(finished(&multi), 60_000);
    assert!(matches!(multi.finish(number, Ok), Some(Err(WaitError::TimedOut))));
}

#[test]
fn what_arrives_ends_the_wait_of_who_waits_for_it() {
    let multi = Multi::new().unwrap();
    let (mut one, other) = UnixStream::pair().unwrap();
    let (_silent, silence) = UnixStream::pair().unwrap();
    let number = reading(&multi, other, 1);
    reading(&multi, silence, 2);
    assert!(!is_readable(&multi) || multi.step().is_ok());

    one.write_all(b"x").unwrap();

    assert_eq!(finished(&multi), 1);
    assert!(matches!(multi.finish(number, Ok), Some(Ok(b'x'))));
}

#[test]
fn what_arrives_while_a_call_waits_to_write_is_there_when_it_waits_to_read() {
    let multi = Multi::new().unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    other.set_nonblocking(true).unwrap();
    while (&other).write(&[0; 4096]).is_ok() {}
    let start = |task: Rc<Task>| -> Pending<Result<(), WaitError>> {
        Box::pin(async move {
            let limits = task.limits(Deadline::after(SOON));
            let socket = limits.watch(other).unwrap();
            limits.ready(&socket, Ready::Write).await?;
            limits.ready(&socket, Ready::Read).await
        })
    };
    let number = multi.start(None, 1, start).unwrap();

    (&one).write_all(b"x").unwrap();
    one.set_nonblocking(true).unwrap();
    while std::io::Read::read(&mut &one, &mut [0; 4096]).is_ok() {}

    finished(&multi);
    assert!(matches!(multi.finish(number, Ok), Some(Ok(()))));
}

#[test]
fn no_wake_of_another_thread_is_lost() {
    const WAKES: usize = 50_000;
    let multi: Multi<(), ()> = Multi::new().unwrap();
    let polls = Rc::new(Cell::new(0));
    let wakers = RefCell::new(None);
    let start = |task: Rc<Task>| -> Pending<()> {
        *wakers.borrow_mut() = Some(task.waker().unwrap());
        let polls = Rc::clone(&polls);
        Box::pin(std::future::poll_fn(move |_| {
            polls.set(polls.get() + 1);
            Poll::Pending
        }))
    };
    multi.start(None, (), start).unwrap();
    let waker = wakers.take().unwrap();

    let waking = std::thread::spawn(move || (0..WAKES).for_each(|_| waker.wake_by_ref()));

    while polls.get() <= WAKES {
        assert!(is_readable_within(multi.descriptor(), SOON), "{} of {WAKES}", polls.get());
        multi.step().unwrap();
    }
    waking.join().unwrap();
    assert!(!is_readable(&multi) || multi.step().is_ok() && !is_readable(&multi));
}

#[test]
fn cancelling_ends_a_call_with_the_next_step() {
    let multi = Multi::new().unwrap();
    let number = pausing(&multi, 60_000, 60_000, None);
    assert!(!is_readable(&multi));

    multi.cancel(number);

    assert!(is_readable(&multi));
    assert_eq!(finished(&multi), 60_000);
    assert!(matches!(multi.finish(number, Ok), Some(Err(WaitError::Cancelled))));
    multi.cancel(number);
    assert!(is_idle(&multi));
}

#[test]
fn one_token_cancels_all_calls_that_have_it_and_those_to_come() {
    let multi = Multi::new().unwrap();
    let cancel = Cancel::new().unwrap();
    for pause in 60_000..60_003 {
        pausing(&multi, 90_000, pause, Some(cancel.clone()));
    }
    pausing(&multi, 90_000, 1, None);

    std::thread::scope(|scope| {
        scope.spawn(|| cancel.trigger());
    });

    let mut names = [finished(&multi), finished(&multi), finished(&multi), finished(&multi)];
    names.sort_unstable();
    assert_eq!(names, [1, 60_000, 60_001, 60_002]);
    pausing(&multi, 90_000, 60_004, Some(cancel));
    assert_eq!(finished(&multi), 60_004);
}

#[test]
fn a_token_that_is_used_again_still_cancels() {
    let multi = Multi::new().unwrap();
    let once = |token: &Cancel| {
        let number = pausing(&multi, 60_000, 0, Some(token.clone()));
        assert_eq!(finished(&multi), 0);
        number
    };
    let (kept, others) = (Cancel::new().unwrap(), [(); 5].map(|()| Cancel::new().unwrap()));
    multi.finish(once(&kept), Ok).unwrap().unwrap();
    for token in &others {
        let number = once(token);
        // The call has finished, and its result hasn't been taken.
        let pending = pausing(&multi, 60_000, 60_000, Some(kept.clone()));
        multi.finish(number, Ok).unwrap().unwrap();
        multi.drop_call(pending);
    }
    pausing(&multi, 60_000, 60_000, Some(kept.clone()));
    once(&others[0]);

    std::thread::scope(|scope| {
        scope.spawn(|| kept.trigger());
    });

    assert_eq!(finished(&multi), 60_000);
}

#[test]
fn a_call_that_is_dropped_or_closed_leaves_nothing_behind() {
    let multi = Multi::new().unwrap();
    let dropped = pausing(&multi, 60_000, 1, Some(Cancel::new().unwrap()));
    let closed = pausing(&multi, 60_000, 60_000, None);

    multi.drop_call(dropped);
    multi.cancel_all();

    assert_eq!(multi.next_finished(), Some(60_000));
    assert!(matches!(multi.finish(closed, Ok), Some(Err(WaitError::Cancelled))));
    assert!(multi.calls.borrow().is_empty() && multi.timers.borrow().is_empty());
    assert!(is_idle(&multi));
}

#[test]
fn a_call_may_start_and_cancel_others() {
    let multi = Rc::new(Multi::new().unwrap());
    let inner = Rc::clone(&multi);
    let start = |_: Rc<Task>| -> Pending<Result<(), WaitError>> {
        Box::pin(async move {
            assert_eq!(inner.check(), Err(Misuse::InCallback));
            let number = pausing(&inner, 60_000, 60_000, None);
            inner.cancel(number);
            Ok(())
        })
    };
    multi.start(None, 5, start).unwrap();

    assert_eq!(multi.check(), Ok(()));
    assert_eq!([finished(&multi), finished(&multi)], [5, 60_000]);
}

#[test]
fn calls_of_a_multi_that_nobody_steps_do_not_block_others() {
    let semaphore = Rc::new(Semaphore::new(1));
    let stalled = Multi::new().unwrap();
    for name in 0..3 {
        let semaphore = Rc::clone(&semaphore);
        let start = |task: Rc<Task>| -> Pending<Result<(), WaitError>> {
            Box::pin(async move {
                let limits = task.limits(Deadline::after(SOON));
                let _permit = semaphore.acquire(&limits, Duration::from_millis(50)).await?;
                limits.pause(SOON).await
            })
        };
        stalled.start(None, name, start).unwrap();
    }

    let task = Task::default();
    let limits = task.limits(Deadline::after(SOON));
    // The first permit expires soon, and the other calls don't take up theirs.
    assert!(crate::wait::drive(&task, semaphore.acquire(&limits, SOON)).is_ok());
}

#[test]
fn ten_thousand_calls_wait_on_one_thread() {
    let multi = Multi::new().unwrap();
    for pause in 0..10_000 {
        pausing(&multi, 60_000, 10 + pause % 50, None);
    }

    for _ in 0..10_000 {
        finished(&multi);
    }

    assert!(multi.timers.borrow().is_empty() && is_idle(&multi));
}

#[test]
fn the_call_that_runs_is_the_innermost() {
    let multi = Rc::new(Multi::<Vec<Option<usize>>, usize>::new().unwrap());
    let shared = Rc::clone(&multi);
    let outer = |_| -> Pending<_> {
        Box::pin(async move {
            let inner_multi = Rc::clone(&shared);
            let inner = |_| -> Pending<_> { Box::pin(async move { vec![inner_multi.current()] }) };
            let before = shared.current();
            let number = shared.start(None, 2, inner).unwrap();
            let mut seen = shared.finish(number, Ok::<_, Vec<_>>).unwrap();
            seen.extend([before, shared.current()]);
            seen
        })
    };

    let number = multi.start(None, 1, outer).unwrap();

    assert_eq!(multi.finish(number, Ok), Some(vec![Some(2), Some(1), Some(1)]));
    assert_eq!(multi.current(), None);
}
