//! Laws of the wire, each held against a million drawn inputs and the seeds of the fuzz targets.
//!
//! The inputs are the same in every run. `MCPMUX_SEED` draws others; a failure says which case it was.
#![allow(missing_docs, unreachable_pub, reason = "a test binary")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test may fail")]
#![allow(clippy::indexing_slicing, clippy::print_stderr, reason = "a test may fail and say why")]

mod draw;
mod laws;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use crate::draw::Draw;

/// How many inputs each law is held against.
const CASES: u64 = 1_000_000;

#[test]
fn a_message_is_read_as_it_was_written_or_refused() {
    check("envelope", laws::envelope::hold, |draw, out| {
        draw.message(out);
        draw.mutations(out);
    });
}

#[test]
fn an_edited_object_keeps_what_was_not_edited() {
    check("object", laws::object::hold, |draw, out| {
        draw.object(out);
        draw.mutations(out);
    });
}

#[test]
fn events_are_those_of_the_standard_wherever_the_stream_is_cut() {
    check("sse", laws::sse::hold, |draw, out| {
        draw.cuts(out);
        draw.events(out);
        draw.mutations(out);
    });
}

#[test]
fn lines_are_the_same_wherever_the_stream_is_cut() {
    check("lines", laws::lines::hold, |draw, out| {
        draw.cuts(out);
        draw.lines(out);
        draw.mutations(out);
    });
}

#[test]
fn every_value_survives_a_header() {
    check("headers", laws::headers::hold, |draw, out| {
        draw.header(out);
        draw.mutations(out);
    });
}

/// Holds a law against the seeds of its fuzz target, then against drawn inputs.
fn check(name: &str, law: fn(&[u8]) -> bool, mut draw_input: impl FnMut(&mut Draw, &mut Vec<u8>)) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut found = 0;
    for file in std::fs::read_dir(&seeds).unwrap() {
        let path = file.unwrap().path();
        hold(law, &std::fs::read(&path).unwrap(), || format!("the seed {}", path.display()));
        found += 1;
    }
    assert!(found > 0, "no seeds in {}", seeds.display());
    let seed = std::env::var("MCPMUX_SEED").map_or(2026, |seed| seed.parse().unwrap());
    let (mut input, mut read) = (Vec::new(), 0);
    for case in 0..CASES {
        let mut draw = Draw::new(seed + case);
        input.clear();
        draw_input(&mut draw, &mut input);
        read += u64::from(hold(law, &input, || {
            format!("the first case of MCPMUX_SEED={}", seed + case)
        }));
    }
    // Else most of the law was not looked at.
    assert!(read > CASES / 3, "only {read} inputs of {name} were read");
}

fn hold(law: fn(&[u8]) -> bool, input: &[u8], which: impl FnOnce() -> String) -> bool {
    catch_unwind(AssertUnwindSafe(|| law(input))).unwrap_or_else(|panicked| {
        eprintln!("the law does not hold for {}:\n{}", which(), input.escape_ascii());
        resume_unwind(panicked)
    })
}
