//! The records that a client has deleted lately, which a list that lags still shows.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Ids, and when each of them was last known to be gone, or may have gone.
#[derive(Debug, Default)]
pub(crate) struct Deleted(Mutex<Vec<(i64, Duration)>>);

impl Deleted {
    /// Remembers, at the time `now`, that the record of this `id` is gone; forgets what is older than `horizon`.
    pub(crate) fn add(&self, id: i64, now: Duration, horizon: Duration) {
        let mut ids = self.lock();
        ids.retain(|&(other, deleted)| other != id && now.saturating_sub(deleted) < horizon);
        ids.push((id, now));
    }

    /// Whether a list that shows this `id` at the time `now` may lag, so that it proves nothing.
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
