//! Where the library says what it does: the caller's own function, on the caller's own thread.

use std::fmt;
use std::sync::Arc;

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// A bug in the library was caught.
    Error = 1,
    /// Something isn't as it should be, and the call goes on.
    Warn = 2,
    /// What a call decides.
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

/// A log; by default it goes nowhere.
#[derive(Clone, Default)]
pub struct Log(Option<(Level, Arc<Sink>)>);

impl Log {
    /// A log that hands lines of `level` and above to `sink`, on the thread that makes the call.
    pub fn new(level: Level, sink: impl Fn(Level, &str) + Send + Sync + 'static) -> Log {
        Log(Some((level, Arc::new(sink))))
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
