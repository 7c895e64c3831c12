//! Simulates many clients that share an account: how long they take, how often they are refused, and how fair it is.
//!
//! The waits are the library's own. The service is a model: it accepts one write of an account at a time, refuses the
//! others, and loses an answer now and then. `make bench-contention` measures the same with real processes.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::backoff::{BUSY, jitter};
use super::file_lock;
use super::holding::{Entry, Holding};
use super::write_lock::{TryLock, spread};
use crate::random::Random;

/// The time of a request and its answer on the network.
const ROUND_TRIP: Duration = Duration::from_millis(1);

/// One answer in this number is lost. Its thread then reads back, while another one writes.
const LOST: u64 = 50;

/// The number of clients, threads of each, and records of each thread.
#[derive(Clone, Copy, Debug)]
struct Fleet {
    clients: usize,
    threads: usize,
    records: u32,
    /// How long a write locks the account.
    hold: Duration,
}

/// How clients use the lock.
#[derive(Clone, Copy)]
struct Policy {
    name: &'static str,
    /// Whether the threads of a client wait for each other.
    write_limit: bool,
    /// How long a thread waits after its `n`-th refusal.
    wait: fn(u32, u64) -> Duration,
    lock: Lock,
    /// How long a client holds the lock while others want it.
    shared_hold: Duration,
}

/// The lock that the clients share.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    None,
    /// Each thread makes single calls.
    Single {
        retry_after: Duration,
    },
    /// Each thread ensures its records in bulk.
    Bulk {
        retry_after: Duration,
    },
}

const LIBESA: Policy = Policy {
    name: "libesa",
    write_limit: true,
    wait: |n, random| jitter(BUSY.range(n), random),
    lock: Lock::None,
    shared_hold: HOLD,
};
const FIXED_3_S: Policy =
    Policy { name: "fixed 3 s", write_limit: false, wait: |_, _| Duration::from_secs(3), ..LIBESA };
const FIXED_5_S: Policy =
    Policy { name: "fixed 5 s", write_limit: false, wait: |_, _| Duration::from_secs(5), ..LIBESA };
/// Even in bulk, a file lock is released after each record.
const FILE: Policy = Policy {
    shared_hold: file_lock::SHARED_HOLD,
    ..with_lock("a file", Lock::Single { retry_after: file_lock::RETRY_AFTER })
};
const SERVER_BULK: Policy = with_lock("a server, in bulk", Lock::Bulk { retry_after: Duration::from_millis(100) });
const SLOW_BULK: Policy = with_lock("asked each second, in bulk", Lock::Bulk { retry_after: Duration::from_secs(1) });

impl Policy {
    fn asks_within(self, time: Duration) -> bool {
        let (Lock::Single { retry_after } | Lock::Bulk { retry_after }) = self.lock else { return false };
        retry_after < time
    }
}

const fn with_lock(name: &'static str, lock: Lock) -> Policy {
    Policy { name, lock, ..LIBESA }
}

/// The defaults for how long a client holds the lock, and how long an attempt takes at most.
const HOLD: Duration = Duration::from_secs(2);
const LEASE: Duration = Duration::from_secs(2 + 10 + 1);

#[derive(Debug)]
struct Outcome {
    /// How long it took, relative to the time for which the account must be locked.
    makespan: f64,
    refusals_per_record: f64,
    /// When the last client was done, relative to the mean of all.
    slowest: f64,
}

/// An event of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The thread wants to send a request.
    Wants,
    /// The thread has its client's write permit.
    Permitted,
    /// The request is sent.
    Sends,
    /// The answer has arrived, or is lost.
    Answered,
    /// The record exists.
    Done,
}

/// A client. One of its threads sends a request, and the others wait for the permit.
struct Client {
    inside: bool,
    queue: VecDeque<usize>,
    holding: Holding,
    done: Duration,
}

/// A thread: the records that are left, and the state of the current one.
#[derive(Clone)]
struct Thread {
    left: u32,
    refusals: u32,
    /// The holding of the lock that it writes in.
    number: Option<u64>,
    /// The holding that it keeps for its next record.
    kept: Option<u64>,
}

struct Simulation {
    fleet: Fleet,
    policy: Policy,
    random: Random,
    clients: Vec<Client>,
    threads: Vec<Thread>,
    agenda: BinaryHeap<Reverse<(Duration, u64, Event, usize)>>,
    number: u64,
    locked_until: Duration,
    /// Whether a client holds the shared lock.
    is_taken: bool,
    refusals: u64,
}

impl Client {
    fn new(shared_hold: Duration) -> Client {
        let holding = Holding::new(HOLD, shared_hold, 0);
        Client { inside: false, queue: VecDeque::new(), holding, done: Duration::ZERO }
    }
}

impl Simulation {
    fn run(fleet: Fleet, policy: Policy, seed: u64) -> Outcome {
        let threads = fleet.clients * fleet.threads;
        let mut simulation = Simulation {
            fleet,
            policy,
            random: Random::of(seed),
            clients: (0..fleet.clients).map(|_| Client::new(policy.shared_hold)).collect(),
            threads: vec![Thread { left: fleet.records, refusals: 0, number: None, kept: None }; threads],
            agenda: BinaryHeap::new(),
            number: 0,
            locked_until: Duration::ZERO,
            is_taken: false,
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
                let write_limit = self.policy.write_limit;
                let client = self.client_of(thread);
                client.holding.want();
                if write_limit && client.inside {
                    client.queue.push_back(thread);
                } else {
                    client.inside = true;
                    self.plan(now, Event::Permitted, thread);
                }
            }
            Event::Permitted => self.acquires(now, thread),
            Event::Sends => self.sends(now, thread),
            Event::Answered => {
                let is_lost = self.random.next() % LOST == 0;
                self.releases(now, thread, !is_lost && self.threads[thread].left > 1);
                let look = if is_lost { ROUND_TRIP } else { Duration::ZERO };
                self.plan(now + look, Event::Done, thread);
            }
            Event::Done => {
                self.threads[thread].left -= 1;
                self.threads[thread].refusals = 0;
                self.client_of(thread).done = now;
                if self.threads[thread].left > 0 {
                    self.plan(now, Event::Wants, thread);
                }
            }
        }
    }

    /// Acquires the shared lock for a thread, like [`super::write_lock`].
    fn acquires(&mut self, now: Duration, thread: usize) {
        let (Lock::Single { retry_after } | Lock::Bulk { retry_after }) = self.policy.lock else {
            return self.plan(now, Event::Sends, thread);
        };
        let mut entry = self.client_of(thread).holding.acquire(now);
        if entry == Entry::Ask {
            let answer = if self.is_taken { TryLock::NotYet { retry_after } } else { TryLock::Acquired };
            self.is_taken = true;
            entry = self.client_of(thread).holding.answered(&answer, LEASE, now).0;
        }
        match entry {
            Entry::Write(number) => {
                if let Some(kept) = self.threads[thread].kept.take() {
                    assert!(!self.client_of(thread).holding.keep_no_longer(kept, now));
                }
                self.threads[thread].number = Some(number);
                self.plan(now, Event::Sends, thread);
            }
            Entry::Wait(wait) => {
                let wait = spread(wait, self.random.next());
                self.plan(now + wait, Event::Permitted, thread);
            }
            Entry::LetGo => {
                self.lets_go(now, thread);
                self.plan(now, Event::Permitted, thread);
            }
            Entry::WriteUnlocked | Entry::Ask => unreachable!("there is a lock"),
        }
    }

    fn lets_go(&mut self, now: Duration, thread: usize) {
        self.is_taken = false;
        self.client_of(thread).holding.released(now);
    }

    fn sends(&mut self, now: Duration, thread: usize) {
        let arrival = now + ROUND_TRIP / 2;
        if arrival >= self.locked_until {
            self.locked_until = arrival + self.fleet.hold;
            self.plan(self.locked_until + ROUND_TRIP / 2, Event::Answered, thread);
            return;
        }
        self.refusals += 1;
        self.threads[thread].refusals += 1;
        let wait = (self.policy.wait)(self.threads[thread].refusals, self.random.next());
        self.releases(now + ROUND_TRIP, thread, false);
        self.plan(now + ROUND_TRIP + wait, Event::Wants, thread);
    }

    /// Passes the permit to the client's next thread. In bulk, the thread keeps the lock if it `goes_on` with another
    /// record at once.
    fn releases(&mut self, now: Duration, thread: usize, goes_on: bool) {
        let number = self.threads[thread].number.take();
        if let (Some(number), Lock::Bulk { .. }, true) = (number, self.policy.lock, goes_on) {
            self.threads[thread].kept = self.client_of(thread).holding.keep(number).then_some(number);
        }
        if self.client_of(thread).holding.release(number, now) {
            self.lets_go(now, thread);
        }
        let client = self.client_of(thread);
        match client.queue.pop_front() {
            Some(next) => self.plan(now, Event::Permitted, next),
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

/// Returns the mean of several runs.
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

#[test]
fn clients_that_share_a_lock_are_never_refused_and_waste_little_time() {
    for (fleet, policy, makespan) in [
        (fleet(8, 4, 250, 20), FILE, 1.06),
        (fleet(8, 4, 250, 20), SERVER_BULK, 1.08),
        (fleet(64, 1, 30, 20), SERVER_BULK, 1.15),
        (fleet(8, 1, 20, 1000), SERVER_BULK, 1.05),
        (fleet(1000, 1, 2, 1000), SLOW_BULK, 1.05),
    ] {
        let outcome = simulate(fleet, policy);
        assert!(outcome.makespan < makespan && outcome.refusals_per_record == 0.0, "{fleet:?}: {outcome:?}");
    }
}

#[test]
fn clients_that_share_a_lock_alternate() {
    for policy in [FILE, SERVER_BULK] {
        let outcome = simulate(fleet(8, 4, 250, 20), policy);
        assert!(outcome.slowest < 1.3, "{}: {outcome:?}", policy.name);
    }
    // The work of each client is small.
    let outcome = simulate(fleet(64, 1, 30, 20), FILE);
    assert!(outcome.slowest < 1.3, "{outcome:?}");
}

const HEAD: &str = "\
| clients × threads × records | lock | policy | makespan / lock time | refusals / record | slowest / mean |
|---|---|---|---|---|---|";

/// Prints a row of the table.
fn print(fleet: Fleet, policy: Policy) {
    let Outcome { makespan, refusals_per_record, slowest } = simulate(fleet, policy);
    let Fleet { clients, threads, records, hold } = fleet;
    println!(
        "| {clients} × {threads} × {records} | {} ms | {} | {makespan:.2} | {refusals_per_record:.2} | {slowest:.2} |",
        hold.as_millis(),
        policy.name,
    );
}

/// `make bench-contention` shows it.
#[test]
#[ignore = "prints a table, for make bench-contention"]
fn table() {
    println!("{HEAD}");
    for fleet in [
        fleet(1, 16, 1000, 20),
        fleet(8, 4, 250, 20),
        fleet(64, 1, 30, 20),
        fleet(8, 1, 125, 1000),
        fleet(64, 1, 15, 1000),
        fleet(1000, 1, 10, 20),
        fleet(1000, 1, 10, 1000),
    ] {
        for policy in [LIBESA, FILE, SERVER_BULK, SLOW_BULK, FIXED_3_S, FIXED_5_S] {
            // A single host doesn't run this many clients, and a simulation of frequent requests takes hours.
            if fleet.clients == 1000 && policy.asks_within(fleet.hold.max(Duration::from_millis(100))) {
                continue;
            }
            print(fleet, policy);
        }
    }
}

/// The same, for a plot.
#[test]
#[ignore = "prints a table, for make bench-contention"]
fn hosts() {
    println!("{HEAD}");
    for hold in [20, 1000] {
        for hosts in [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] {
            for policy in [LIBESA, SLOW_BULK, FIXED_3_S] {
                print(fleet(hosts, 1, 10, hold), policy);
            }
        }
    }
}
