//! A question to the caller during a call: may it go on?

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A question to the caller during a call: may it go on? It is asked while the call waits or reads.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<Question<dyn Fn() -> bool + Send + Sync>>);

struct Question<F: ?Sized> {
    begun: Instant,
    /// When it was asked last, in milliseconds since the start.
    asked: AtomicU64,
    ask: F,
}

impl Interrupt {
    /// The time between two questions.
    pub(crate) const EVERY: Duration = Duration::from_millis(50);

    pub(crate) fn new(ask: impl Fn() -> bool + Send + Sync + 'static) -> Interrupt {
        Interrupt(Arc::new(Question { begun: Instant::now(), asked: AtomicU64::new(0), ask }))
    }

    pub(super) fn says_stop(&self) -> bool {
        self.0.asked.store(self.milliseconds(), Ordering::Relaxed);
        (self.0.ask)()
    }

    pub(super) fn is_due(&self) -> bool {
        u128::from(self.milliseconds().saturating_sub(self.0.asked.load(Ordering::Relaxed)))
            >= Interrupt::EVERY.as_millis()
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupt")
    }
}
