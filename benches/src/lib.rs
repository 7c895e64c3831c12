//! The common part of the benchmarks' Rust clients: the arguments, the signed request, and timed calls on request.
//! `benches/run` says what a client reads and prints.

use std::error::Error;
use std::io::{self, BufRead};
use std::time::Instant;

/// Why a client ends.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A client that makes calls on one thread.
pub trait Client: Send {
    /// Makes one call.
    ///
    /// # Errors
    ///
    /// Fails if the call isn't successful.
    fn call(&mut self) -> Result<(), Failure>;
}

/// The program's arguments: `URL CA_FILE THREADS`.
pub struct Arguments {
    /// `http` or `https`.
    pub scheme: String,
    /// The server's address and port.
    pub address: String,
    /// The certificate authority of the server's certificate.
    pub ca_file: String,
    /// How many threads make calls.
    pub threads: usize,
}

impl Arguments {
    /// Reads the program's arguments.
    ///
    /// # Errors
    ///
    /// Fails if the arguments are invalid.
    pub fn read() -> Result<Arguments, Failure> {
        let arguments: Vec<String> = std::env::args().collect();
        let [_, url, ca_file, threads] = &arguments[..] else { return Err("usage: CLIENT URL CA_FILE THREADS".into()) };
        let (scheme, address) = url.split_once("://").ok_or("not a URL")?;
        Ok(Arguments {
            scheme: scheme.to_owned(),
            address: address.to_owned(),
            ca_file: ca_file.to_owned(),
            threads: threads.parse()?,
        })
    }
}

/// Returns the request of every client that doesn't sign: its lines, and its body.
pub fn request() -> (impl Iterator<Item = &'static str>, &'static str) {
    let (head, body) = include_str!("../request.txt").trim_end().split_once("\n\n").unwrap_or_default();
    (head.lines(), body)
}

/// For each line of standard input, makes that number of calls and prints their times.
///
/// # Errors
///
/// Fails if a call fails, or if a line isn't a number.
///
/// # Panics
///
/// Panics if a client does.
pub fn serve<C: Client>(clients: &mut [C]) -> Result<(), Failure> {
    for line in io::stdin().lock().lines() {
        let each = line?.parse::<usize>()? / clients.len();
        let (started, cpu) = (Instant::now(), cpu_nanoseconds());
        let latencies: Result<Vec<Vec<u128>>, Failure> = std::thread::scope(|scope| {
            let running: Vec<_> = clients.iter_mut().map(|client| scope.spawn(move || timed(client, each))).collect();
            running.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
        });
        let (latencies, cpu, wall) = (latencies?.concat(), cpu_nanoseconds() - cpu, started.elapsed().as_nanos());
        println!(r#"{{"wall": {wall}, "cpu": {cpu}, "latencies": {latencies:?}}}"#);
    }
    Ok(())
}

/// Makes `count` calls, and returns the time of each in nanoseconds.
fn timed(client: &mut impl Client, count: usize) -> Result<Vec<u128>, Failure> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            client.call().map(|()| started.elapsed().as_nanos())
        })
        .collect()
}

fn cpu_nanoseconds() -> i128 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[allow(unsafe_code)]
    // SAFETY: `time` is a timespec that outlives the call.
    unsafe {
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time)
    };
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}
