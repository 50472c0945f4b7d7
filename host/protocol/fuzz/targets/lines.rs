//! Fuzzes the laws of `tests/properties/laws/lines.rs`.
#![no_main]

use laws::laws;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    laws::lines::hold(input);
});
