//! How long a client holds the lock that it shares with others: for the writes that queue in it, up to a limit.
//!
//! It only decides. The time goes in, what to do comes out; [`WriteLock`](super::WriteLock) does it. Times are those of the
//! client's own clock.

use std::time::Duration;

use super::write_lock::TryLock;

/// How soon to look again, where another call of the client is just asking for the lock or letting it go.
const SOON: Duration = Duration::from_millis(2);

/// How often the lock is asked for where nobody has said how often, and what a client that has held it as long as it may
/// leaves the others at least.
const REST: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Holding {
    /// How long it may be held for further writes.
    hold: Duration,
    /// The same while others want it.
    shared_hold: Duration,
    stage: Stage,
    /// Of the last one. No two that a process knows of have the same.
    number: u64,
    /// When whoever has the lock loses it, unless it was let go before.
    lease_end: Duration,
    /// Writes under way.
    writers: u32,
    /// Calls that write, or want to.
    wanting: u32,
    /// Bulks that keep it for their next record.
    keepers: u32,
    /// When the client began to keep others out. It may have let the lock go and got it again since, before they noticed.
    turn: Option<Duration>,
    /// When it let go of it.
    left: Duration,
    /// When it may ask again.
    not_before: Duration,
    /// What others wait at most before they ask again, as far as is known; zero: nobody else has been met.
    retry_after: Duration,
    /// Until when to go on without it.
    without_until: Duration,
    /// Whether there was no lock to be had, when it was last asked for.
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
    /// Write, although there is no lock.
    WriteUnlocked,
    /// Ask for the lock, and tell what came of it.
    Ask,
    /// Let the lock go, and then come again.
    LetGo,
    /// Come again after this time.
    Wait(Duration),
}

/// What is worth a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// There is no lock from now on.
    Out,
    /// There is one again.
    Back,
}

impl Holding {
    /// It is held for `hold`, for `shared_hold` while others want it. `first` is a number that no holding has yet.
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
            turn: None,
            left: Duration::ZERO,
            not_before: Duration::ZERO,
            retry_after: Duration::ZERO,
            without_until: Duration::ZERO,
            is_out: false,
        }
    }

    /// A call wants to write. Until it leaves, the lock is kept for it.
    pub(super) fn want(&mut self) {
        self.wanting += 1;
    }

    /// What a call that wants to write does.
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

    /// What the call does that has asked for the lock, for as long as `lease`.
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
            // Others had their turn.
            (self.turn, self.not_before) = (None, Duration::ZERO);
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
        // Whoever was away for so long has let others in.
        if self.turn.is_none() || now.saturating_sub(self.left) > self.rest() {
            self.turn = Some(now);
        }
        if self.not_before != Duration::ZERO {
            // Nobody else took it meanwhile.
            self.retry_after = Duration::ZERO;
        }
    }

    /// A call no longer writes, if it did in the holding of this number, nor wants to. True: let the lock go.
    pub(super) fn release(&mut self, number: Option<u64>, now: Duration) -> bool {
        self.wanting -= 1;
        if number.is_some_and(|number| self.is_held(number)) {
            self.writers -= 1;
        }
        self.is_to_let_go(now)
    }

    /// A bulk keeps the holding of this number for its next record; false: there is none.
    pub(super) fn keep(&mut self, number: u64) -> bool {
        let is_held = self.is_held(number);
        self.keepers += u32::from(is_held);
        is_held
    }

    /// A bulk keeps the holding of this number no longer. True: let the lock go.
    pub(super) fn keep_no_longer(&mut self, number: u64, now: Duration) -> bool {
        if !self.is_held(number) {
            return false;
        }
        self.keepers -= 1;
        self.is_to_let_go(now)
    }

    /// The lock was let go.
    pub(super) fn released(&mut self, now: Duration) {
        self.stage = Stage::Free;
        self.left = now;
        if self.is_over(now) {
            self.turn = None;
            self.not_before = now.saturating_add(self.rest());
        }
    }

    /// Whether the client's time with the lock is over.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        let hold = if self.retry_after == Duration::ZERO { self.hold } else { self.shared_hold };
        self.turn.is_some_and(|turn| now >= turn.saturating_add(hold))
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

    /// How long the client leaves the lock to others after it has held it as long as it may: until each of them has asked.
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

    /// One whose client has got the lock for a first write.
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
        // Meanwhile it can't be had.
        assert_eq!(holding.acquire(at(2500)), Entry::Wait(SOON));
        holding.released(at(2500));
        // The others ask first.
        assert_eq!(holding.acquire(at(2510)), Entry::Wait(at(10) - at(0)));
        assert_eq!(holding.acquire(at(2520)), Entry::Ask);
        // And meanwhile there is nobody else to ask.
        assert_eq!(holding.acquire(at(2520)), Entry::Wait(SOON));
    }

    #[test]
    fn no_write_begins_once_the_time_is_over() {
        let mut holding = held();
        holding.want();

        // One is still under way.
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
        // The late one leaves what isn't its own.
        assert!(!holding.release(Some(1), at(13_030)));
        assert!(holding.release(Some(2), at(13_040)));
    }

    #[test]
    fn who_comes_back_at_once_goes_on_with_the_same_turn_and_makes_way_in_the_end() {
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
        // Whoever comes later than that has let others in anyway.
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
        // Nobody has used it: the next rest is short.
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
