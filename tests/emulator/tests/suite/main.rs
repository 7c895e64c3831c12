//! Drives the built emulator over loopback sockets, with a signer of its own.

mod actions;
mod admin;
mod assume_role;
mod authentication;
mod cloud_sso;
mod credentials_uri;
mod delays;
mod errors;
mod faults;
mod metadata;
mod oidc;
mod operations;
mod page;
mod process;
mod ram;
mod reach;
mod routine_code;
mod session;
mod signer;
mod support;
mod tls;
