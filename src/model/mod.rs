//! Random worlds against the calls, in a time that is a number: whatever the service, the network and other clients do, an
//! outcome is true.
//!
//! A world is a service with its records (`service`), what goes wrong on the way to it (`faults`), what others do meanwhile,
//! and a client that makes a few calls in it (`world`). `judge` knows all that happened and holds each result against it. A
//! seed makes a world again: `MODEL_SEED=7 MODEL_WORLDS=1 cargo test --lib model` plays one and tells what happened in it.
//!
//! tests/mutants breaks the library in one place after the other, and has to be noticed here.

mod calls;
mod faults;
mod judge;
mod random;
mod service;
mod world;

use std::collections::BTreeMap;

/// How many worlds are played; `make model` plays more.
const WORLDS: u64 = 4000;

#[test]
fn every_outcome_is_true() {
    let number = |name, default| std::env::var(name).map_or(default, |text: String| text.parse().unwrap());
    let (first, worlds) = (number("MODEL_SEED", 1), number("MODEL_WORLDS", WORLDS));
    let mut outcomes = BTreeMap::<String, u64>::new();
    for seed in first..first + worlds {
        let played = calls::play(seed);
        assert!(played.violations.is_empty(), "world {seed}: {:#?}\n{}", played.violations, played.trace.join("\n"));
        for outcome in played.outcomes {
            *outcomes.entry(outcome).or_default() += 1;
        }
        if worlds == 1 {
            println!("{}", played.trace.join("\n"));
        }
    }
    println!("{worlds} worlds from seed {first} on: {outcomes:#?}");
}

#[test]
fn a_seed_makes_the_same_world_again() {
    let (one, other) = (calls::play(42), calls::play(42));

    assert_eq!(one.trace, other.trace);
}
