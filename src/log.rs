//! Where the library says what it does: the caller's own function, on the caller's own thread.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Level {
    /// The level with this number in the C interface.
    pub fn from_number(number: i32) -> Option<Level> {
        [Level::Error, Level::Warn, Level::Info, Level::Debug].into_iter().find(|&level| level as i32 == number)
    }
}

type Sink = dyn Fn(Level, &str) + Send + Sync;

/// Lines that were kept; see [`Log::deferred`].
#[derive(Default)]
pub(crate) struct Deferred(Arc<Mutex<Vec<(Level, String)>>>);

/// A log; by default it goes nowhere.
#[derive(Clone, Default)]
pub struct Log(Option<(Level, Arc<Sink>)>);

impl Log {
    /// A log that hands lines of `level` and above to `sink`, on the thread that makes the call.
    pub fn new(level: Level, sink: impl Fn(Level, &str) + Send + Sync + 'static) -> Log {
        Log(Some((level, Arc::new(sink))))
    }

    /// A log of the same level that keeps its lines until they are wanted: for the time in which a lock is held, since
    /// the caller's function may make a call that needs it.
    pub(crate) fn deferred(&self) -> (Log, Deferred) {
        let lines = Deferred::default();
        let kept = Arc::clone(&lines.0);
        let log = self.0.as_ref().map(|(level, _)| {
            Log::new(*level, move |level, line| {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push((level, line.to_owned()));
            })
        });
        (log.unwrap_or_default(), lines)
    }

    /// Writes the lines that were kept.
    pub(crate) fn write_deferred(&self, Deferred(lines): &Deferred) {
        let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
        for (level, line) in lines {
            self.write(level, || line);
        }
    }

    /// Writes a line, which is made only where somebody wants it.
    pub(crate) fn write(&self, level: Level, message: impl FnOnce() -> String) {
        if let Some((most, sink)) = &self.0 {
            if level <= *most {
                sink(level, &message());
            }
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.0.as_ref().map(|(level, _)| level)).finish()
    }
}
