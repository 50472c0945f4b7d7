//! The configuration's text to [`Config`]: every mistake at once, with its place; no I/O but [`search`].
//!
//! Reading order: [`mod@read`] is the way through, `keys` the one table of what may be written, from which come
//! the check (`shape`), the JSON Schema (`schema`) and the page for people (`reference`); `node` is the text
//! as a tree with places, `expand` puts variables into it, `client` turns the shape of AI clients into ours,
//! and `build` checks what one key says about another and makes the [`Config`].
//!
//! [`Config`]: mcpmux_core::config::Config

mod read;
mod search;

mod mistake;
mod section;

mod node;

mod keys;
mod units;
mod url;

mod expand;
mod shape;

mod build;
mod client;

mod reference;
mod schema;

pub use mistake::{Mistake, Mistakes};
pub use read::{Loaded, read};
pub use reference::reference;
pub use schema::schema;
pub use search::{SearchError, search};

#[cfg(test)]
mod tests;
