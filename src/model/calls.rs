//! The calls that a client makes in a world.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::json;

use super::judge::{Asked, Judge};
use super::service::{ROUTINE, SITE};
use super::state::{State, name};
use super::world::{BRAND_NEW, HORIZON, Memory, Within};
use crate::call::{Budget, Call, Rules};
use crate::operation::{AnyAction, CreateRoutineRelatedRecordRequest, DeleteRoutineRelatedRecordRequest};
use crate::random::Random;
use crate::record::{Work, create, delete, ensure};
use crate::wait::at_once;

/// The result of a world.
#[derive(Debug)]
pub(super) struct Played {
    /// A line for each outcome that was false.
    pub(super) violations: Vec<String>,
    /// The kinds of the calls' results.
    pub(super) outcomes: Vec<String>,
    /// Everything that happened.
    pub(super) trace: Vec<String>,
}

/// Plays the world of this seed.
pub(super) fn play(seed: u64) -> Played {
    let mut random = Random::of(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut memory = Memory::default();
    // The lock has random numbers of its own. They don't change the rest of the world.
    let mut lock = Random::of(!seed);
    if lock.percent(25) {
        memory.share_lock(lock);
    }
    memory.faults.set(random.of_all(&[0, 10, 30, 30, 60, 90]));
    let calls = 1 + random.below(4);
    let state = RefCell::new(State::new(random));
    let budget = Budget::new();
    let mut judge = Judge::default();
    for _ in 0..calls {
        make_a_call(&state, &memory, &budget, &mut judge);
        let pause = draw(&state, |random| random.milliseconds(0, 3000));
        let now = state.borrow().now;
        state.borrow_mut().advance(now + pause);
    }
    state.borrow_mut().finish();
    let mut played = judge.judge(state.into_inner());
    played.violations.extend(memory.lock.iter().flat_map(|(engine, _)| engine.violations()));
    played
}

fn draw<T>(state: &RefCell<State>, draw: impl FnOnce(&mut Random) -> T) -> T {
    draw(&mut state.borrow_mut().random)
}

fn make_a_call(state: &RefCell<State>, memory: &Memory, budget: &Budget, judge: &mut Judge) {
    let now = state.borrow().now;
    let time = draw(state, |random| random.of_all(&[2, 5, 15, 30, 30, 60]));
    let cancelled = draw(state, |random| random.percent(10).then(|| now + random.milliseconds(0, 5000)));
    let begin = || Call {
        world: Within { state, memory, deadline: state.borrow().now + Duration::from_secs(time), cancelled },
        rules: Rules { max_attempts: 3, horizon: HORIZON, budget },
    };
    let target = name(draw(state, |random| random.below(3)));
    let site_id = if draw(state, |random| random.percent(20)) { 0 } else { SITE };
    let request = |site_id| CreateRoutineRelatedRecordRequest::new(site_id, ROUTINE, &target);
    let is_cancellable = cancelled.is_some();
    match draw(state, |random| random.below(6)) {
        0 => {
            let asked = Asked::begin(state, "create", &target, is_cancellable, time);
            let result = at_once(create(&begin(), &request(SITE)));
            judge.made(state, asked, result);
        }
        1 => {
            let asked = Asked::begin(state, "ensure", &target, is_cancellable, time);
            let result = at_once(ensure(&begin(), &request(site_id)));
            judge.made(state, asked, result);
        }
        2 | 3 => {
            let known = state
                .borrow()
                .service
                .lives
                .iter()
                .filter(|life| life.record_name == target)
                .map(|life| life.id)
                .next_back();
            let record_id = known.filter(|_| draw(state, |random| random.percent(50)));
            let asked = Asked::begin(
                state,
                if record_id.is_some() { "delete by id" } else { "delete by name" },
                &target,
                is_cancellable,
                time,
            );
            let request =
                DeleteRoutineRelatedRecordRequest { site_id: SITE, name: ROUTINE, record_name: &target, record_id };
            let result = at_once(delete(&begin(), &request));
            judge.deleted(state, asked, record_id, result);
        }
        4 => call_by_name(state, &begin(), judge, &target, is_cancellable, time),
        _ => {
            let count = draw(state, |random| 1 + random.below(3));
            let names: Vec<_> = (0..count).map(name).collect();
            let requests =
                names.iter().map(|record_name| CreateRoutineRelatedRecordRequest::new(site_id, ROUTINE, record_name));
            let begun = Asked::begin(state, "bulk", &names[0], is_cancellable, time);
            let mut work = Work::new(requests);
            for record_name in &names {
                let mut asked = Asked::begin(state, "bulk", record_name, is_cancellable, time);
                // The record may be ensured before its result is asked for.
                asked.since(&begun);
                let result = at_once(work.next(&begin)).unwrap();
                judge.made(state, asked, result);
                // The caller may be slow.
                let slow = draw(state, |random| random.percent(15).then(|| random.milliseconds(0, 45_000)));
                let now = state.borrow().now;
                state.borrow_mut().advance(now + slow.unwrap_or_default());
            }
            assert!(at_once(work.next(&begin)).is_none());
        }
    }
}

/// Returns an action by name: it creates the record, known to the library or not, or it lists.
fn call_by_name(
    state: &RefCell<State>,
    call: &Call<'_, Within<'_>>,
    judge: &mut Judge,
    target: &str,
    is_cancellable: bool,
    time: u64,
) {
    let action =
        draw(state, |random| random.of_all(&["CreateRoutineRelatedRecord", BRAND_NEW, "ListRoutineRelatedRecords"]));
    let params = match action {
        "ListRoutineRelatedRecords" => json!({"Name": ROUTINE, "PageNumber": 1, "PageSize": 20}),
        _ => json!({"Name": ROUTINE, "RecordName": target, "SiteId": SITE}),
    };
    let asked = Asked::begin(state, "call", target, is_cancellable, time);
    let action = AnyAction { params: Some(&params.to_string()), ..AnyAction::new(action) };
    judge.called(state, asked, at_once(call.perform(&action.prepare().unwrap())));
}
