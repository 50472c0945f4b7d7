//! Plugins in OCI registries: pulling and pushing components, and the lock file that says what was resolved. Loading
//! and running them lives in `mcpmux-plugins`.
//!
//! A component is stored in the layout that `wkg` and other tools of WebAssembly use too (media types and annotations: `artifact.rs`). [`pull`] fetches
//! one into a file beside the one it is meant for, checks it against its digests, and leaves it to the caller to look at
//! it before it is put in place; [`push`] stores one; a [`Lock`] remembers what came from where.

mod access;
mod artifact;
mod credentials;
mod digest;
mod error;
mod lock;
mod partial;
mod pull;
mod push;
mod source;

pub use access::Access;
pub use credentials::{Credentials, PASSWORD, USER};
pub use digest::Digest;
pub use error::Error;
pub use lock::{FILE_NAME, Lock, LockError, Locked};
pub use pull::{Pulled, pull};
pub use push::{Contents, Pushed, push};
pub use source::Source;

/// The largest component that is pulled or pushed, in bytes: as much as is loaded.
pub const SIZE_LIMIT: u64 = 128 << 20;
