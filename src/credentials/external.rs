//! The user's own command, which prints credentials.

use std::fs::File;
use std::io::{self, Read};
use std::process::ExitStatus;
use std::sync::Mutex;
use std::time::Duration;

use zeroize::Zeroizing;

use super::child::Child;
use super::cli_profile::Profile;
use super::context::{Context, parse};
use super::{Failure, Issued, words};
use crate::per_process::generation;
use crate::wait::{Limits, Ready, WaitError, Watched, is_readable};

/// The command's time limit.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More than any credentials need.
const LARGEST_OUTPUT: usize = 64 * 1024;

/// The time between two checks whether the command has ended.
const CHECK_EVERY: Duration = Duration::from_millis(10);

/// How often to check for a killed command. It is gone at once, unless the system hangs.
const CHECKS_AFTER_KILLING: u32 = 10;

/// Returns the credentials that `command` prints. It is split into words like a shell does. No shell runs.
pub(super) async fn run(command: &str, context: &Context<'_>) -> Result<Issued, Failure> {
    let output = output_of(command, context).await.map_err(|failure| failure.while_asking("process_command"))?;
    let text = output.text()?;
    let profile: Profile = parse("what process_command prints", text)?;
    profile.of_command(context.asker.clock.now()).map_err(|failure| failure.while_asking("what process_command prints"))
}

async fn output_of(command: &str, context: &Context<'_>) -> Result<Output, Failure> {
    let words = words::split(command)?;
    let program = words.first().ok_or_else(|| Failure::of("it is blank"))?;
    let (child, stdout) = Child::start(&words, context.environment().all())
        .map_err(|error| Failure::of_system(format_args!("{program} can't be started"), &error))?;
    let mut running = Running { child: Some(child), generation: generation() };
    let limits = context.asker.limits.within(TIME_LIMIT);
    context.permit.extend(TIME_LIMIT);
    let mut output = Output::new(limits.watch(stdout).map_err(|error| stopped(WaitError::Failed(error)))?);
    let status = match running.wait(&mut output, &limits).await {
        Ok(status) => status,
        Err(failure) => {
            running.kill(&limits).await;
            return Err(failure);
        }
    };
    match status {
        Some(status) if !status.success() => Err(Failure::of(format!(
            "{program} failed with {status}; run it by hand to see why, since what it says may be secret"
        ))),
        _ => {
            // Everything that it has printed is in the pipe by now. A process that it started may go on and keep the
            // pipe open.
            while output.is_open && is_readable(&output.stdout) {
                output.read()?;
            }
            Ok(output)
        }
    }
}

/// A command that hasn't been reaped.
struct Running {
    /// `None`: it has ended.
    child: Option<Child>,
    /// The generation of the process that started it.
    generation: u64,
}

impl Running {
    /// Reads the command's output until it ends, and returns its exit status. `None` if the host program has reaped it.
    async fn wait(&mut self, output: &mut Output, limits: &Limits<'_>) -> Result<Option<ExitStatus>, Failure> {
        loop {
            let waited = match output.is_open {
                true => limits.within(CHECK_EVERY).ready(&output.stdout, Ready::Read).await,
                false => limits.pause(CHECK_EVERY).await,
            };
            match waited {
                Err(WaitError::TimedOut) => limits.check().map_err(stopped)?,
                waited => waited.map_err(stopped)?,
            }
            if output.is_open && is_readable(&output.stdout) {
                output.read()?;
            }
            if let Some(ended) = self.has_ended() {
                return Ok(ended);
            }
        }
    }

    /// Returns the exit status, once the command has ended.
    fn has_ended(&mut self) -> Option<Option<ExitStatus>> {
        let ended = match self.child.as_mut().map(Child::try_wait) {
            Some(Ok(None)) => return None,
            Some(Ok(status)) => status,
            Some(Err(_)) | None => None,
        };
        self.child = None;
        Some(ended)
    }

    /// Kills it, and waits until it is gone, regardless of the limits.
    async fn kill(&mut self, limits: &Limits<'_>) {
        self.child.iter().for_each(Child::kill);
        for _ in 0..CHECKS_AFTER_KILLING {
            if self.has_ended().is_some() {
                return;
            }
            limits.rest(CHECK_EVERY).await;
        }
    }
}

/// Kills a command that nobody waits for any more, for example when its call is dropped.
impl Drop for Running {
    fn drop(&mut self) {
        /// The killed commands to reap when the next one is dropped.
        static KILLED: Mutex<Vec<Running>> = Mutex::new(Vec::new());
        if self.generation == generation() && self.has_ended().is_none() {
            self.child.iter().for_each(Child::kill);
            // If another thread of the parent held the lock at the fork, the command isn't reaped.
            let Ok(mut killed) = KILLED.try_lock() else { return };
            killed.retain_mut(|running| running.generation == self.generation && running.has_ended().is_none());
            killed.push(Running { child: self.child.take(), generation: self.generation });
        }
    }
}

fn stopped(stop: WaitError) -> Failure {
    match stop {
        WaitError::TimedOut => Failure::of("time ran out while the command ran"),
        WaitError::Cancelled => Failure::of("cancelled while the command ran"),
        WaitError::Failed(error) => Failure::of_system("its output can't be read", &error),
    }
}

/// The output of a command so far.
struct Output {
    stdout: Watched<File>,
    is_open: bool,
    bytes: Zeroizing<Vec<u8>>,
    length: usize,
}

impl Output {
    fn new(stdout: Watched<File>) -> Output {
        Output { stdout, is_open: true, bytes: Zeroizing::new(vec![0; LARGEST_OUTPUT]), length: 0 }
    }

    /// Reads what there is. This doesn't block if the pipe is readable.
    fn read(&mut self) -> Result<(), Failure> {
        let rest = self.bytes.get_mut(self.length..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or_else(|| Failure::of(format!("it prints more than {LARGEST_OUTPUT} bytes")))?;
        match self.stdout.source_mut().read(rest) {
            Ok(count) => {
                self.length += count;
                self.is_open = count > 0;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(stopped(WaitError::Failed(error))),
        }
    }

    fn text(&self) -> Result<&str, Failure> {
        let printed = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(printed).map_err(|_| Failure::of("process_command: it prints what is not UTF-8"))
    }
}
