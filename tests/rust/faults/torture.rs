//! Row 106: one I/O operation after the other fails, until a call succeeds without meeting the failure.

use esa::Origin;

use super::breaker::{Break, Breaker};
use super::row::{Row, given, together};
use super::service::Service;
use super::step::{closes, refuses};

/// Far more events than any of the calls has.
const MOST_EVENTS: u32 = 60;

fn scenario(row: &str) -> Row {
    match row {
        "22" => given().creates([closes().applied()]),
        "23" => given().creates([closes()]),
        "28" => given().creates([closes().applied()]).lists([closes()]),
        "51" => given().creates([refuses("InternalException").applied()]),
        "55" => given().creates([refuses("LockFailed")]),
        "74" => {
            let mut row = given();
            row.state.clock_ahead = 7200;
            row
        }
        "83" => super::credentials::renewed_once(),
        _ => given(),
    }
}

#[test]
fn whatever_fails_the_promises_are_kept() {
    let rows = ["5", "22", "23", "28", "51", "55", "74", "83"];
    let cases: Vec<_> = rows.iter().flat_map(|&row| [(row, Break::Close), (row, Break::Reset)]).collect();
    together(&cases, |&(row, how)| {
        let undisturbed = (1..=MOST_EVENTS).find(|&event| !is_disturbed(row, event, how));

        // The least: an accept, and a piece each way in two halves.
        assert!(undisturbed.is_some_and(|event| event > 5), "{undisturbed:?}");
    });
}

/// Plays `row` with a failure at the breaker's `event`. Returns false if the call ends before that.
fn is_disturbed(row: &str, event: u32, how: Break) -> bool {
    let mut row = scenario(row);
    let service = Service::start(std::mem::take(&mut row.state));
    let breaker = Breaker::start(service.address, event, how);
    row.config.endpoint(&format!("http://{}", breaker.address));
    // A single failure isn't too much for a call. It succeeds, and the checks of every row hold.
    let played = row.played_with(service);
    match &played.result {
        Ok(record) => assert!(matches!(record.origin, Origin::Created | Origin::Recovered), "{record:?}"),
        Err(error) => panic!("event {event}: {error:?}"),
    }
    breaker.has_failed()
}
