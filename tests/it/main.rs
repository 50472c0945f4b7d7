//! The tests of mcpmux through its outermost interfaces: the real binary, real servers, real clients.

mod harness;
mod input;
mod readme;
mod shipped;
