//! A permission policy that looks at two fields: `delete` needs `force`, and nothing leaves the roots.

use mcpmux_sdk::{Call, Description, Doc, Plugin, Result, Verdict, deny, plugin};

/// The configuration.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Paths have to start with one of these.
    roots: Vec<String>,
}

/// The plugin.
#[derive(Debug)]
pub struct Policy {
    config: Config,
}

#[plugin]
impl Plugin for Policy {
    type Config = Config;

    fn describe() -> Description {
        Description::new("keeps file tools within some folders")
    }

    fn new(config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
        if call.name == "delete" && arguments.get::<bool>("/force")? != Some(true) {
            return Ok(deny("policy.force", "`delete` needs `force`"));
        }
        let Some(path) = arguments.str("/path") else { return Ok(Verdict::Allow) };
        if self.config.roots.iter().any(|root| path.starts_with(root)) {
            return Ok(Verdict::Allow);
        }
        Ok(deny("policy.path", format!("`{}` may not touch {path}", call.name)))
    }
}
