//! Load tests and long-running tests, against the emulator.
//!
//! `make load` and `make soak` run the ignored ones, which take minutes.

#[allow(dead_code)]
#[path = "../rust/emulator.rs"]
mod emulator;
mod load;
mod process;
mod soak;
mod worker;
mod world;

use std::time::Duration;

use esa::{Client, Config, Credentials};

const SITE_ID: i64 = 54362329990032;
const ROUTINE: &str = "test-routine1";

/// Returns a client of the emulator at `url` with longer limits than usual.
fn client(url: &str) -> Client {
    let key = Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap();
    let mut config = Config::new();
    config.endpoint(url).credentials(key).timeout(Duration::from_secs(120)).max_attempts(20);
    Client::new(&config).unwrap()
}
