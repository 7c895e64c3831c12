//! Many clients that share one account, simulated: how long they take, how often they are refused, and how fair it is.
//!
//! The waits are the library's own; the rest is a model of the service, which takes one write of an account at a time,
//! refuses the others, and loses an answer now and then. `make bench-contention` measures the same with real processes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::backoff::{BUSY, jitter};
use crate::random::Random;

/// A request's way there and back, beside what the service does.
const ROUND_TRIP: Duration = Duration::from_millis(1);

/// One answer in so many is lost, and costs its thread a read-back. Meanwhile another one has its turn.
const LOST: u64 = 50;

/// Clients, threads of each, and records of each thread.
#[derive(Clone, Copy, Debug)]
struct Fleet {
    clients: usize,
    threads: usize,
    records: u32,
    /// How long the account is locked by a write.
    hold: Duration,
}

/// What clients do about the lock.
#[derive(Clone, Copy)]
struct Policy {
    name: &'static str,
    /// Whether the threads of a client wait for each other.
    gate: bool,
    /// How long a thread waits after its `n`-th refusal.
    wait: fn(u32, u64) -> Duration,
}

const LIBESA: Policy = Policy { name: "libesa", gate: true, wait: |n, random| jitter(BUSY.range(n), random) };
const FIXED_3_S: Policy = Policy { name: "fixed 3 s", gate: false, wait: |_, _| Duration::from_secs(3) };
const FIXED_5_S: Policy = Policy { name: "fixed 5 s", gate: false, wait: |_, _| Duration::from_secs(5) };

#[derive(Debug)]
struct Outcome {
    /// How long it took, as a multiple of the time for which the account has to be locked.
    makespan: f64,
    refusals_per_record: f64,
    /// When the last client was done, as a multiple of when they were on average.
    slowest: f64,
}

/// What happens to a thread, in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// It wants to make a request.
    Wants,
    /// Its request is on its way.
    Sends,
    /// Its answer is there, or lost.
    Answered,
    /// Its record is made.
    Done,
}

/// A client: one of its threads has a request under way, the others wait for their turn.
#[derive(Clone, Default)]
struct Client {
    inside: bool,
    queue: VecDeque<usize>,
    done: Duration,
}

struct Simulation {
    fleet: Fleet,
    policy: Policy,
    random: Random,
    clients: Vec<Client>,
    /// Records that each thread has left, and refusals of the one it is at.
    threads: Vec<(u32, u32)>,
    agenda: BinaryHeap<Reverse<(Duration, u64, Event, usize)>>,
    number: u64,
    locked_until: Duration,
    refusals: u64,
}

impl Simulation {
    fn run(fleet: Fleet, policy: Policy, seed: u64) -> Outcome {
        let threads = fleet.clients * fleet.threads;
        let mut simulation = Simulation {
            fleet,
            policy,
            random: Random::of(seed),
            clients: vec![Client::default(); fleet.clients],
            threads: vec![(fleet.records, 0); threads],
            agenda: BinaryHeap::new(),
            number: 0,
            locked_until: Duration::ZERO,
            refusals: 0,
        };
        for thread in 0..threads {
            let start = jitter(Duration::from_millis(10), simulation.random.next());
            simulation.plan(start, Event::Wants, thread);
        }
        while let Some(Reverse((now, _, event, thread))) = simulation.agenda.pop() {
            simulation.happens(now, event, thread);
        }
        simulation.outcome()
    }

    fn plan(&mut self, time: Duration, event: Event, thread: usize) {
        self.number += 1;
        self.agenda.push(Reverse((time, self.number, event, thread)));
    }

    fn client_of(&mut self, thread: usize) -> &mut Client {
        &mut self.clients[thread / self.fleet.threads]
    }

    fn happens(&mut self, now: Duration, event: Event, thread: usize) {
        match event {
            Event::Wants => {
                let gate = self.policy.gate;
                let client = self.client_of(thread);
                if gate && client.inside {
                    client.queue.push_back(thread);
                } else {
                    client.inside = true;
                    self.plan(now, Event::Sends, thread);
                }
            }
            Event::Sends => self.sends(now, thread),
            Event::Answered => {
                self.leaves(now, thread);
                let look = if self.random.next() % LOST == 0 { ROUND_TRIP } else { Duration::ZERO };
                self.plan(now + look, Event::Done, thread);
            }
            Event::Done => {
                self.threads[thread].0 -= 1;
                self.threads[thread].1 = 0;
                self.client_of(thread).done = now;
                if self.threads[thread].0 > 0 {
                    self.plan(now, Event::Wants, thread);
                }
            }
        }
    }

    fn sends(&mut self, now: Duration, thread: usize) {
        let arrival = now + ROUND_TRIP / 2;
        if arrival >= self.locked_until {
            self.locked_until = arrival + self.fleet.hold;
            self.plan(self.locked_until + ROUND_TRIP / 2, Event::Answered, thread);
            return;
        }
        self.refusals += 1;
        self.threads[thread].1 += 1;
        let wait = (self.policy.wait)(self.threads[thread].1, self.random.next());
        self.leaves(now + ROUND_TRIP, thread);
        self.plan(now + ROUND_TRIP + wait, Event::Wants, thread);
    }

    /// The next of the client's threads has its turn.
    fn leaves(&mut self, now: Duration, thread: usize) {
        let client = self.client_of(thread);
        match client.queue.pop_front() {
            Some(next) => self.plan(now, Event::Sends, next),
            None => client.inside = false,
        }
    }

    fn outcome(&self) -> Outcome {
        let Fleet { clients, threads, records, hold } = self.fleet;
        let records = (clients * threads) as f64 * f64::from(records);
        let done = self.clients.iter().map(|client| client.done.as_secs_f64());
        let last = done.clone().fold(0.0, f64::max);
        Outcome {
            makespan: last / (records * hold.as_secs_f64()),
            refusals_per_record: self.refusals as f64 / records,
            slowest: last / (done.sum::<f64>() / clients as f64),
        }
    }
}

/// The mean of some runs.
fn simulate(fleet: Fleet, policy: Policy) -> Outcome {
    const RUNS: u64 = 5;
    let runs: Vec<_> = (0..RUNS).map(|seed| Simulation::run(fleet, policy, seed)).collect();
    let mean = |of: fn(&Outcome) -> f64| runs.iter().map(of).sum::<f64>() / RUNS as f64;
    Outcome {
        makespan: mean(|run| run.makespan),
        refusals_per_record: mean(|run| run.refusals_per_record),
        slowest: mean(|run| run.slowest),
    }
}

fn fleet(clients: usize, threads: usize, records: u32, milliseconds: u64) -> Fleet {
    Fleet { clients, threads, records, hold: Duration::from_millis(milliseconds) }
}

#[test]
fn one_client_is_never_refused_and_waits_for_nothing_but_the_service() {
    let outcome = simulate(fleet(1, 16, 100, 20), LIBESA);

    assert_eq!(outcome.refusals_per_record, 0.0);
    // The round trips alone are a twentieth.
    assert!(outcome.makespan < 1.06, "{outcome:?}");
}

#[test]
fn many_clients_take_less_than_twice_the_time_of_the_lock_and_few_refusals() {
    for (fleet, makespan, refusals) in [
        (fleet(8, 4, 250, 20), 1.4, 1.0),
        (fleet(64, 1, 30, 20), 2.0, 1.0),
        (fleet(8, 1, 20, 1000), 1.2, 2.0),
        (fleet(64, 1, 5, 1000), 1.2, 10.0),
        (fleet(1000, 1, 10, 20), 1.4, 6.0),
    ] {
        let outcome = simulate(fleet, LIBESA);
        assert!(outcome.makespan < makespan && outcome.refusals_per_record < refusals, "{fleet:?}: {outcome:?}");
    }
}

/// `make bench-contention` shows it.
#[test]
#[ignore = "prints a table, for make bench-contention"]
fn table() {
    println!(
        "| clients × threads × records | lock | policy | makespan / lock time | refusals / record | slowest / mean |"
    );
    println!("|---|---|---|---|---|---|");
    for fleet in [
        fleet(1, 16, 1000, 20),
        fleet(8, 4, 250, 20),
        fleet(64, 1, 30, 20),
        fleet(8, 1, 125, 1000),
        fleet(64, 1, 15, 1000),
        fleet(1000, 1, 10, 20),
        fleet(1000, 1, 10, 1000),
    ] {
        for policy in [LIBESA, FIXED_3_S, FIXED_5_S] {
            let Outcome { makespan, refusals_per_record, slowest } = simulate(fleet, policy);
            let Fleet { clients, threads, records, hold } = fleet;
            println!(
                "| {clients} × {threads} × {records} | {} ms | {} | {makespan:.2} | {refusals_per_record:.2} | {slowest:.2} |",
                hold.as_millis(),
                policy.name,
            );
        }
    }
}
