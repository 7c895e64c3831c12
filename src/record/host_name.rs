//! Compares host names: without case, with or without a final dot, in Unicode or in ASCII.

/// Returns a key that is the same for all spellings of a host name.
pub(super) fn host_key(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    let labels: Vec<_> = name.split('.').map(label_key).collect();
    labels.join(".")
}

/// The longest label that a host name can have.
const LONGEST_LABEL: usize = 63;

fn label_key(label: &str) -> String {
    let label = lowercase(label);
    match label.strip_prefix("xn--") {
        Some(encoded) if label.len() <= LONGEST_LABEL => {
            let decoded = punycode::decode(encoded).ok().filter(|decoded| !decoded.is_ascii());
            decoded.map_or(label, |decoded| lowercase(&decoded))
        }
        _ => label,
    }
}

/// Lowercases each character for itself, as host names are mapped. A final sigma is mapped like any other sigma.
fn lowercase(label: &str) -> String {
    label.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::host_key;

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("a.Example.com", "A.example.COM."),
            ("b\u{fc}cher.example.com", "xn--bcher-kva.example.com"),
            ("B\u{dc}CHER.example.com", "XN--BCHER-KVA.EXAMPLE.COM"),
            ("\u{4f8b}\u{5b50}.com", "xn--fsqu00a.com"),
            ("\u{39f}\u{394}\u{39f}\u{3a3}.com", "\u{3bf}\u{3b4}\u{3bf}\u{3c3}.com"),
            ("*.\u{4f8b}\u{5b50}.com", "*.xn--fsqu00a.com"),
        ] {
            assert_eq!(host_key(one), host_key(other));
        }
    }

    #[test]
    fn what_is_no_encoding_stands_for_itself() {
        let long = format!("xn--{}", "a".repeat(1000));
        for name in ["xn--\u{fc}", "xn--99999999", long.as_str(), "", "."] {
            assert_eq!(host_key(name), name.trim_end_matches('.'));
        }
        assert_ne!(host_key("a.example.com"), host_key("b.example.com"));
    }
}
