#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| esa::fuzz::proxy_reply(data));
