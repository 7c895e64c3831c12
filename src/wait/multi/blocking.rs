//! A blocking call on a multi, as an event loop makes it. With it, the tests of the blocking calls test this driver,
//! too.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::{Multi, Pending};
use crate::wait::{Cancel, Task, is_readable_within};

thread_local! {
    static MULTI: Multi<(), ()> = Multi::new().expect("a multi");
}

/// Longer than any wait of a test.
const LONGEST: Duration = Duration::from_secs(100);

/// Runs the call that `make` returns to its end.
#[allow(unsafe_code)]
pub(crate) fn drive<'a, T: 'a>(
    cancel: Option<Cancel>,
    make: impl FnOnce(Rc<Task>) -> std::pin::Pin<Box<dyn Future<Output = T> + 'a>>,
) -> T {
    let slot = RefCell::new(None);
    let start_and_finish = |multi: &Multi<(), ()>| {
        let start = |task| {
            let call = make(task);
            let call: std::pin::Pin<Box<dyn Future<Output = ()> + '_>> = Box::pin(async {
                *slot.borrow_mut() = Some(call.await);
            });
            // SAFETY: the call has finished and is dropped before this function returns, and so before what it borrows.
            unsafe { std::mem::transmute::<_, Pending<()>>(call) }
        };
        let number = multi.start(cancel, (), start).expect("a call");
        while multi.next_finished().is_none() {
            assert!(is_readable_within(multi.descriptor(), LONGEST), "the multi's descriptor isn't readable");
            multi.step().expect("a step");
        }
        multi.finish(number, Ok).expect("a result");
    };
    // A callback can't use the multi of its own call.
    MULTI.with(|multi| match multi.check() {
        Ok(()) => start_and_finish(multi),
        Err(_) => start_and_finish(&Multi::new().expect("a multi")),
    });
    slot.into_inner().expect("a result")
}
