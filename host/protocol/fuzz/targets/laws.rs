//! The laws that the tests of the crate hold against drawn inputs, for the targets to hold against found ones.

#[path = "../../tests/properties/laws"]
pub mod laws {
    pub mod cut;
    pub mod envelope;
    pub mod headers;
    pub mod lines;
    pub mod object;
    pub mod sse;
}
