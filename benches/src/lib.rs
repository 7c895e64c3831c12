//! What the Rust clients of the benchmarks have in common: the arguments, the signed request, and calls on request, each
//! with its time. `benches/run` says what a client reads and prints.

use std::error::Error;
use std::io::{self, BufRead};
use std::time::Instant;

/// Why a client ends.
pub type Failure = Box<dyn Error + Send + Sync>;

/// What makes calls, on one thread.
pub trait Client: Send {
    /// Makes one call.
    ///
    /// # Errors
    ///
    /// If the call isn't a success.
    fn call(&mut self) -> Result<(), Failure>;
}

/// The program's arguments: `URL CA_FILE THREADS`.
pub struct Arguments {
    /// `http` or `https`.
    pub scheme: String,
    /// The server's address and port.
    pub address: String,
    /// The certificate authority that the server's certificate is of.
    pub ca_file: String,
    /// How many threads make calls.
    pub threads: usize,
}

impl Arguments {
    /// Reads the program's arguments.
    ///
    /// # Errors
    ///
    /// If they are others.
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

/// The request that every client sends which doesn't sign: its lines, and its body.
pub fn request() -> (impl Iterator<Item = &'static str>, &'static str) {
    let (head, body) = include_str!("../request.txt").trim_end().split_once("\n\n").unwrap_or_default();
    (head.lines(), body)
}

/// Makes as many calls as each line of the standard input says, and prints what they took.
///
/// # Errors
///
/// If a call fails, or a line isn't a number.
///
/// # Panics
///
/// If a client does.
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

/// Makes `count` calls, and returns what each took in nanoseconds.
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
