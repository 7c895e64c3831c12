//! Makes the C header into OUT_DIR.
//!
//! `include/esa.h` is the same file, committed; a test fails where the two differ.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "capi")]
    header::make();
}

#[cfg(feature = "capi")]
mod header {
    use std::env;
    use std::path::Path;

    /// In the order in which a reader wants them.
    const FILES: [&str; 24] = [
        "version",
        "status",
        "service_code",
        "error",
        "log",
        "credentials",
        "write_lock",
        "config",
        "limits",
        "client",
        "stats",
        "cancel",
        "call_options",
        "multi",
        "origin",
        "create_routine_related_record",
        "ensure_routine_related_records",
        "bulk",
        "delete_routine_related_record",
        "list_routine_related_records",
        "get_match_site",
        "call_action",
        "sign",
        "reply",
    ];

    pub(crate) fn make() {
        println!("cargo::rerun-if-changed=cbindgen.toml");
        let config = cbindgen::Config::from_file("cbindgen.toml").expect("cbindgen.toml can be read");
        let mut builder = cbindgen::Builder::new().with_config(config);
        for file in FILES {
            let path = format!("src/ffi/{file}.rs");
            println!("cargo::rerun-if-changed={path}");
            builder = builder.with_src(path);
        }
        let mut header = Vec::new();
        builder.generate().expect("the header can be made of src/ffi").write(&mut header);
        let header = without_safety_sections(&String::from_utf8(header).expect("the header is text"));
        let directory = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
        std::fs::write(Path::new(&directory).join("esa.h"), header).expect("OUT_DIR can be written");
    }

    /// What `# Safety` tells Rust's readers, the rest of the comment tells C's.
    fn without_safety_sections(header: &str) -> String {
        let mut kept = Vec::new();
        let mut in_safety = false;
        for line in header.lines() {
            if line.trim_start() == "* # Safety" {
                in_safety = true;
                // The blank line before it.
                kept.pop();
            } else if line.trim_start() == "*/" {
                in_safety = false;
            }
            if !in_safety {
                kept.push(line);
            }
        }
        kept.join("\n") + "\n"
    }
}
