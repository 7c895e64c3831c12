//! Which names are well formed.

use crate::service_error::ServiceError;

/// Two labels or more of letters, digits, `-` and `_`; the first may be `*`.
pub(super) fn check_record_name(name: &str) -> Result<(), ServiceError> {
    let rest = name.strip_prefix("*.").unwrap_or(name);
    let labels = rest.split('.').count() + usize::from(rest.len() < name.len());
    if name.len() <= 253 && labels >= 2 && rest.split('.').all(is_label) { Ok(()) } else { Err(invalid()) }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

pub(super) fn check_routine_name(name: &str) -> Result<(), ServiceError> {
    let well_formed = name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if well_formed { Ok(()) } else { Err(invalid()) }
}

fn invalid() -> ServiceError {
    ServiceError::known("InvalidParameter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_names_are_host_names() {
        for good in ["a.example.com", "example.com", "*.example.com", "_dmarc.Example.com", "xn--fiq.example.com"] {
            assert!(check_record_name(good).is_ok(), "{good}");
        }
        let long = format!("{}.com", "a.".repeat(126));
        for bad in [
            "", "com", "a..com", ".a.com", "a.com.", "-a.com", "a-.com", "a.*.com", "é.com", "a b.com", "**.com", &long,
        ] {
            assert!(check_record_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn routine_names_are_plain_words() {
        assert!(check_routine_name("test-routine_1").is_ok());
        for bad in ["", "-a", "a b", "a.b", "日"] {
            assert!(check_routine_name(bad).is_err(), "{bad}");
        }
    }
}
