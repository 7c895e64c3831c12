//! Drives the built emulator over loopback sockets, with a signer of its own.

mod admin;
mod authentication;
mod errors;
mod faults;
mod giver;
mod operations;
mod page;
mod process;
mod ram;
mod signer;
mod sts;
mod support;
