//! A plugin whose catalog hook misbehaves as it is told: for tests of the host's limits.

use std::hint::black_box;

use mcpmux_sdk::{Catalog, Error, Plugin, Result, plugin};

/// The configuration.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What the hook does.
    mode: Mode,
}

/// Ways to misbehave.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not at all: every tool's title becomes `tame`.
    Tame,
    /// Returns an error.
    Fail,
    /// Aborts.
    Trap,
    /// Never returns.
    Loop,
    /// Takes memory until there is no more.
    Memory,
}

/// The plugin.
#[derive(Debug)]
pub struct Hostile {
    mode: Mode,
}

#[plugin]
impl Plugin for Hostile {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { mode: config.mode })
    }

    fn catalog(&mut self, tools: &mut Catalog) -> Result<()> {
        // The host tries the hook with an empty list first, and would not put this plugin to work.
        if tools.is_empty() {
            return Ok(());
        }
        match self.mode {
            Mode::Tame => tools.iter_mut().for_each(|tool| tool.set_title("tame")),
            Mode::Fail => return Err(Error::new("the hostile plugin was told to fail")),
            Mode::Trap => std::process::abort(),
            Mode::Loop => loop {
                black_box(());
            },
            Mode::Memory => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mcpmux_sdk::Tool;
    use mcpmux_sdk::testing::Host;

    use super::Hostile;

    #[test]
    fn it_does_as_it_is_told() {
        let tools = || vec![Tool::new("files", "read")];
        let mut host = Host::<Hostile>::new(r#"{ "mode": "tame" }"#).unwrap();
        let catalog = host.catalog(tools()).unwrap();
        assert_eq!(catalog.iter().next().unwrap().title(), Some("tame"));
        let mut host = Host::<Hostile>::new(r#"{ "mode": "fail" }"#).unwrap();
        assert_eq!(
            host.catalog(tools()).unwrap_err().to_string(),
            "the hostile plugin was told to fail"
        );
        let error = Host::<Hostile>::new(r#"{ "mode": "nice" }"#).unwrap_err().to_string();
        assert!(error.starts_with("mode: unknown variant `nice`"), "{error}");
    }
}
