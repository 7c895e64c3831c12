//! The C interface: what `include/esa.h` declares, one file per concept.
//!
//! The types have the same names as in C. `build.rs` makes the header from these files, in the order in which it lists
//! them. Their doc comments are the manual. Every export runs inside the panic guard, reads the caller's memory by
//! copying it, and hands out memory that it owns.

#![allow(non_camel_case_types)]

#[cfg(test)]
mod allocations;
pub mod bulk;
pub mod call_action;
pub mod call_options;
pub mod cancel;
mod cancellation;
pub mod client;
pub mod config;
pub mod create_routine_related_record;
pub mod credentials;
pub mod delete_routine_related_record;
pub mod ensure_routine_related_records;
pub mod error;
#[cfg(fuzzing)]
pub mod fuzz;
pub mod get_match_site;
mod guard;
#[cfg(test)]
mod injected_panics;
pub mod limits;
pub mod list_routine_related_records;
pub mod log;
pub mod multi;
pub mod origin;
mod owned;
pub mod reply;
pub mod service_code;
pub mod sign;
pub mod stats;
pub mod status;
mod string;
mod struct_size;
pub mod version;
pub mod write_lock;
