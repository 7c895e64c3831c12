//! The committed header equals the generated one, and its numbers equal those of the Rust types.

use esa::ServiceCode;

const COMMITTED: &str = include_str!("../../include/esa.h");
const MADE: &str = include_str!(concat!(env!("OUT_DIR"), "/esa.h"));

#[test]
fn the_committed_header_is_the_one_that_the_sources_make() {
    let differs = COMMITTED.lines().zip(MADE.lines()).position(|(committed, made)| committed != made);

    assert!(COMMITTED == MADE, "include/esa.h differs at line {differs:?}: `make header` makes it anew");
}

/// Returns the header's enumerators that begin with `prefix`, with their numbers.
fn enumerators(prefix: &str) -> Vec<(&str, i32)> {
    let lines = COMMITTED.lines().map(str::trim).filter(|line| line.starts_with(prefix));
    let numbered = lines.filter_map(|line| line.trim_end_matches(',').split_once(" = "));
    numbered.map(|(name, number)| (name, number.parse().unwrap())).collect()
}

#[test]
fn every_service_code_is_in_the_header_with_its_number() {
    let header = enumerators("ESA_CODE_");

    assert_eq!(header.len(), ServiceCode::KNOWN.len() + 2);
    for code in ServiceCode::KNOWN {
        let letters = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let named = header.iter().find(|(name, _)| letters(&name["ESA_CODE_".len()..]) == letters(code.as_str()));
        assert_eq!(named.map(|(_, number)| *number), Some(*code as i32), "{}", code.as_str());
    }
}

#[test]
fn every_status_and_outcome_has_its_enumerator_s_name() {
    let name_of = |pointer| {
        // SAFETY: the name functions return static, NUL-terminated strings.
        unsafe { std::ffi::CStr::from_ptr(pointer) }.to_str().unwrap()
    };
    let statuses: Vec<_> = [("ESA_OK", 0)].into_iter().chain(enumerators("ESA_ERR_")).collect();

    assert_eq!((statuses.len(), enumerators("ESA_OUTCOME_").len()), (28, 3));
    for (name, number) in statuses {
        assert_eq!(name_of(esa::ffi::status::esa_status_name(number)), name);
    }
    for (name, number) in enumerators("ESA_OUTCOME_") {
        assert_eq!(name_of(esa::ffi::status::esa_outcome_name(number)), name);
    }
    assert_eq!(name_of(esa::ffi::status::esa_status_name(1)), "");
}
