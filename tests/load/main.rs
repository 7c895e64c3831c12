//! The library under load, and for a long time, against the emulator.
//!
//! `make load` and `make soak` run what is ignored here: it takes minutes.

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

/// A client of the emulator at `url`, with more patience than usual.
fn client(url: &str) -> Client {
    let key = Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap();
    let mut config = Config::new();
    config.endpoint(url).credentials(key).timeout(Duration::from_secs(120)).max_attempts(20);
    Client::new(&config).unwrap()
}
