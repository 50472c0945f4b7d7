//! Where secrets rest between runs: a file of sealed records that every mcpmux of a user shares, and the key that opens
//! it, from exactly the place that the configuration names.
//!
//! Reading order: [`Store`] is the vault; `place` is the file on the disk, `book` what stands in it, `seal` how it is
//! sealed, `keys` where the key comes from, `turns` who may change a record, `watch`
//! whether somebody has.
//!
//! What it protects from: whoever gets hold of the file without the key (a backup, another account, a stolen disk), and
//! whoever changes the file: a record that is not what was written is refused by name, and so is one put in its place that
//! is older or another vault's. What it does not: whoever runs programs as the same user while the key is in reach, and putting back the whole
//! file as it once was, which can only be told from the right one while mcpmux runs.

mod book;
mod keys;
mod place;
mod seal;
mod store;
mod turns;
mod watch;

pub use store::{Condition, LONGEST, Store};

#[cfg(test)]
mod tests;
