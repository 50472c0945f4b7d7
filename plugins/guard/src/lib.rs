//! The `guard` plugin: finds hidden characters, injected instructions and bait in descriptions and results; the
//! configuration is in `README.md`.

mod config;
mod description;
mod document;
mod fold;
mod hidden;
mod marker;
mod markup;
mod phrase;
mod result;
mod rule;
mod sieve;
mod strings;
mod table;

use mcpmux_sdk::serde_json::{Map, Value};
use mcpmux_sdk::{Call, Catalog, Description, Doc, Error, Plugin, Reply, Result, Source, plugin};

use crate::config::Config;
use crate::sieve::Sieve;

/// The plugin: its configuration and what it looks for.
#[derive(Debug)]
pub struct Guard {
    config: Config,
    sieve: Sieve,
}

#[plugin]
impl Plugin for Guard {
    type Config = Map<String, Value>;

    fn describe() -> Description {
        Description::new(
            "finds hidden characters, injected instructions and bait in descriptions and results",
        )
        .schema(include_str!("../config.schema.json"))
    }

    fn new(config: Self::Config) -> Result<Self> {
        let mut config = Config::new(config)?;
        let sieve = Sieve::new(std::mem::take(&mut config.phrases)).map_err(Error::new)?;
        Ok(Self { config, sieve })
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        for entry in entries.iter_mut() {
            description::judge(&self.config, &self.sieve, entry)?;
        }
        Ok(())
    }

    fn response(&mut self, call: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
        Ok(result::judge(&self.config, &self.sieve, call, source, document))
    }
}

#[cfg(test)]
mod tests;
