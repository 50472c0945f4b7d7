//! The `redact` plugin: takes secrets and personal data out of results; the configuration is in `README.md`.

mod allow;
mod bytes;
mod document;
mod kind;
mod mask;
mod patterns;
mod rules;
mod scan;

use mcpmux_sdk::{
    Action, Call, Delivery, Description, Doc, Level, Notice, Plugin, Reply, Result, Source, log,
    plugin,
};

use crate::rules::Rules;

pub use rules::Config;

/// The plugin: what it looks for.
#[derive(Debug)]
pub struct Redact {
    rules: Rules,
}

#[plugin]
impl Plugin for Redact {
    type Config = Config;

    fn describe() -> Description {
        Description::new("takes secrets and personal data out of results")
            .schema(include_str!("../config.schema.json"))
    }

    fn new(config: Config) -> Result<Self> {
        Ok(Self { rules: Rules::new(config)? })
    }

    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        if self.rules.on.request {
            self.redact(arguments, "arguments", &call.backend, &call.name);
        }
        Ok(Action::Forward)
    }

    fn response(&mut self, call: &Call, _: Source, document: &mut Doc) -> Result<Reply> {
        if self.rules.on.response {
            self.redact(document, "answer", &call.backend, &call.name);
        }
        Ok(Reply::Deliver)
    }

    fn notify(&mut self, notice: &Notice, params: &mut Doc) -> Result<Delivery> {
        // Of an update there is only the URI that the client subscribed to, and it has to be that one.
        if self.rules.on.notify && notice.method != "notifications/resources/updated" {
            self.redact(params, "notification", &notice.backend, &notice.method);
        }
        Ok(Delivery::Deliver)
    }
}

impl Redact {
    fn redact(&self, document: &mut Doc, what: &str, backend: &str, name: &str) {
        let Some(redacted) = document::redact(&document.text(), &self.rules) else { return };
        let counts: Vec<String> = redacted
            .counts
            .iter()
            .map(|(kind, count)| format!("{count} {}", self.rules.name(*kind)))
            .collect();
        let counts = counts.join(", ");
        log(Level::Debug, &format!("redacted {counts} in the {what} of {backend}, `{name}`"));
        document.replace(redacted.text);
    }
}

#[cfg(test)]
mod tests;
