//! Where the library says what it does: the caller's own function, on the caller's own thread.

mod record;
mod scope;
#[cfg(feature = "log")]
mod to_log;
#[cfg(feature = "tracing")]
mod to_tracing;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub use self::record::LogRecord;
pub(crate) use self::scope::Scope;
use crate::error::{Error, UnknownNumber};
use crate::redaction::Redaction;

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(i32)]
pub enum Level {
    /// A bug in the library was caught.
    Error = 1,
    /// Something isn't as it should be, and the call goes on.
    Warn = 2,
    /// What a call decides and what it waits for; and new credentials.
    Info = 3,
    /// Every request.
    Debug = 4,
}

/// Reads a number of `esa_log_level`.
impl TryFrom<i32> for Level {
    type Error = UnknownNumber;

    fn try_from(number: i32) -> Result<Level, UnknownNumber> {
        let mut all = [Level::Error, Level::Warn, Level::Info, Level::Debug].into_iter();
        all.find(|&level| level as i32 == number).ok_or(UnknownNumber(number))
    }
}

type Sink = dyn Fn(&LogRecord<'_>) + Send + Sync;

/// Lines that were kept; see [`Log::deferred`].
#[derive(Default)]
pub(crate) struct Deferred(Arc<Mutex<Vec<(Level, String)>>>);

/// A log; by default it goes nowhere.
///
/// ```
/// use esa::{Config, Level, Log};
///
/// let mut config = Config::new();
/// config.log(Log::new(Level::Info, |record| eprintln!("{:?} {record}", record.level)));
/// ```
#[derive(Clone, Default)]
pub struct Log {
    sink: Option<(Level, Arc<Sink>)>,
    /// What its client keeps to itself.
    redaction: Option<Arc<Redaction>>,
}

/// The log of who has none.
pub(crate) static NOWHERE: Log = Log { sink: None, redaction: None };

impl Log {
    /// A log that hands lines of `level` and above to `sink`, on the thread that makes the call. Lines below `level` aren't
    /// made at all.
    pub fn new(level: Level, sink: impl Fn(&LogRecord<'_>) + Send + Sync + 'static) -> Log {
        Log { sink: Some((level, Arc::new(sink))), redaction: None }
    }

    /// The same log, for a client that keeps this to itself.
    pub(crate) fn without_secrets(&self, redaction: Redaction) -> Log {
        Log { sink: self.sink.clone(), redaction: Some(Arc::new(redaction)) }
    }

    /// Takes `secrets` out of all texts from now on.
    pub(crate) fn learn(&self, secrets: &[&str]) {
        if let Some(redaction) = &self.redaction {
            redaction.learn(secrets);
        }
    }

    /// Makes of `text` what may leave; `signature` is a secret as well.
    pub(crate) fn redact(&self, text: &mut String, signature: &str) {
        match &self.redaction {
            Some(redaction) => redaction.apply(text, signature),
            None => Redaction::default().apply(text, signature),
        }
    }

    /// An error as it may leave.
    pub(crate) fn redacted(&self, error: Error) -> Error {
        error.redacted(|text| self.redact(text, ""))
    }

    /// A log of the same level that keeps its lines until they are wanted: for the time in which a lock is held, since
    /// the caller's function may make a call that needs it.
    pub(crate) fn deferred(&self) -> (Log, Deferred) {
        let lines = Deferred::default();
        let kept = Arc::clone(&lines.0);
        let log = self.sink.as_ref().map(|(level, _)| {
            Log::new(*level, move |record| {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push((record.level, record.message.to_owned()));
            })
        });
        (Log { redaction: self.redaction.clone(), ..log.unwrap_or_default() }, lines)
    }

    fn wants(&self, level: Level) -> bool {
        self.sink.as_ref().is_some_and(|(most, _)| level <= *most)
    }

    fn put(&self, record: &LogRecord<'_>) {
        self.sink.iter().for_each(|(_, sink)| sink(record));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.sink.as_ref().map(|(level, _)| level)).finish()
    }
}
