//! `esa-emulator`: a local stand-in for Alibaba Cloud ESA that checks every signature.
//!
//! It emulates the edge-routine operations and the sources of keys, answers as they do, and fails on request.
#![forbid(unsafe_code)]

mod admin;
mod answer_details;
mod arn;
mod authenticate;
mod base64_text;
mod body;
mod canned_reply;
mod cli;
mod clock;
mod code_upload;
mod contention;
mod encoding;
mod endpoint;
mod exchange;
mod fault;
mod handler;
mod identifier;
mod journal;
mod known_action;
mod late_commit;
mod multipart;
mod operation;
mod page;
mod ram;
mod reply;
mod reply_headers;
mod request;
mod request_details;
mod request_log;
mod role;
mod routine_code;
mod rpc;
mod seconds;
mod seed;
mod server;
mod service_error;
mod setup;
mod site;
mod spelling;
mod state;
mod sts;
mod tls;
mod wanted_parameters;
mod web_page;
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
