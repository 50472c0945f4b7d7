//! A plugin that reads the clock, for tests of grants: every tool's description becomes the current milliseconds.

use std::time::SystemTime;

use mcpmux_sdk::{Catalog, Description, NoConfig, Plugin, Result, clock, plugin};

/// The plugin.
#[derive(Debug)]
pub struct Clockwatch;

#[plugin]
impl Plugin for Clockwatch {
    type Config = NoConfig;

    fn describe() -> Description {
        Description::new("describes tools by the time").wants("clock", "puts it into descriptions")
    }

    fn new(_: NoConfig) -> Result<Self> {
        Ok(Self)
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        let now = clock::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis().to_string();
        entries.tools_mut().for_each(|tool| tool.set_description(now.as_str()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use mcpmux_sdk::Entry;
    use mcpmux_sdk::testing::Host;

    use super::Clockwatch;

    #[test]
    fn the_description_is_the_time() {
        let mut host = Host::<Clockwatch>::new("{}").unwrap();
        host.set_time(SystemTime::UNIX_EPOCH + Duration::from_millis(7));
        let catalog = host.catalog(vec![Entry::new("files", "read")]).unwrap();
        assert_eq!(catalog.iter().next().unwrap().description(), Some("7"));
    }
}
