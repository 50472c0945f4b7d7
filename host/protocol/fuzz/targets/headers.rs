//! Fuzzes the laws of `tests/properties/laws/headers.rs`.
#![no_main]

use laws::laws;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    laws::headers::hold(input);
});
