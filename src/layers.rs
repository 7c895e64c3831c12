//! Checks that the crate's modules depend on each other in one direction.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules, the lowest first. Each may use those before it, and none after it.
const LAYERS: [&str; 30] = [
    "error_kind",
    "service_code",
    "error",
    "url",
    "file",
    "environment",
    "system",
    "per_process",
    "random",
    "nonce",
    "stats",
    "redaction",
    "log",
    "clock",
    "http",
    "json",
    "signature",
    "operation",
    "reply",
    "endpoint",
    "detached",
    "wait",
    "transport",
    "credentials",
    "call",
    "record",
    "config",
    "client",
    "ffi",
    "fuzz",
];

/// The modules for tests only. They may use all others.
const FOR_TESTS: [&str; 4] = ["allocations", "layers", "model", "scratch"];

#[test]
fn no_module_uses_one_above_it() {
    let mut upwards = BTreeSet::new();
    for path in sources(Path::new("src")) {
        let module = module_of(&path);
        if FOR_TESTS.contains(&module.as_str()) || module == "lib" {
            continue;
        }
        let own = level(&module).unwrap_or_else(|| panic!("{module} has no place among the layers"));
        for used in uses(&fs::read_to_string(&path).unwrap()) {
            if level(&used).is_some_and(|other| other > own) {
                upwards.insert(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert_eq!(upwards, BTreeSet::new());
}

#[test]
fn an_arrow_is_found_in_each_form() {
    let source = "use crate::a::B;\nuse crate::{c, d::{E, F}, g};\nfn f() { crate::h::i() }\n// crate::j::k\n";
    assert_eq!(uses(source), ["a", "c", "d", "g", "h"].map(str::to_owned));
    assert_eq!(uses("fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}\n"), Vec::<String>::new());
    assert!(level("client") > level("call") && level("call") > level("http"));
}

fn level(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
}

/// Returns the files below `directory`, without those that are declared for tests only.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources.extend(sources_of(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    sources
}

fn sources_of(module: &Path) -> Vec<PathBuf> {
    let declared = fs::read_to_string(module.join("mod.rs")).unwrap();
    let for_tests: Vec<_> = declared
        .split("#[cfg(test)]\n")
        .skip(1)
        .filter_map(|rest| rest.lines().next()?.split("mod ").nth(1)?.strip_suffix(';'))
        .collect();
    let is_for_tests = |path: &Path| path.file_stem().is_some_and(|stem| for_tests.iter().any(|name| stem == *name));
    sources(module).into_iter().filter(|path| !is_for_tests(path)).collect()
}

fn module_of(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Returns the modules that a source names in paths, without those that its tests name.
fn uses(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut used = Vec::new();
    for path in code.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            Some(group) => used.extend(first_names(group)),
            None => used.push(first_name(path).to_owned()),
        }
    }
    used
}

/// Returns the names that begin the items of a group, up to the closing bracket.
fn first_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    let mut begins = true;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begins = true,
            character if begins && character.is_alphabetic() => {
                names.push(first_name(&group[at..]).to_owned());
                begins = false;
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> &str {
    path.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or_default()
}
