//! `esa-emulator`: a local stand-in for Alibaba Cloud ESA that checks every signature.
//!
//! It knows the edge-routine operations, answers as the service does, and can be told to fail.
#![forbid(unsafe_code)]

mod admin;
mod authenticate;
mod base64_text;
mod body;
mod cli;
mod clock;
mod encoding;
mod fault;
mod giver;
mod handler;
mod identifier;
mod operation;
mod page;
mod ram;
mod reply;
mod request;
mod request_details;
mod request_log;
mod seed;
mod server;
mod service_error;
mod session;
mod state;
mod sts;
mod tls;
mod wire_fault;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    match server::run(cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("esa-emulator: {problem}");
            ExitCode::from(2)
        }
    }
}
