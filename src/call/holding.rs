//! Decides how long a client holds the shared lock: while writes wait in its queue, up to a limit.
//!
//! Its input is the time, and its output what to do. [`WriteLock`](super::WriteLock) does it. Times are on the client's
//! own clock.

use std::time::Duration;

use super::write_lock::TryLock;

/// The time between two checks while another call of the client is acquiring or releasing the lock.
const SOON: Duration = Duration::from_millis(2);

/// The default time between two requests for the lock. It is also the shortest rest that a client leaves to the others
/// after a full holding.
const REST: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Holding {
    /// How long the lock may be held for further writes.
    hold: Duration,
    /// The same while others want it.
    shared_hold: Duration,
    stage: Stage,
    /// The number of the last holding. It is unique within a process.
    number: u64,
    /// When the holder loses the lock if it doesn't release it before.
    lease_end: Duration,
    /// Writes that run.
    writers: u32,
    /// Calls that write or want to.
    wanting: u32,
    /// Bulks that keep the lock for their next record.
    keepers: u32,
    /// When the client began to keep others out. It may have released and acquired the lock since, before others
    /// noticed.
    started: Option<Duration>,
    /// When it last released the lock.
    released_at: Duration,
    /// When it may ask again.
    not_before: Duration,
    /// The longest time before others ask again, as far as is known. Zero: no others were seen.
    retry_after: Duration,
    /// Until when to write without the lock.
    without_until: Duration,
    /// Whether the lock was unavailable when it was last asked for.
    is_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Free,
    Asking,
    Held,
    Releasing,
}

/// What a call that wants to write has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Write, in the holding of this number.
    Write(u64),
    /// Write, although the lock is unavailable.
    WriteUnlocked,
    /// Try to acquire the lock, and report the answer.
    Ask,
    /// Release the lock, and then ask again.
    LetGo,
    /// Ask again after this time.
    Wait(Duration),
}

/// A change to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// The lock is unavailable from now on.
    Out,
    /// The lock is available again.
    Back,
}

impl Holding {
    /// Creates a holding. It lasts `hold`, or `shared_hold` while others want the lock. `first` is an unused number.
    pub(super) fn new(hold: Duration, shared_hold: Duration, first: u64) -> Holding {
        Holding {
            hold,
            shared_hold: shared_hold.min(hold),
            stage: Stage::Free,
            number: first,
            lease_end: Duration::ZERO,
            writers: 0,
            wanting: 0,
            keepers: 0,
            started: None,
            released_at: Duration::ZERO,
            not_before: Duration::ZERO,
            retry_after: Duration::ZERO,
            without_until: Duration::ZERO,
            is_out: false,
        }
    }

    /// Registers a call that wants to write. Until it is released, the lock is kept for it.
    pub(super) fn want(&mut self) {
        self.wanting += 1;
    }

    /// Returns what a call that wants to write has to do.
    pub(super) fn acquire(&mut self, now: Duration) -> Entry {
        match self.stage {
            Stage::Asking | Stage::Releasing => Entry::Wait(SOON),
            Stage::Free if now < self.without_until => Entry::WriteUnlocked,
            Stage::Free if now < self.not_before => Entry::Wait(self.not_before - now),
            Stage::Free => {
                self.stage = Stage::Asking;
                Entry::Ask
            }
            Stage::Held if !self.is_over(now) => {
                self.writers += 1;
                Entry::Write(self.number)
            }
            Stage::Held if self.writers == 0 || now >= self.lease_end => self.let_go(),
            Stage::Held => Entry::Wait(SOON),
        }
    }

    /// Processes the answer to a call that asked for the lock, for `lease`.
    pub(super) fn answered(&mut self, answer: &TryLock, lease: Duration, now: Duration) -> (Entry, Option<News>) {
        self.stage = Stage::Free;
        let was_out = std::mem::replace(&mut self.is_out, matches!(answer, TryLock::Without));
        let news = match (was_out, self.is_out) {
            (false, true) => Some(News::Out),
            (true, false) if matches!(answer, TryLock::Acquired) => Some(News::Back),
            (was_out, _) => {
                self.is_out |= was_out;
                None
            }
        };
        if !matches!(answer, TryLock::Acquired) {
            // Others have held the lock.
            (self.started, self.not_before) = (None, Duration::ZERO);
        }
        let entry = match *answer {
            TryLock::Acquired => {
                self.acquired(lease, now);
                Entry::Write(self.number)
            }
            TryLock::NotYet { retry_after } => {
                self.retry_after = retry_after;
                Entry::Wait(retry_after)
            }
            TryLock::Without => {
                self.without_until = now.saturating_add(self.hold);
                Entry::WriteUnlocked
            }
            TryLock::Failed(_) => Entry::Wait(Duration::ZERO),
        };
        (entry, news)
    }

    fn acquired(&mut self, lease: Duration, now: Duration) {
        self.stage = Stage::Held;
        self.number += 1;
        (self.writers, self.keepers) = (1, 0);
        self.lease_end = now.saturating_add(lease);
        self.without_until = Duration::ZERO;
        // A client that was away this long has let others in.
        if self.started.is_none() || now.saturating_sub(self.released_at) > self.rest() {
            self.started = Some(now);
        }
        if self.not_before != Duration::ZERO {
            // Nobody else acquired it meanwhile.
            self.retry_after = Duration::ZERO;
        }
    }

    /// Unregisters a call. `number` is the holding that it wrote in, if it wrote. Returns true if the lock has to be
    /// released.
    pub(super) fn release(&mut self, number: Option<u64>, now: Duration) -> bool {
        self.wanting -= 1;
        if number.is_some_and(|number| self.is_held(number)) {
            self.writers -= 1;
        }
        self.is_to_let_go(now)
    }

    /// Keeps the holding of this number for a bulk's next record. Returns false if it no longer exists.
    pub(super) fn keep(&mut self, number: u64) -> bool {
        let is_held = self.is_held(number);
        self.keepers += u32::from(is_held);
        is_held
    }

    /// Stops keeping the holding of this number for a bulk. Returns true if the lock has to be released.
    pub(super) fn keep_no_longer(&mut self, number: u64, now: Duration) -> bool {
        if !self.is_held(number) {
            return false;
        }
        self.keepers -= 1;
        self.is_to_let_go(now)
    }

    /// Processes that the lock was released.
    pub(super) fn released(&mut self, now: Duration) {
        self.stage = Stage::Free;
        self.released_at = now;
        if self.is_over(now) {
            self.started = None;
            self.not_before = now.saturating_add(self.rest());
        }
    }

    /// Whether the client has held the lock as long as it may.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        let hold = if self.retry_after == Duration::ZERO { self.hold } else { self.shared_hold };
        self.started.is_some_and(|started| now >= started.saturating_add(hold))
    }

    fn is_held(&self, number: u64) -> bool {
        self.stage == Stage::Held && self.number == number
    }

    fn is_to_let_go(&mut self, now: Duration) -> bool {
        let is_wanted = self.wanting > 0 || self.keepers > 0;
        let lets_go = self.stage == Stage::Held && self.writers == 0 && (!is_wanted || self.is_over(now));
        if lets_go {
            self.let_go();
        }
        lets_go
    }

    fn let_go(&mut self) -> Entry {
        self.stage = Stage::Releasing;
        Entry::LetGo
    }

    /// Returns how long the client leaves the lock to others after a full holding: until each of them has asked.
    fn rest(&self) -> Duration {
        self.retry_after.saturating_mul(2).min(self.hold / 10).max(REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Duration = Duration::from_secs(2);
    const LEASE: Duration = Duration::from_secs(13);
    const RETRY: TryLock = TryLock::NotYet { retry_after: Duration::from_millis(50) };

    const fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(1000 + milliseconds)
    }

    /// Returns a holding whose client has acquired the lock for a first write.
    fn held() -> Holding {
        let mut holding = Holding::new(HOLD, HOLD, 0);
        holding.want();
        assert_eq!(holding.acquire(at(0)), Entry::Ask);
        assert_eq!(holding.answered(&TryLock::Acquired, LEASE, at(0)), (Entry::Write(1), None));
        holding
    }

    #[test]
    fn a_call_that_nobody_waits_behind_lets_go_after_its_write() {
        let mut holding = held();

        assert!(holding.release(Some(1), at(20)));
        holding.released(at(20));
        holding.want();
        assert_eq!(holding.acquire(at(20)), Entry::Ask);
    }

    #[test]
    fn writes_that_queue_use_the_same_holding_until_its_time_is_over() {
        let mut holding = held();
        holding.want();
        holding.want();

        assert!(!holding.release(Some(1), at(1000)));
        assert_eq!(holding.acquire(at(1999)), Entry::Write(1));
        assert!(holding.release(Some(1), at(2500)));
        // Meanwhile it isn't available.
        assert_eq!(holding.acquire(at(2500)), Entry::Wait(SOON));
        holding.released(at(2500));
        // The others ask first.
        assert_eq!(holding.acquire(at(2510)), Entry::Wait(at(10) - at(0)));
        assert_eq!(holding.acquire(at(2520)), Entry::Ask);
        // Meanwhile there is nobody else to ask.
        assert_eq!(holding.acquire(at(2520)), Entry::Wait(SOON));
    }

    #[test]
    fn no_write_begins_once_the_time_is_over() {
        let mut holding = held();
        holding.want();

        // One write still runs.
        assert_eq!(holding.acquire(at(2000)), Entry::Wait(SOON));
        assert!(holding.release(Some(1), at(2100)));
        holding.released(at(2100));
        assert_eq!(holding.acquire(at(2120)), Entry::Ask);
        assert_eq!(holding.answered(&RETRY, LEASE, at(2120)).0, Entry::Wait(Duration::from_millis(50)));
        assert_eq!(holding.acquire(at(2170)), Entry::Ask);
        assert_eq!(holding.answered(&TryLock::Acquired, LEASE, at(2170)).0, Entry::Write(2));
    }

    #[test]
    fn a_lease_that_its_holder_lets_pass_is_taken_over() {
        let mut holding = held();
        holding.want();

        assert_eq!(holding.acquire(at(12_999)), Entry::Wait(SOON));
        assert_eq!(holding.acquire(at(13_000)), Entry::LetGo);
        holding.released(at(13_000));
        assert_eq!(holding.acquire(at(13_020)), Entry::Ask);
        holding.answered(&TryLock::Acquired, LEASE, at(13_020));
        // The late write releases only its own holding.
        assert!(!holding.release(Some(1), at(13_030)));
        assert!(holding.release(Some(2), at(13_040)));
    }

    #[test]
    fn a_client_that_returns_at_once_continues_its_holding_until_the_limit() {
        let mut holding = held();
        let mut now = at(0);
        let mut writes = 0;
        let rest = loop {
            now += Duration::from_millis(100);
            writes += 1;
            assert!(holding.release(Some(writes), now));
            holding.released(now);
            holding.want();
            match holding.acquire(now) {
                Entry::Wait(rest) => break rest,
                entry => assert_eq!(entry, Entry::Ask),
            }
            holding.answered(&TryLock::Acquired, LEASE, now);
        };

        assert_eq!((writes, rest), (20, REST));
        // A client that returns later has let others in anyway.
        let mut holding = held();
        assert!(holding.release(Some(1), at(1990)));
        holding.released(at(1990));
        holding.want();
        assert_eq!(holding.acquire(at(2020)), Entry::Ask);
        holding.answered(&TryLock::Acquired, LEASE, at(2020));
        assert!(!holding.is_over(at(4000)));
    }

    #[test]
    fn others_are_left_the_time_that_they_need_to_ask() {
        let mut holding = Holding::new(HOLD, HOLD, 0);
        holding.want();
        assert_eq!(holding.acquire(at(0)), Entry::Ask);
        holding.answered(&RETRY, LEASE, at(0));
        assert_eq!(holding.acquire(at(50)), Entry::Ask);
        holding.answered(&TryLock::Acquired, LEASE, at(50));
        holding.want();
        assert!(holding.release(Some(1), at(2050)));
        holding.released(at(2050));

        assert_eq!(holding.acquire(at(2050)), Entry::Wait(Duration::from_millis(100)));
        // Nobody has used it, so the next rest is short.
        assert_eq!(holding.acquire(at(2150)), Entry::Ask);
        holding.answered(&TryLock::Acquired, LEASE, at(2150));
        holding.want();
        assert!(holding.release(Some(2), at(4150)));
        holding.released(at(4150));
        assert_eq!(holding.acquire(at(4150)), Entry::Wait(REST));
    }

    #[test]
    fn it_is_held_for_a_shorter_time_while_others_want_it() {
        let mut holding = Holding::new(HOLD, Duration::from_millis(50), 0);
        holding.want();
        assert_eq!(holding.acquire(at(0)), Entry::Ask);
        holding.answered(&RETRY, LEASE, at(0));
        assert_eq!(holding.acquire(at(50)), Entry::Ask);
        holding.answered(&TryLock::Acquired, LEASE, at(50));
        assert!(!holding.is_over(at(99)));
        assert!(holding.is_over(at(100)));

        assert!(holding.release(Some(1), at(100)));
        holding.released(at(100));
        holding.want();
        assert_eq!(holding.acquire(at(200)), Entry::Ask);
        holding.answered(&TryLock::Acquired, LEASE, at(200));
        // Nobody has used it.
        assert!(!holding.is_over(at(2199)));
        assert!(holding.is_over(at(2200)));
    }

    #[test]
    fn a_bulk_keeps_it_for_its_next_record() {
        let mut holding = held();
        assert!(holding.keep(1));
        assert!(!holding.release(Some(1), at(20)));

        holding.want();
        assert_eq!(holding.acquire(at(30)), Entry::Write(1));
        assert!(!holding.keep_no_longer(1, at(30)));
        assert!(holding.release(Some(1), at(50)));
        holding.released(at(50));
        // That holding is over.
        assert!(!holding.keep(1));
        assert!(!holding.keep_no_longer(1, at(60)));
    }

    #[test]
    fn without_a_lock_writes_go_on_and_it_is_asked_for_again_later() {
        let mut holding = Holding::new(HOLD, HOLD, 0);
        holding.want();
        let ask = |holding: &mut Holding, answer: TryLock, now| {
            assert_eq!(holding.acquire(now), Entry::Ask);
            holding.answered(&answer, LEASE, now)
        };

        assert_eq!(ask(&mut holding, TryLock::Without, at(0)), (Entry::WriteUnlocked, Some(News::Out)));
        assert_eq!(holding.acquire(at(1999)), Entry::WriteUnlocked);
        assert_eq!(ask(&mut holding, TryLock::Without, at(2000)), (Entry::WriteUnlocked, None));
        assert_eq!(ask(&mut holding, RETRY, at(4000)).1, None);
        assert_eq!(ask(&mut holding, TryLock::Acquired, at(4050)), (Entry::Write(1), Some(News::Back)));
        assert!(holding.release(Some(1), at(4060)));
    }
}
