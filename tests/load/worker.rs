//! A process that creates records together with others: this program again, controlled by environment variables.

use std::env;
use std::process::{Child, Command, Stdio};
use std::thread;

use esa::{CallOptions, Client, CreateRoutineRelatedRecordRequest, Error, Record};

use crate::{ROUTINE, SITE_ID, client};

pub(crate) const PROCESSES: usize = 4;
pub(crate) const THREADS: usize = 8;

const URL: &str = "LOAD_URL";
const PROCESS: &str = "LOAD_PROCESS";
const DISTINCT: &str = "LOAD_DISTINCT";
const SHARED: &str = "LOAD_SHARED";

/// Starts the process `number`. It creates its part of the `distinct` names, and ensures all `shared` ones.
pub(crate) fn start(number: usize, url: &str, distinct: usize, shared: usize) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "worker::creates_its_part", "--ignored", "--nocapture"])
        .env(URL, url)
        .env(PROCESS, number.to_string())
        .env(DISTINCT, distinct.to_string())
        .env(SHARED, shared.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn distinct_name(number: usize) -> String {
    format!("distinct-{number:05}.example.com")
}

pub(crate) fn shared_name(number: usize) -> String {
    format!("shared-{number:05}.example.com")
}

#[test]
#[ignore = "one process of the load tests, which start it"]
fn creates_its_part() {
    let Ok(url) = env::var(URL) else { return };
    let number = |name| env::var(name).unwrap().parse::<usize>().unwrap();
    let (process, distinct, shared) = (number(PROCESS), number(DISTINCT), number(SHARED));
    let client = client(&url);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let client = &client;
            scope.spawn(move || {
                for name in (thread..shared).step_by(THREADS).map(shared_name) {
                    report(
                        &name,
                        call(&name, |request, options| client.ensure_routine_related_record(request, options)),
                    );
                }
                for name in (process * THREADS + thread..distinct).step_by(PROCESSES * THREADS).map(distinct_name) {
                    report(&name, create(client, &name));
                }
            });
        }
    });
}

fn create(client: &Client, name: &str) -> Result<Record, Error> {
    call(name, |request, options| client.create_routine_related_record(request, options))
}

fn call(
    name: &str,
    make: impl Fn(&CreateRoutineRelatedRecordRequest<'_>, &CallOptions) -> Result<Record, Error>,
) -> Result<Record, Error> {
    make(&CreateRoutineRelatedRecordRequest::new(SITE_ID, ROUTINE, name), &CallOptions::new())
}

/// Prints one line for the parent process.
fn report(name: &str, result: Result<Record, Error>) {
    match result {
        Ok(record) => println!("\nload {name} {:?} {}", record.origin, record.attempts),
        Err(error) => println!("\nload {name} Failed {} {:?} {error}", error.attempts(), error.outcome()),
    }
}
