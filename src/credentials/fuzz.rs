//! Fuzzes files that hold credentials.

use super::{cli_profile, ini, words};

/// Reads the data as a credentials file, as the command line's configuration, and as a command's output.
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
