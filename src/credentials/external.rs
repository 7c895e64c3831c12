//! A command of the user's own that prints credentials.

use std::io::{self, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use zeroize::Zeroizing;

use super::cli_profile::Profile;
use super::context::{Context, parse};
use super::{Failure, Issued};
use crate::call::{Limits, Stop};
use crate::transport::{pause, wait_until_readable};

/// How long the command may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More than any credentials have.
const LARGEST_OUTPUT: usize = 64 * 1024;

/// How often to look whether the command has ended, once it has closed its output.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How often to look for one that was killed, which is gone at once unless the system hangs.
const LOOKS_AFTER_KILLING: u32 = 10;

/// The credentials that `command` prints. It is split into words as a shell does, and there is no shell.
pub(super) fn run(command: &str, context: &Context<'_>) -> Result<Issued, Failure> {
    let output = output_of(command, context).map_err(|failure| failure.while_asking("process_command"))?;
    let profile: Profile = parse("what process_command prints", &output)?;
    profile.of_command(context.clock.now()).map_err(|failure| failure.while_asking("what process_command prints"))
}

fn output_of(command: &str, context: &Context<'_>) -> Result<Zeroizing<String>, Failure> {
    let words = shlex::split(command).ok_or_else(|| Failure::of("a quote in it has no end"))?;
    let (program, arguments) = words.split_first().ok_or_else(|| Failure::of("it is blank"))?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(context.environment().all())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // The host program's own is not the library's to write to.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| Failure::of(format!("{program} can't be started: {error}")))?;
    let limits = context.limits.within(TIME_LIMIT);
    let output = match child.stdout.take() {
        Some(stdout) => read(stdout, &limits),
        None => Err(Failure::of("it has no output")),
    };
    match output.and_then(|output| Ok((output, end_of(&mut child, &limits)?))) {
        Ok((_, Some(status))) if !status.success() => Err(Failure::of(format!(
            "{program} failed with {status}; run it by hand to see why, since what it says may be secret"
        ))),
        Ok((output, _)) => Ok(output),
        Err(failure) => {
            kill(&mut child);
            Err(failure)
        }
    }
}

fn stopped(stop: Stop) -> Failure {
    Failure::of(match stop {
        Stop::TimedOut => "time ran out while the command ran".to_owned(),
        Stop::Cancelled => "cancelled while the command ran".to_owned(),
        Stop::Failed(error) => format!("its output can't be read: {error}"),
    })
}

/// All of the output, as text.
fn read(mut stdout: ChildStdout, limits: &Limits) -> Result<Zeroizing<String>, Failure> {
    let mut output = Zeroizing::new(vec![0; LARGEST_OUTPUT]);
    let mut length = 0;
    loop {
        wait_until_readable(&stdout, limits).map_err(stopped)?;
        let rest = output.get_mut(length..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or_else(|| Failure::of(format!("it prints more than {LARGEST_OUTPUT} bytes")))?;
        match stdout.read(rest) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(stopped(Stop::Failed(error))),
        }
    }
    let text = std::str::from_utf8(output.get(..length).unwrap_or_default());
    text.map(|text| Zeroizing::new(text.to_owned())).map_err(|_| Failure::of("it prints what is not UTF-8"))
}

/// How the command ended; `None` where the host program has been told instead of the library.
fn end_of(child: &mut Child, limits: &Limits) -> Result<Option<ExitStatus>, Failure> {
    loop {
        match child.try_wait() {
            Ok(None) => pause(LOOK_EVERY, limits).map_err(stopped)?,
            Ok(status) => return Ok(status),
            Err(_) => return Ok(None),
        }
    }
}

fn kill(child: &mut Child) {
    let _ = child.kill();
    for _ in 0..LOOKS_AFTER_KILLING {
        match child.try_wait() {
            Ok(None) => std::thread::sleep(LOOK_EVERY),
            _ => return,
        }
    }
}
