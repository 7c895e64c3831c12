//! Sends log lines to the `log` crate.

use super::{Level, Log};

impl Log {
    /// Creates a log that sends lines of `level` and above to the `log` crate, with the target `esa`. Needs the feature
    /// `log`.
    ///
    /// ```
    /// use esa::{Config, Level, Log};
    ///
    /// let mut config = Config::new();
    /// config.log(Log::to_log(Level::Info));
    /// ```
    pub fn to_log(level: Level) -> Log {
        Log::new(level, |record| log_crate::log!(target: "esa", to_level(record.level), "{record}"))
    }
}

fn to_level(level: Level) -> log_crate::Level {
    match level {
        Level::Error => log_crate::Level::Error,
        Level::Warn => log_crate::Level::Warn,
        Level::Info => log_crate::Level::Info,
        Level::Debug => log_crate::Level::Debug,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use log_crate::{LevelFilter, Metadata, Record};

    use super::super::Scope;
    use super::*;

    struct Kept(Mutex<Vec<String>>);

    impl log_crate::Log for Kept {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &Record<'_>) {
            self.0.lock().unwrap().push(format!("{} {} {}", record.level(), record.target(), record.args()));
        }

        fn flush(&self) {}
    }

    static KEPT: Kept = Kept(Mutex::new(Vec::new()));

    #[test]
    fn a_line_arrives_with_its_level_and_the_target() {
        log_crate::set_logger(&KEPT).unwrap();
        log_crate::set_max_level(LevelFilter::Trace);
        let log = Log::to_log(Level::Info);

        for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
            Scope::of_call(&log, 7).write(level, || "a {line}");
        }

        assert_eq!(
            *KEPT.0.lock().unwrap(),
            ["ERROR", "WARN", "INFO"].map(|level| format!("{level} esa call 7: a {{line}}"))
        );
    }
}
