//! Creates edge-routine records on Alibaba Cloud ESA, synchronously.
//!
//! ESA runs edge functions, called *routines*. A *related record* ties a domain name of a site to a routine, so that
//! requests for the name run its code. [`Client`] makes one; the library's C interface, with its header `esa.h`, is the
//! same for everything that speaks C.
//!
//! Every failure is an [`Error`] that says what kind it is, what the call did (nothing was sent, the service refused, or
//! unknown) and what to do about it.
//!
//! # Map
//!
//! Data goes one way: arguments ([`CreateRoutineRelatedRecord`]) → request (`operation`) → signed request (`signature`)
//! → reply (`transport`) → outcome ([`Error`], `service_code`) → result. `call` carries this out within its limits;
//! `credentials` and `endpoint` say as whom and where.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod call;
mod client;
mod config;
mod credentials;
mod endpoint;
mod environment;
mod error;
#[cfg(feature = "capi")]
#[doc(hidden)]
#[allow(unsafe_code)]
pub mod ffi;
mod log;
mod operation;
mod service_code;
mod signature;
mod transport;

pub use call::{CallOptions, Cancel};
pub use client::Client;
pub use config::{Config, SignatureVersion};
pub use credentials::Credentials;
pub use error::{Error, Outcome, Status};
pub use log::{Level, Log};
pub use operation::{CreateRoutineRelatedRecord, CreatedRecord};
pub use service_code::ServiceCode;
