//! Tests of the library through its public interface, against the emulator and against servers that misbehave.

mod bulk;
mod counts;
mod credentials;
mod emulator;
mod exchange;
mod faults;
#[cfg(feature = "capi")]
mod header;
mod limits;
mod observability;
mod proxies;
mod proxy_server;
mod records;
mod reuse;
mod server;
mod vectors;
