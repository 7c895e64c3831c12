//! Plays the calls in random worlds, in simulated time. Whatever the service, the network and other clients do, each
//! outcome must be true.
//!
//! - `service`: the service and its records
//! - `state`: what others do there meanwhile
//! - `faults`: what goes wrong between the client and the service
//! - `calls`: the client's calls, each within its `world`
//! - `lock`: a lock that the client shares with others in some worlds
//! - `judge`: compares each result with everything that happened
//!
//! A seed plays a world again: `MODEL_SEED=7 MODEL_WORLDS=1 cargo test --lib model -- --nocapture` plays one and prints
//! what happened in it.
//!
//! tests/mutants breaks the library in one place after the other. These worlds must notice it.

mod calls;
mod faults;
mod judge;
mod lock;
mod service;
mod state;
mod world;

use std::collections::BTreeMap;

/// The number of worlds. `make model` plays more.
const WORLDS: u64 = 4000;

/// After this number of false outcomes, no further world is played.
const SHOWN: usize = 10;

#[test]
fn every_outcome_is_true() {
    let number = |name, default| std::env::var(name).map_or(default, |text: String| text.parse().unwrap());
    let (first, worlds) = (number("MODEL_SEED", 1), number("MODEL_WORLDS", WORLDS));
    let mut outcomes = BTreeMap::<String, u64>::new();
    let mut failed = Vec::new();
    for seed in first..first + worlds {
        if failed.len() >= SHOWN {
            break;
        }
        let played = calls::play(seed);
        if worlds == 1 {
            println!("{}", played.trace.join("\n"));
        }
        failed.extend(played.violations.into_iter().map(|violation| format!("world {seed}: {violation}")));
        for outcome in played.outcomes {
            *outcomes.entry(outcome).or_default() += 1;
        }
    }
    println!("{worlds} worlds from seed {first} on: {outcomes:#?}");
    let shown = failed.len().min(SHOWN);
    assert!(
        failed.is_empty(),
        "{} outcomes weren't true, of which {shown}:\n{}",
        failed.len(),
        failed[..shown].join("\n")
    );
}

#[test]
fn a_seed_makes_the_same_world_again() {
    let (one, other) = (calls::play(42), calls::play(42));

    assert_eq!(one.trace, other.trace);
}
