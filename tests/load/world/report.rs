//! The report of a run: a table of the calls and their outcomes, and each kind of untrue outcome with its first sample.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::call::{Call, Failure, Operation, Said};
use super::check::Falsehood;
use super::history::{History, is_write};
use super::observer::Observed;

type Matches = dyn Fn(&Operation) -> bool;

const ROWS: [(&str, &Matches); 7] = [
    ("create", &|operation| *operation == Operation::Create),
    ("ensure", &|operation| *operation == Operation::Ensure),
    ("bulk, a record", &|operation| *operation == Operation::Bulk),
    ("delete by name", &|operation| *operation == Operation::DeleteByName),
    ("delete by id", &|operation| matches!(operation, Operation::DeleteById(_))),
    ("list, a page", &|operation| *operation == Operation::List),
    ("all", &|_| true),
];

pub(crate) fn print(
    calls: &[Call],
    falsehoods: &[(Falsehood, &Call)],
    history: &History,
    observed: &Observed,
    took: Duration,
) {
    let is_false: BTreeSet<u32> = falsehoods.iter().map(|(_, call)| call.number).collect();
    println!(
        "{:<16}{:>7}{:>7}{:>10}{:>9}{:>9}{:>9}{:>7}",
        "", "calls", "OK", "not sent", "refused", "unknown", "", "false"
    );
    for (title, matches) in ROWS {
        let of_row: Vec<_> = calls.iter().filter(|call| matches(&call.operation)).collect();
        let count = |matches: &dyn Fn(&Call) -> bool| of_row.iter().filter(|call| matches(call)).count();
        let failed = |wanted| count(&|call| matches!(call.said, Said::Failed(failure, _) if failure == wanted));
        let (not_sent, refused, unknown) =
            (failed(Failure::NotSent), failed(Failure::Refused), failed(Failure::Unknown));
        println!(
            "{title:<16}{:>7}{:>7}{not_sent:>10}{refused:>9}{unknown:>9}{:>7.1} %{:>7}",
            of_row.len(),
            of_row.len() - not_sent - refused - unknown,
            100.0 * unknown as f64 / of_row.len().max(1) as f64,
            count(&|call| is_false.contains(&call.number)),
        );
    }
    print_requests(calls, history, observed, took);
    for (kind, samples) in by_kind(falsehoods) {
        println!("{:>5} {}; the first:\n      {}", samples.len(), kind.text(), describe(samples[0], history));
    }
}

fn print_requests(calls: &[Call], history: &History, observed: &Observed, took: Duration) {
    let requests = observed.requests.values();
    let writes = requests.clone().filter(|request| is_write(request)).count();
    let busy = requests.clone().filter(|request| request["verdict"] == "UserOperationStatusIsLocked").count();
    let faults = requests.filter(|request| request["fault"] == true).count();
    let sent: BTreeSet<u32> = history.writes.iter().map(|write| write.call).collect();
    let is_unknown = |call: &&Call| matches!(call.said, Said::Failed(Failure::Unknown, _));
    let without_write = calls.iter().filter(is_unknown).filter(|call| !sent.contains(&call.number)).count();
    let creations = |effects: &&Vec<String>| effects.iter().filter(|effect| effect.starts_with("created")).count();
    let twice = history.effects.values().filter(|effects| creations(effects) > 1).count();
    let per_call = |count: usize| count as f64 / calls.len().max(1) as f64;
    println!(
        "{:.1} s; {} requests, {:.2} a call, of them {:.2} writes ({busy} refused as busy); {faults} met a fault; \
         {} changes of records; {twice} calls created two; {without_write} unknown without a write",
        took.as_secs_f64(),
        observed.requests.len(),
        per_call(observed.requests.len()),
        per_call(writes),
        observed.changes.len(),
    );
}

fn by_kind<'a>(falsehoods: &[(Falsehood, &'a Call)]) -> BTreeMap<Falsehood, Vec<&'a Call>> {
    let mut by_kind: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (kind, call) in falsehoods {
        by_kind.entry(*kind).or_default().push(*call);
    }
    by_kind
}

/// Formats a call, with what its writes met, and with the records of its name around its time.
pub(crate) fn describe(call: &Call, history: &History) -> String {
    const AROUND: u64 = 5_000_000_000;
    let seconds = |time: u64| match time {
        u64::MAX => "…".to_owned(),
        _ => format!("{:+.3}", (time as f64 - call.begin as f64) / 1e9),
    };
    let verdicts: Vec<_> = history.writes_of(call.number).map(|write| write.verdict.as_str()).collect();
    let effects = history.effects.get(&call.number).map_or(String::new(), |effects| effects.join(", "));
    let near = |life: &&super::history::Life| {
        life.name == call.name && life.created < call.end + AROUND && life.deleted > call.since - AROUND
    };
    let lives = history.lives.iter().filter(near);
    let lives: Vec<_> = lives
        .map(|life| format!("{} from {} to {}", life.record_id, seconds(life.created), seconds(life.deleted)))
        .collect();
    format!(
        "call {} of client {}, {:?} of name {}, 0 to {} s: {:?}; its writes met [{}] and did [{effects}]; records: {}",
        call.number,
        call.client,
        call.operation,
        call.name,
        seconds(call.end),
        call.said,
        verdicts.join(", "),
        lives.join("; "),
    )
}
