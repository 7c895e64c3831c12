//! The records that a client has deleted recently. A lagging list still shows them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The ids, and when each was last known to be gone or possibly gone.
#[derive(Debug, Default)]
pub(crate) struct Deleted(Mutex<Vec<(i64, Duration)>>);

impl Deleted {
    /// Remembers at `now` that the record `id` is gone. Forgets entries older than `horizon`.
    pub(crate) fn add(&self, id: i64, now: Duration, horizon: Duration) {
        let mut ids = self.lock();
        ids.retain(|&(other, deleted)| other != id && now.saturating_sub(deleted) < horizon);
        ids.push((id, now));
    }

    /// Whether a list that shows `id` at `now` may lag. It then proves nothing.
    pub(crate) fn has(&self, id: i64, now: Duration, horizon: Duration) -> bool {
        self.lock().iter().any(|&(other, deleted)| other == id && now.saturating_sub(deleted) < horizon)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(i64, Duration)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_remembered_for_the_horizon() {
        let (deleted, second) = (Deleted::default(), Duration::from_secs);
        deleted.add(7, second(1), second(10));

        assert!(deleted.has(7, second(10), second(10)));
        assert!(!deleted.has(7, second(11), second(10)));
        assert!(!deleted.has(8, second(1), second(10)));

        deleted.add(8, second(11), second(10));
        assert_eq!(deleted.lock().len(), 1);
    }
}
