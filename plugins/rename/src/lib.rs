//! The `rename` plugin: rules that rename, re-describe or hide what clients can see; the configuration is in `README.md`.

mod pattern;
mod rule;
mod template;

use mcpmux_sdk::{
    Catalog, Description, Error, Level, Plugin, Result, config, log, plugin, serde_json,
};

use crate::rule::{Rule, Table};

/// The configuration.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The rules as written; each is read on its own, so that the mistakes of all are reported at once.
    rules: Vec<serde_json::Value>,
}

/// The plugin: its rules, in order.
#[derive(Debug)]
pub struct Rename {
    rules: Vec<Rule>,
}

#[plugin]
impl Plugin for Rename {
    type Config = Config;

    fn describe() -> Description {
        Description::new("renames, re-describes and hides tools and prompts by rules")
            .schema(include_str!("../config.schema.json"))
    }

    fn new(config: Config) -> Result<Self> {
        let mut rules = Vec::new();
        let mut mistakes = Vec::new();
        for (number, value) in config.rules.into_iter().enumerate() {
            let at = format!("rules[{number}]");
            match config::read::<Table>(&at, value) {
                Ok(table) => match Rule::new(&at, table) {
                    Ok(rule) => rules.push(rule),
                    Err(wrong) => mistakes.extend(wrong),
                },
                Err(error) => mistakes.push(error.to_string()),
            }
        }
        if mistakes.is_empty() { Ok(Self { rules }) } else { Err(Error::new(mistakes.join("\n"))) }
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        let mut used = vec![false; self.rules.len()];
        for entry in entries {
            for (rule, used) in self.rules.iter().zip(&mut used) {
                if rule.apply(entry) {
                    *used = true;
                    break;
                }
            }
        }
        for (number, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
            log(Level::Debug, &format!("rules[{number}] matches nothing"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
