//! Fuzzes the laws of `src/book/laws.rs`, with the modules that they are about.
#![no_main]
#![allow(dead_code, reason = "not all of the modules is about files")]

#[path = "../../src/book.rs"]
mod book;
#[path = "../../src/book/laws.rs"]
mod laws;
#[path = "../../src/seal.rs"]
mod seal;

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    laws::hold(file);
});
