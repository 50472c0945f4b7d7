//! The `redact` plugin: takes secrets and personal data out of results; the configuration is in `README.md`.

mod allow;
mod bytes;
mod document;
mod kind;
mod mask;
mod patterns;
mod rules;
mod scan;

pub use rules::Config;
