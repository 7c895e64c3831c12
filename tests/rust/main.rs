//! Tests of the library through its public interface, against the emulator and against servers that misbehave.

mod actions;
mod bulk;
mod counts;
mod credentials;
mod emulator;
mod exchange;
mod faults;
#[cfg(feature = "capi")]
mod header;
mod limits;
mod log_records;
mod observability;
mod proxies;
mod proxy_server;
mod records;
mod reuse;
mod server;
mod vectors;
mod write_lock;

/// Says that a test can't run here, and why. It isn't a macro, because the output of a macro is hidden if the test
/// succeeds.
fn left_out(what: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("LEFT OUT: {what}\n").as_bytes());
}
