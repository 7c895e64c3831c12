//! Checks whether the calls' results are true.

use std::collections::HashMap;

use super::call::{Call, Failure, Operation, Origin, Said, Time};
use super::history::{History, Life};

/// How much two readings of the clock may differ.
const SLACK: Time = 5_000_000;

/// A kind of untrue result.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Falsehood {
    /// OK, but no record of this name and id existed at any time of the call.
    NotThere,
    /// CREATED, but another call created it.
    NotCreatedByIt,
    /// OK with an id that was gone, and that this client had reported as gone. A lagging list is no excuse.
    DeletedBefore,
    /// Deleted or gone, but it existed all the time.
    StillThere,
    /// Deleted by its id, but it was only too new for a lagging list.
    TooYoung,
    /// REFUSED, but a write of the call was carried out.
    CarriedOut,
    /// NOT_SENT, but a write of the call reached the server.
    Sent,
}

impl Falsehood {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Falsehood::NotThere => "OK, not there",
            Falsehood::NotCreatedByIt => "CREATED, by another call",
            Falsehood::DeletedBefore => "OK, deleted by this client before",
            Falsehood::StillThere => "deleted, still there",
            Falsehood::TooYoung => "deleted by id, only too young for the list",
            Falsehood::CarriedOut => "REFUSED, carried out",
            Falsehood::Sent => "NOT_SENT, reached the server",
        }
    }
}

/// The judge of the calls of one run.
pub(crate) struct Check<'a> {
    history: &'a History,
    lives: HashMap<i64, &'a Life>,
    lives_of_name: HashMap<usize, Vec<&'a Life>>,
    /// When each client knew that it had deleted a record.
    deletions: HashMap<(usize, i64), Time>,
    /// How old the content of a list may be.
    lag: Time,
}

impl<'a> Check<'a> {
    pub(crate) fn new(history: &'a History, calls: &[Call], lag: Time) -> Check<'a> {
        let mut lives_of_name: HashMap<_, Vec<_>> = HashMap::new();
        for life in &history.lives {
            lives_of_name.entry(life.name).or_default().push(life);
        }
        let mut deletes: HashMap<u32, Vec<i64>> = HashMap::new();
        for write in &history.writes {
            deletes.entry(write.call).or_default().extend(write.deletes);
        }
        let mut deletions: HashMap<_, Time> = HashMap::new();
        for call in calls.iter().filter(|call| matches!(call.said, Said::Gone)) {
            let last = deletes.get(&call.number).and_then(|ids| ids.last());
            if let Some(&record_id) = last {
                let known = deletions.entry((call.client, record_id)).or_insert(call.end);
                *known = call.end.min(*known);
            }
        }
        let lives = history.lives.iter().map(|life| (life.record_id, life)).collect();
        Check { history, lives, lives_of_name, deletions, lag }
    }

    /// Returns what is untrue in the call's result.
    pub(crate) fn judge(&self, call: &Call) -> Option<Falsehood> {
        match &call.said {
            Said::Record { origin: Origin::Created, record_id } => {
                let created_by = self.life(call, *record_id, call.begin).map(|life| life.created_by);
                match created_by {
                    None => Some(Falsehood::NotThere),
                    Some(number) => (number != call.number).then_some(Falsehood::NotCreatedByIt),
                }
            }
            Said::Record { record_id, .. } => {
                let Some(life) = self.life(call, *record_id, call.since - self.lag) else {
                    return Some(Falsehood::NotThere);
                };
                let known = self.deletions.get(&(call.client, life.record_id)).is_some_and(|&time| time < call.since);
                (known && !overlaps(life, call.since, call.end)).then_some(Falsehood::DeletedBefore)
            }
            Said::Gone => self.judge_deletion(call),
            Said::Listed(rows) => {
                let was_there = |row: &(String, i64)| {
                    let name = super::names::read(&row.0).map(|(index, _)| index);
                    let life = self.lives.get(&row.1).filter(|life| Some(life.name) == name);
                    life.is_some_and(|life| overlaps(life, call.begin - self.lag, call.end))
                };
                (!rows.iter().all(was_there)).then_some(Falsehood::NotThere)
            }
            Said::Failed(Failure::NotSent, _) => self.history.writes_of(call.number).next().map(|_| Falsehood::Sent),
            Said::Failed(Failure::Refused, _) => self.history.effects.get(&call.number).map(|_| Falsehood::CarriedOut),
            Said::Failed(Failure::Unknown, _) => None,
        }
    }

    /// Returns the record of the call's name (and id, if there is one) that existed at some time from `since` to the
    /// call's end.
    fn life(&self, call: &Call, record_id: Option<i64>, since: Time) -> Option<&'a Life> {
        let of_name = self.lives_of_name.get(&call.name)?;
        let mut fitting = of_name.iter().filter(|life| record_id.is_none_or(|record_id| life.record_id == record_id));
        fitting.find(|life| overlaps(life, since, call.end)).copied()
    }

    fn judge_deletion(&self, call: &Call) -> Option<Falsehood> {
        let oldest = call.begin - self.lag - SLACK;
        let is_there = |life: &Life| life.deleted > call.end + SLACK;
        match call.operation {
            // An id is never assigned twice. Once gone it stays gone, and before it was assigned it wasn't gone.
            Operation::DeleteById(record_id) => {
                let life = self.lives.get(&record_id).filter(|life| is_there(life))?;
                Some(if life.created > oldest { Falsehood::TooYoung } else { Falsehood::StillThere })
            }
            // If no single record existed all the time, there was a moment without any.
            _ => {
                let mut lives = self.lives_of_name.get(&call.name)?.iter();
                lives.any(|life| life.created <= oldest && is_there(life)).then_some(Falsehood::StillThere)
            }
        }
    }
}

fn overlaps(life: &Life, from: Time, to: Time) -> bool {
    life.created <= to + SLACK && life.deleted >= from - SLACK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::history::Write;
    use crate::world::names;

    const SECOND: Time = 1_000_000_000;
    /// Far from the clock's origin.
    const START: Time = 1000 * SECOND;

    fn at(seconds: u64) -> Time {
        START + seconds * SECOND
    }

    /// The name 7 exists twice: as record 1 from second 10 to 20, and as record 2 from second 40 on. Record 3 has the
    /// name 8 from second 10 on. Calls 1 to 3 created them, and call 4 deleted the first.
    fn history() -> History {
        let mut history = History::default();
        history.create(7, 1, at(10), 1);
        history.create(8, 3, at(10), 3);
        history.delete(1, at(20), 4);
        history.create(7, 2, at(40), 2);
        for (call, deletes) in [(1, None), (3, None), (4, Some(1)), (2, None), (5, None)] {
            history.writes.push(Write { call, deletes, verdict: "OK".to_owned() });
        }
        history
    }

    fn call(number: u32, operation: Operation, begin: u64, end: u64, said: Said) -> Call {
        Call { number, client: 0, operation, name: 7, since: at(begin), begin: at(begin), end: at(end), said }
    }

    fn record(origin: Origin, record_id: i64) -> Said {
        Said::Record { origin, record_id: Some(record_id) }
    }

    fn failed(failure: Failure) -> Said {
        Said::Failed(failure, String::new())
    }

    fn judge(lag: u64, call: &Call) -> Option<Falsehood> {
        let history = history();
        let deleted = Call { client: 1, ..self::call(4, Operation::DeleteByName, 19, 21, Said::Gone) };
        Check::new(&history, &[deleted], lag * SECOND).judge(call)
    }

    #[test]
    fn a_record_must_have_been_there_in_the_call_s_time() {
        use Origin::{Created, Existing, Recovered};
        for (number, begin, end, said, falsehood) in [
            (1, 9, 11, record(Created, 1), None),
            (1, 9, 9, record(Created, 1), Some(Falsehood::NotThere)),
            (5, 9, 11, record(Created, 1), Some(Falsehood::NotCreatedByIt)),
            (1, 9, 11, record(Created, 3), Some(Falsehood::NotThere)),
            (1, 9, 11, record(Created, 99), Some(Falsehood::NotThere)),
            (5, 9, 11, record(Recovered, 1), None),
            (5, 15, 16, record(Existing, 1), None),
            (5, 20, 22, record(Existing, 1), None),
            (5, 21, 22, record(Existing, 1), Some(Falsehood::NotThere)),
            (5, 21, 22, Said::Record { origin: Existing, record_id: None }, Some(Falsehood::NotThere)),
            (5, 50, 51, Said::Record { origin: Existing, record_id: None }, None),
        ] {
            let call = call(number, Operation::Ensure, begin, end, said);
            assert_eq!(judge(0, &call), falsehood, "{call:?}");
        }
    }

    #[test]
    fn a_list_that_lags_excuses_what_it_showed_and_nothing_else() {
        let existing = call(5, Operation::Ensure, 22, 23, record(Origin::Existing, 1));
        assert_eq!(judge(3, &existing), None);
        assert_eq!(judge(1, &existing), Some(Falsehood::NotThere));
        let created = call(1, Operation::Create, 22, 23, record(Origin::Created, 1));
        assert_eq!(judge(3, &created), Some(Falsehood::NotThere), "its answer has said so, no list");
        let own = Call { client: 1, ..existing };
        assert_eq!(judge(3, &own), Some(Falsehood::DeletedBefore), "this client knew better");
        let begun_before = Call { since: at(20), ..own };
        assert_eq!(judge(3, &begun_before), None);
    }

    #[test]
    fn what_is_gone_must_have_been_gone_in_the_call_s_time() {
        let by_name = |begin, end| call(5, Operation::DeleteByName, begin, end, Said::Gone);
        for (begin, end, falsehood) in [
            (15, 21, None),
            (12, 18, Some(Falsehood::StillThere)),
            (5, 15, None),
            (25, 30, None),
            (41, 42, Some(Falsehood::StillThere)),
        ] {
            assert_eq!(judge(0, &by_name(begin, end)), falsehood, "{begin} {end}");
        }
        assert_eq!(judge(3, &by_name(42, 43)), None, "the list didn't show it yet");

        let by_id = |id, begin, end| call(5, Operation::DeleteById(id), begin, end, Said::Gone);
        assert_eq!(judge(0, &by_id(1, 12, 18)), Some(Falsehood::StillThere));
        assert_eq!(judge(0, &by_id(1, 12, 21)), None);
        assert_eq!(judge(0, &by_id(1, 42, 43)), None);
        assert_eq!(judge(3, &by_id(2, 41, 42)), Some(Falsehood::TooYoung), "not listed yet isn't gone");
        assert_eq!(judge(3, &by_id(2, 50, 51)), Some(Falsehood::StillThere));
    }

    #[test]
    fn a_failed_call_must_have_left_things_alone() {
        let failed = |number, failure| call(number, Operation::Create, 1, 60, failed(failure));
        assert_eq!(judge(0, &failed(1, Failure::Refused)), Some(Falsehood::CarriedOut));
        assert_eq!(judge(0, &failed(4, Failure::Refused)), Some(Falsehood::CarriedOut));
        assert_eq!(judge(0, &failed(5, Failure::Refused)), None);
        assert_eq!(judge(0, &failed(5, Failure::NotSent)), Some(Falsehood::Sent));
        assert_eq!(judge(0, &failed(6, Failure::NotSent)), None);
        assert_eq!(judge(0, &failed(1, Failure::Unknown)), None);
    }

    #[test]
    fn a_page_must_show_what_was_there() {
        let page = |begin, rows: &[(usize, i64)]| {
            let rows = rows.iter().map(|&(name, id)| (names::spell(name, 1), id)).collect();
            call(5, Operation::List, begin, begin + 1, Said::Listed(rows))
        };
        assert_eq!(judge(0, &page(15, &[(7, 1), (8, 3)])), None);
        assert_eq!(judge(0, &page(15, &[(8, 1)])), Some(Falsehood::NotThere));
        assert_eq!(judge(0, &page(30, &[(8, 3), (7, 1)])), Some(Falsehood::NotThere));
        assert_eq!(judge(10, &page(30, &[(8, 3), (7, 1)])), None);
    }

    #[test]
    fn two_records_of_a_name_at_once_are_doubled() {
        let mut history = history();
        assert!(history.doubled().is_empty());
        history.create(7, 4, at(50), 6);
        assert_eq!(history.doubled(), [(2, 4)]);
    }
}
