//! The lines of the log for the `tracing` crate.

use tracing::event;

use super::{Level, Log};

impl Log {
    /// A log that hands lines of `level` and above to the `tracing` crate, as events with the target `esa` inside of the
    /// span that the call is made in. Needs the feature `tracing`.
    ///
    /// ```
    /// use esa::{Config, Level, Log};
    ///
    /// let mut config = Config::new();
    /// config.log(Log::to_tracing(Level::Info));
    /// ```
    pub fn to_tracing(level: Level) -> Log {
        // An event's level is a constant.
        Log::new(level, |level, line| match level {
            Level::Error => event!(target: "esa", tracing::Level::ERROR, "{line}"),
            Level::Warn => event!(target: "esa", tracing::Level::WARN, "{line}"),
            Level::Info => event!(target: "esa", tracing::Level::INFO, "{line}"),
            Level::Debug => event!(target: "esa", tracing::Level::DEBUG, "{line}"),
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
    fn a_line_arrives_with_its_level_and_the_target() {
        let kept = Kept::default();
        let log = Log::to_tracing(Level::Info);

        tracing::subscriber::with_default(kept.clone(), || {
            for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
                log.write(level, || "a {line}".to_owned());
            }
        });

        let expected = ["ERROR", "WARN", "INFO"].map(|level| format!("{level} esa message=a {{line}}"));
        assert_eq!(*kept.0.lock().unwrap(), expected);
    }
}
