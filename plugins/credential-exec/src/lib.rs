//! The `credential-exec` plugin: a command's output is a backend's token; the configuration is in `README.md`.

mod backend;
mod complaint;

use mcpmux_plugin_rules::{Mistakes, Table};
use mcpmux_sdk::serde_json::{Map, Value};
use mcpmux_sdk::{Description, Grant, Plugin, Problem, Query, Result, plugin};

use crate::backend::Backend;

/// The plugin: the commands, in order.
#[derive(Debug)]
pub struct CredentialExec {
    backends: Vec<Backend>,
}

#[plugin]
impl Plugin for CredentialExec {
    type Config = Map<String, Value>;

    fn describe() -> Description {
        Description::new("asks a command for a backend's token")
            .schema(include_str!("../config.schema.json"))
            .wants("exec", "runs the commands of its configuration")
            .wants("clock", "tells until when a token is good")
    }

    fn new(config: Self::Config) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let mut table = Table::whole(config);
        if !table.has("backends") {
            mistakes.add("", "missing key `backends`: at least one table with a `command`");
        }
        let tables = table.tables("backends", &mut mistakes);
        let backends: Vec<_> =
            tables.into_iter().filter_map(|table| Backend::read(table, &mut mistakes)).collect();
        table.end(&mut mistakes);
        mistakes.or(Some(Self { backends }))
    }

    fn credentials(&mut self, query: &Query) -> Result<Grant, Problem> {
        let Some(backend) = self.backends.iter().find(|backend| backend.is_for(&query.backend))
        else {
            let text = format!(
                "no entry of `backends` is for `{}`; add one with `backend = \"{0}\"` and its `command`",
                query.backend
            );
            return Err(Problem::Permanent(text));
        };
        backend.fetch(query)
    }
}

#[cfg(test)]
mod tests;
