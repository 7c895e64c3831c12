//! Creates edge-routine records on Alibaba Cloud ESA, with blocking calls.
//!
//! ESA runs edge functions, called *routines*. A *related record* ties a domain name of a site to a routine. Requests
//! for the name then run the routine's code. [`Client`] creates related records. Programs in other languages use the C
//! interface, whose header is `esa.h`.
//!
//! Each failure is an [`Error`]. It says what kind of failure it is, what the call did, and what to do about it. What a
//! call did has three values: no write was sent, the service refused, or the outcome is unknown.
//!
//! A create is never lost and never doubled. If the service's answer is lost or incomplete, the call first reads the
//! record back from the list of the routine's records.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use esa::{CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, ErrorKind, Outcome};
//!
//! fn main() -> Result<(), esa::Error> {
//!     // Credentials, region and endpoint come from the environment, unless the configuration says otherwise.
//!     let client = Client::new(&Config::new())?;
//!
//!     let request = CreateRoutineRelatedRecordRequest::new(54362329990032, "my-routine", "app.example.com");
//!     let mut options = CallOptions::new();
//!     options.timeout(Duration::from_secs(20));
//!     match client.create_routine_related_record(&request, &options) {
//!         Ok(record) => println!("{:?} record {:?}", record.origin, record.record_id),
//!         Err(error) if error.kind() == ErrorKind::Conflict => println!("the record exists already: {error}"),
//!         Err(error) => {
//!             eprintln!("{error}\n{}", error.advice());
//!             match error.outcome() {
//!                 Outcome::NotSent | Outcome::Refused => eprintln!("nothing has changed"),
//!                 Outcome::Unknown => eprintln!("the record may exist: read back before you try again"),
//!             }
//!             return Err(error);
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Requests and other structs that a program builds have a `new`, and a `with_…` for each optional field.
//!
//! # Features
//!
//! - `platform-roots` trusts the certificate authorities of the platform's store instead of the built-in ones.
//! - `log` and `tracing` send the client's log to the crates of these names: `Log::to_log`, `Log::to_tracing`.
//! - `capi` is the C interface. Rust programs don't need it.
//!
//! # Map
//!
//! Data goes one way: arguments → request (`operation`) → signed request (`signature`) → reply (`http`, `reply`) →
//! outcome ([`Error`], `service_code`) → result. The modules depend on each other in the same direction. `layers.rs`
//! has their order.
//!
//! - `credentials` finds the keys, and `endpoint` the server.
//! - `transport` connects.
//! - `wait` waits within a call's limits.
//! - `call` carries out one operation: attempts, waits, and reading back after an unknown outcome.
//! - `record` combines operations into what callers need: create, ensure, delete, bulk.
//! - `redaction` removes secrets from every text that leaves the library.

#![deny(unsafe_code)]
#![warn(missing_docs)]

#[cfg(test)]
mod allocations;
mod call;
mod client;
mod clock;
mod config;
mod credentials;
mod detached;
mod endpoint;
mod environment;
mod error;
mod error_kind;
#[cfg(feature = "capi")]
#[doc(hidden)]
#[allow(unsafe_code)]
pub mod ffi;
mod file;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod http;
mod json;
#[cfg(test)]
mod layers;
mod log;
#[cfg(test)]
mod model;
mod nonce;
mod operation;
mod per_process;
mod random;
mod record;
mod redaction;
mod reply;
#[cfg(test)]
mod scratch;
mod service_code;
mod signature;
mod stats;
mod system;
mod transport;
mod url;
mod wait;

pub use call::{CallOptions, TryLock};
pub use client::Client;
pub use config::Config;
pub use credentials::ProvidedCredentials;
pub use detached::{ReceivedReply, SignWith, read_reply, sign_with};
pub use endpoint::Network;
pub use error::{Error, ErrorKind, Outcome, UnknownNumber};
pub use log::{Level, Log, LogRecord};
pub use operation::{
    ActionParameter, ActionReply, AnyAction, CreateRoutineRelatedRecordRequest, DeleteRoutineRelatedRecordRequest,
    Effect, GetMatchSiteRequest, ListRoutineRelatedRecordsRequest, MatchSite, Place, RelatedRecord, RelatedRecordPage,
};
pub use record::{Bulk, Deletion, Origin, Record};
pub use service_code::ServiceCode;
pub use signature::{Credentials, SignatureVersion, SignedRequest};
pub use stats::Stats;
pub use wait::Cancel;

/// Compiles the pages' examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/bulk.md")]
#[doc = include_str!("../docs/observability.md")]
struct Pages;
