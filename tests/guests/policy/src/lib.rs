//! A plugin that does in each hook what its configuration says, for tests of the hooks through the whole.

use std::time::Duration;

use mcpmux_sdk::serde_json::{Value, json};
use mcpmux_sdk::{
    Action, Call, Catalog, Client, Delivery, Denial, Description, Doc, Error, Grant, Level,
    ListEntry, Notice, Obligations, Outcome, Plugin, Problem, Query, Question, Reply, Result,
    Source, Verdict, VirtualTool, kv, log, plugin,
};

/// What to do, by hook; a hook that is not named does nothing.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `hide`, `unlist`, `rename`, `add`.
    catalog: String,
    /// `change`, `answer`, `refuse`, `reroute`, `count`, or a way to fail.
    request: String,
    /// `deny`, `oblige`, `ask`, or a way to fail.
    authorize: String,
    /// Entries whose native name begins like this are left out.
    hidden: String,
    /// `change`, `withhold`, or a way to fail.
    response: String,
    /// `change`, `drop`, or a way to fail.
    notify: String,
    /// Whether outcomes are logged.
    observe: bool,
    /// The token that backends are shown; `?` asks a person for it.
    token: String,
    /// Written into what is changed.
    mark: String,
}

/// The plugin.
#[derive(Debug)]
pub struct Policy(Config);

/// The ways to fail that every hook has.
#[expect(clippy::panic, reason = "a trap is what is asked for")]
fn fail(how: &str) -> Result<()> {
    match how {
        "error" => Err(Error::new("it was told to fail")),
        "trap" => panic!("it was told to trap"),
        "loop" => loop {
            std::hint::black_box(());
        },
        "bomb" => {
            let mut held: Vec<Vec<u8>> = Vec::new();
            loop {
                held.push(vec![1; 1 << 20]);
                std::hint::black_box(&held);
            }
        }
        _ => Ok(()),
    }
}

fn denial(message: &str) -> Denial {
    Denial::new("test.no", message)
}

#[plugin]
impl Plugin for Policy {
    type Config = Config;

    fn describe() -> Description {
        Description::new("does in every hook what its configuration says").wants("kv", "counts")
    }

    fn new(config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn catalog(&mut self, entries: &mut Catalog) -> Result<()> {
        fail(&self.0.catalog)?;
        if self.0.catalog == "add" {
            let schema = json!({"type": "object"});
            entries.add(VirtualTool::new("own").description("of a plugin").input_schema(schema));
        }
        for entry in entries.tools_mut() {
            match self.0.catalog.as_str() {
                "hide" => entry.hide(),
                "unlist" => entry.unlist(),
                "rename" => entry.rename(format!("{}_renamed", entry.name())),
                _ => {}
            }
        }
        Ok(())
    }

    fn request(&mut self, call: &Call, arguments: &mut Doc) -> Result<Action> {
        fail(&self.0.request)?;
        Ok(match self.0.request.as_str() {
            "change" => {
                arguments.set("/mark", &self.0.mark);
                Action::Forward
            }
            "count" => {
                arguments.set("/count", kv::increment("calls", 1, None)?);
                Action::Forward
            }
            "answer" => Action::text(format!("answered {}", call.exposed)),
            "refuse" => Action::Refuse(denial("refused by request")),
            "reroute" if call.name != "seen" => {
                Action::reroute(call.exposed.replace(&call.name, "seen"), json!({"rerouted": true}))
            }
            _ => Action::Forward,
        })
    }

    fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
        fail(&self.0.authorize)?;
        Ok(match self.0.authorize.as_str() {
            "deny" => denial("denied by authorize").into(),
            "seen" => denial(&arguments.text()).into(),
            "oblige" => {
                Obligations { redact: vec!["/content/0/text".to_owned()], ..Obligations::default() }
                    .into()
            }
            "ask" => Question::new(format!("May {} be called?", call.exposed)).into(),
            "ask once" => {
                let hour = Duration::from_secs(3_600);
                Question::new("May it be called?").remember(call.name.as_str(), hour).into()
            }
            _ => Verdict::Allow,
        })
    }

    fn authorize_list(&mut self, client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        fail(&self.0.hidden)?;
        let hidden =
            |entry: &ListEntry| !self.0.hidden.is_empty() && entry.name.starts_with(&self.0.hidden);
        Ok(entries.iter().map(|entry| client.name == "trusted" || !hidden(entry)).collect())
    }

    fn response(&mut self, _: &Call, source: Source, document: &mut Doc) -> Result<Reply> {
        fail(&self.0.response)?;
        match (self.0.response.as_str(), source) {
            ("change", Source::Success) => {
                let meta = document.get::<Value>("/_meta")?.unwrap_or_else(|| json!({}));
                document.set("/_meta", meta);
                document.set("/_meta/mark", &self.0.mark);
            }
            ("change", Source::Error) => document.set("/message", &self.0.mark),
            ("change", Source::Question) => document.set("/params/message", &self.0.mark),
            ("withhold", _) => return Ok(Reply::Withhold(denial("withheld by response"))),
            _ => {}
        }
        Ok(Reply::Deliver)
    }

    fn notify(&mut self, _: &Notice, params: &mut Doc) -> Result<Delivery> {
        fail(&self.0.notify)?;
        match self.0.notify.as_str() {
            "change" => params.set("/mark", &self.0.mark),
            "drop" => return Ok(Delivery::Drop),
            _ => {}
        }
        Ok(Delivery::Deliver)
    }

    fn observe(&mut self, outcome: &Outcome) -> Result<()> {
        if self.0.observe {
            let verdicts: Vec<&str> =
                outcome.decisions.iter().map(|decision| decision.verdict.as_str()).collect();
            let (name, status) = (&outcome.call.name, outcome.status.as_str());
            log(Level::Info, &format!("observed {name}: {status}, {}", verdicts.join(" ")));
        }
        Ok(())
    }

    fn credentials(&mut self, query: &Query) -> Result<Grant, Problem> {
        if self.0.token == "?" {
            return Err(Problem::NeedsLogin(format!("log in to {}", query.backend)));
        }
        let fetched = kv::increment("fetched", 1, None)?;
        Ok(Grant::bearer(format!("{}-{fetched}", self.0.token)))
    }
}
