//! Remembers the nonces of each key for as long as a request with one of them could still be valid.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

/// A date may lie 15 minutes ahead and be accepted until 15 minutes after it.
const MEMORY: SignedDuration = SignedDuration::from_mins(30);

#[derive(Debug, Default)]
pub(crate) struct NonceMemory {
    /// Key id and nonce in one text.
    seen: HashSet<Arc<str>>,
    in_order: VecDeque<(Timestamp, Arc<str>)>,
}

impl NonceMemory {
    /// False if the key used this nonce before.
    pub(super) fn remember(&mut self, access_key_id: &str, nonce: &str, now: Timestamp) -> bool {
        while self.in_order.front().is_some_and(|(time, _)| now.duration_since(*time) > MEMORY) {
            if let Some((_, old)) = self.in_order.pop_front() {
                self.seen.remove(&old);
            }
        }
        let text: Arc<str> = format!("{access_key_id}\n{nonce}").into();
        let is_new = self.seen.insert(Arc::clone(&text));
        if is_new {
            self.in_order.push_back((now, text));
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_refused_within_the_window_for_its_key_alone() {
        let mut memory = NonceMemory::default();
        let start = Timestamp::UNIX_EPOCH;
        assert!(memory.remember("a", "1", start));
        assert!(!memory.remember("a", "1", start + SignedDuration::from_mins(30)));
        assert!(memory.remember("b", "1", start));
        assert!(memory.remember("a", "1", start + SignedDuration::from_mins(31)));
        assert_eq!((memory.seen.len(), memory.in_order.len()), (1, 1));
    }
}
