//! create_record: ties a domain name to a routine, so that requests for it run the routine.
//!
//! `cargo run --example create_record -- ROUTINE SITE_ID RECORD_NAME` builds and runs it.
//!
//! Credentials, region and endpoint come from the environment. Ctrl-C cancels; a second one kills. The standard library
//! can't catch signals, so a program of your own needs a crate for that: this one uses `libc`.

use std::env;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use esa::{CallOptions, Cancel, Client, Config, CreateRoutineRelatedRecordRequest, Error, ErrorKind, Outcome, Record};

const CREATED: u8 = 0;
const BAD_ARGUMENTS: u8 = 2;
const REFUSED: u8 = 3;
const OUTCOME_UNKNOWN: u8 = 4;
const NOT_SENT: u8 = 5;

const USAGE: &str = "usage: create_record [--timeout SECONDS] ROUTINE SITE_ID RECORD_NAME";

const HELP: &str = "
Creates a record on an ESA site and ties it to a routine.

  --timeout SECONDS  how long the whole call may take (default: 30)
  --help             show this

Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 created; 2 invalid argument; 3 the service refused, nothing changed;
4 unknown: read back whether the record exists before you try again; 5 nothing was sent.
";

static CANCEL: OnceLock<Cancel> = OnceLock::new();

extern "C" fn on_interrupt(_: libc::c_int) {
    // SAFETY: the default action is always valid, and a handler may call this function.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    if let Some(cancel) = CANCEL.get() {
        cancel.trigger();
    }
}

/// Returns an object that Ctrl-C triggers.
fn cancel_on_interrupt() -> std::io::Result<&'static Cancel> {
    let cancel = Cancel::new()?;
    let cancel = CANCEL.get_or_init(|| cancel);
    let handler: extern "C" fn(libc::c_int) = on_interrupt;
    // SAFETY: the handler only does what a handler may: it takes no lock and allocates nothing.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
    Ok(cancel)
}

fn create(request: &CreateRoutineRelatedRecordRequest, options: &CallOptions) -> Result<Record, Error> {
    Client::new(&Config::new())?.create_routine_related_record(request, options)
}

/// Says what went wrong, and returns the program's exit status.
fn report(error: &Error) -> u8 {
    let kind = format!("{:?}", error.kind());
    eprintln!("error: {}: {}", if error.code().is_empty() { &kind } else { error.code() }, error.message());
    if !error.advice().is_empty() {
        eprintln!("  advice: {}", error.advice());
    }
    if !error.request_id().is_empty() {
        eprintln!("  request id: {}", error.request_id());
    }
    let (outcome, status) = match error.outcome() {
        Outcome::NotSent => ("nothing was sent", NOT_SENT),
        Outcome::Refused => ("the service refused", REFUSED),
        Outcome::Unknown => ("unknown: the record may exist", OUTCOME_UNKNOWN),
    };
    eprintln!("  outcome: {outcome}");
    if error.kind() == ErrorKind::InvalidArgument { BAD_ARGUMENTS } else { status }
}

fn bad_argument(name: &str, text: &str) -> u8 {
    eprintln!("create_record: {name}: not a number in range: {text}\n{USAGE}");
    BAD_ARGUMENTS
}

fn run(arguments: &[String]) -> u8 {
    let mut options = CallOptions::new();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(option) = rest.next_if(|argument| argument.starts_with("--")) {
        match (option, rest.next()) {
            ("--help", _) => {
                print!("{USAGE}\n{HELP}");
                return CREATED;
            }
            ("--timeout", Some(text)) => match text.parse() {
                Ok(seconds @ 1..) => options.timeout(Duration::from_secs(seconds)),
                _ => return bad_argument(option, text),
            },
            _ => {
                eprintln!("{USAGE}");
                return BAD_ARGUMENTS;
            }
        };
    }
    let [routine, site_id, record_name] = rest.collect::<Vec<_>>()[..] else {
        eprintln!("{USAGE}");
        return BAD_ARGUMENTS;
    };
    let Ok(site @ 1..) = site_id.parse() else {
        return bad_argument("SITE_ID", site_id);
    };

    match cancel_on_interrupt() {
        Ok(cancel) => options.cancel(cancel),
        Err(error) => {
            eprintln!("error: {error}\n  outcome: nothing was sent");
            return NOT_SENT;
        }
    };
    match create(&CreateRoutineRelatedRecordRequest::new(site, routine, record_name), &options) {
        Ok(record) => {
            let id = record.record_id.unwrap_or_default();
            println!("created record {id} for {record_name} (request {})", record.request_id);
            CREATED
        }
        Err(error) => report(&error),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into()).collect();
    ExitCode::from(run(&arguments))
}
