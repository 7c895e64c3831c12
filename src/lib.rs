//! Creates edge-routine records on Alibaba Cloud ESA, synchronously.
//!
//! ESA runs edge functions, called *routines*. A *related record* ties a domain name of a site to a routine, so that
//! requests for the name run its code. [`Client`] makes one; the library's C interface, with its header `esa.h`, is the
//! same for everything that speaks C.
//!
//! Every failure is an [`Error`] that says what kind it is, what the call did (no write was sent, each one was refused, or
//! unknown) and what to do about it.
//!
//! A create is never lost and never doubled: if the service's answer doesn't arrive, or doesn't say what became of the
//! request, the call reads the record back before it does anything else.
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
//!         Err(error) if error.kind() == ErrorKind::Conflict => println!("there is one already: {error}"),
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
//! Requests and other structs that a program makes begin with `new`, and have a `with_…` for each further field.
//!
//! # Features
//!
//! - `platform-roots` trusts the certificate authorities of the platform's store, in place of the built-in ones.
//! - `log` and `tracing` hand the client's log to these crates: `Log::to_log`, `Log::to_tracing`.
//! - `capi` is the C interface. Rust programs don't need it.
//!
//! # Map
//!
//! Data goes one way: arguments → request (`operation`) → signed request (`signature`) → reply (`http`, `reply`) → outcome
//! ([`Error`], `service_code`) → result. So do the modules: each uses those below it alone, in the order that `layers.rs`
//! has. `wait` is how a call waits; `transport` connects; `credentials` and `endpoint` say as whom and where. `call`
//! carries one operation out: attempts, waits, and clearing up what was lost. `record` makes of the operations what a
//! caller wants of a record. `redaction` is what every text passes on its way out.

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

/// Has the pages' examples compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/bulk.md")]
#[doc = include_str!("../docs/observability.md")]
struct Pages;
