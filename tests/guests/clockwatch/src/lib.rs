//! A plugin that reads the clock, for tests of grants: every description becomes the current milliseconds.

use std::time::SystemTime;

use mcpmux_sdk::{Catalog, NoConfig, Plugin, Result, clock, plugin};

/// The plugin.
#[derive(Debug)]
pub struct Clockwatch;

#[plugin]
impl Plugin for Clockwatch {
    type Config = NoConfig;

    fn new(_: NoConfig) -> Result<Self> {
        Ok(Self)
    }

    fn catalog(&mut self, tools: &mut Catalog) -> Result<()> {
        let now = clock::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis().to_string();
        tools.iter_mut().for_each(|tool| tool.set_description(now.as_str()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mcpmux_sdk::Tool;
    use mcpmux_sdk::testing::Host;

    use super::Clockwatch;

    #[test]
    fn the_description_is_a_time() {
        let mut host = Host::<Clockwatch>::new("{}").unwrap();
        let catalog = host.catalog(vec![Tool::new("files", "read")]).unwrap();
        let description = catalog.iter().next().unwrap().description().unwrap();
        assert!(description.parse::<u64>().unwrap() > 1_700_000_000_000, "{description}");
    }
}
