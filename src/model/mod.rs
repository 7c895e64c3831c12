//! Random worlds against the calls, in a time that is a number: whatever the service, the network and other clients do, an
//! outcome is true.
//!
//! A world is a service with its records (`service`), what others do there meanwhile (`state`), what goes wrong on the way to
//! it (`faults`), and a client that makes a few `calls` in it, each within its `world`, some with a
//! `lock` that it shares with others. `judge` knows all that happened and
//! holds each result against it. A seed makes a world again: `MODEL_SEED=7 MODEL_WORLDS=1 cargo test --lib model -- --nocapture`
//! plays one and tells what happened in it.
//!
//! tests/mutants breaks the library in one place after the other, and has to be noticed here.

mod calls;
mod faults;
mod judge;
mod lock;
mod service;
mod state;
mod world;

use std::collections::BTreeMap;

/// How many worlds are played; `make model` plays more.
const WORLDS: u64 = 4000;

/// After so many outcomes that weren't true, no further world is played.
const TOLD: usize = 10;

#[test]
fn every_outcome_is_true() {
    let number = |name, default| std::env::var(name).map_or(default, |text: String| text.parse().unwrap());
    let (first, worlds) = (number("MODEL_SEED", 1), number("MODEL_WORLDS", WORLDS));
    let mut outcomes = BTreeMap::<String, u64>::new();
    let mut failed = Vec::new();
    for seed in first..first + worlds {
        if failed.len() >= TOLD {
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
    let told = failed.len().min(TOLD);
    assert!(
        failed.is_empty(),
        "{} outcomes weren't true, of which {told}:\n{}",
        failed.len(),
        failed[..told].join("\n")
    );
}

#[test]
fn a_seed_makes_the_same_world_again() {
    let (one, other) = (calls::play(42), calls::play(42));

    assert_eq!(one.trace, other.trace);
}
