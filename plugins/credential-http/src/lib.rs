//! The `credential-http` plugin: an endpoint's answer is a backend's token; the configuration is in `README.md`.

mod answer;
mod backend;
mod body;
mod oauth;
mod template;

use mcpmux_plugin_rules::{Mistakes, Table};
use mcpmux_sdk::serde_json::{Map, Value};
use mcpmux_sdk::{Description, Grant, Plugin, Problem, Query, Result, plugin};

use crate::backend::Backend;

/// The plugin: the endpoints, in order.
#[derive(Debug)]
pub struct CredentialHttp {
    backends: Vec<Backend>,
}

#[plugin]
impl Plugin for CredentialHttp {
    type Config = Map<String, Value>;

    fn describe() -> Description {
        Description::new("asks an HTTP endpoint for a backend's token")
            .schema(include_str!("../config.schema.json"))
            .wants("http", "asks the endpoints of its configuration")
            .wants("secrets", "shows the endpoints who asks")
            .wants("clock", "tells until when a token is good")
    }

    fn new(config: Self::Config) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let mut table = Table::whole(config);
        if !table.has("backends") {
            mistakes.add(
                "",
                "missing key `backends`: at least one table with a `url`, or with `oauth`",
            );
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
                "no entry of `backends` is for `{}`; add one with `backend = \"{0}\"` and its `url`",
                query.backend
            );
            return Err(Problem::Permanent(text));
        };
        backend.fetch(query)
    }
}

#[cfg(test)]
mod tests;
