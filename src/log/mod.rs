//! The client's log: calls the program's own function, on the thread of the call.

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

/// The level of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(i32)]
pub enum Level {
    /// A bug in the library was caught.
    Error = 1,
    /// Something is wrong, and the call goes on.
    Warn = 2,
    /// What a call decides and waits for, and new credentials.
    Info = 3,
    /// Every request.
    Debug = 4,
}

/// Converts a number of `esa_log_level`.
impl TryFrom<i32> for Level {
    type Error = UnknownNumber;

    fn try_from(number: i32) -> Result<Level, UnknownNumber> {
        let mut all = [Level::Error, Level::Warn, Level::Info, Level::Debug].into_iter();
        all.find(|&level| level as i32 == number).ok_or(UnknownNumber(number))
    }
}

type Sink = dyn Fn(&LogRecord<'_>) + Send + Sync;

/// Stored lines. See [`Log::deferred`].
#[derive(Default)]
pub(crate) struct Deferred(Arc<Mutex<Vec<(Level, String)>>>);

/// A log. The default has no output.
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
    /// The client's secrets.
    redaction: Option<Arc<Redaction>>,
}

/// A log without output.
pub(crate) static NOWHERE: Log = Log { sink: None, redaction: None };

impl Log {
    /// Creates a log that passes lines of `level` and above to `sink`, on the thread of the call. Lines below `level`
    /// aren't built.
    pub fn new(level: Level, sink: impl Fn(&LogRecord<'_>) + Send + Sync + 'static) -> Log {
        Log { sink: Some((level, Arc::new(sink))), redaction: None }
    }

    /// Returns the log with a client's redaction.
    pub(crate) fn without_secrets(&self, redaction: Redaction) -> Log {
        Log { sink: self.sink.clone(), redaction: Some(Arc::new(redaction)) }
    }

    /// Removes `secrets` from all texts from now on.
    pub(crate) fn learn(&self, secrets: &[&str]) {
        if let Some(redaction) = &self.redaction {
            redaction.learn(secrets);
        }
    }

    /// Removes secrets from `text`. `signature` is a secret, too.
    pub(crate) fn redact(&self, text: &mut String, signature: &str) {
        match &self.redaction {
            Some(redaction) => redaction.apply(text, signature),
            None => Redaction::default().apply(text, signature),
        }
    }

    /// Redacts an error.
    pub(crate) fn redacted(&self, error: Error) -> Error {
        error.redacted(|text| self.redact(text, ""))
    }

    /// Returns a log of the same level that stores its lines. It is for code that holds a lock: the program's log
    /// function may make a call that needs the lock.
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
