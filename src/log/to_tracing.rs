//! Sends log lines to the `tracing` crate.

use super::{Level, Log};

/// Creates an event with the fields of a record. Its level must be a constant.
macro_rules! event {
    ($level:expr, $record:expr) => {
        tracing::event!(
            target: "esa",
            $level,
            call = $record.call,
            action = $record.action,
            record_name = $record.record_name,
            attempt = $record.attempt,
            http_status = $record.http_status,
            request_id = $record.request_id,
            elapsed_ms = $record.elapsed_ms,
            "{}",
            $record
        )
    };
}

impl Log {
    /// Creates a log that sends lines of `level` and above to the `tracing` crate. They are events with the target
    /// `esa` and the fields of [`LogRecord`](crate::LogRecord), inside the span of the call. Needs the feature
    /// `tracing`.
    ///
    /// ```
    /// use esa::{Config, Level, Log};
    ///
    /// let mut config = Config::new();
    /// config.log(Log::to_tracing(Level::Info));
    /// ```
    pub fn to_tracing(level: Level) -> Log {
        Log::new(level, |record| match record.level {
            Level::Error => event!(tracing::Level::ERROR, record),
            Level::Warn => event!(tracing::Level::WARN, record),
            Level::Info => event!(tracing::Level::INFO, record),
            Level::Debug => event!(tracing::Level::DEBUG, record),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    use super::super::Scope;
    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Kept {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut text = format!("{} {}", event.metadata().level(), event.metadata().target());
            event.record(&mut Message(&mut text));
            self.0.lock().unwrap().push(text);
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    struct Message<'a>(&'a mut String);

    impl Visit for Message<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            self.0.push_str(&format!(" {}={value:?}", field.name()));
        }
    }

    #[test]
    fn a_line_arrives_with_its_level_the_target_and_its_fields() {
        let kept = Kept::default();
        let log = Log::to_tracing(Level::Info);

        tracing::subscriber::with_default(kept.clone(), || {
            for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
                let scope = Scope::of_call(&log, 7).action("GetSite", "1").attempt(2).reply(200, "R").took(9);
                scope.write(level, || "a {line}");
            }
        });

        let line = "message=call 7: GetSite 1: attempt 2: a {line}";
        let fields = r#"call=7 action="GetSite" record_name="1" attempt=2 http_status=200 request_id="R" elapsed_ms=9"#;
        let expected = ["ERROR", "WARN", "INFO"].map(|level| format!("{level} esa {line} {fields}"));
        assert_eq!(*kept.0.lock().unwrap(), expected);
    }
}
