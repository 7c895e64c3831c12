//! Files of any content, for the fuzzer.

use super::{cli_profile, ini, words};

/// What a credentials file, the command line's configuration, or a command may hold.
pub fn credential_files(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(values) = ini::section(text, "default") {
        for (key, value) in values {
            assert!(key == key.trim() && value.trim() == value.as_str());
        }
    }
    cli_profile::read_any(text);
    let _ = words::split(text);
}
