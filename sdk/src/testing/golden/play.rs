//! Calling a hook as a golden call says, and telling what it decided.

use serde_json::Value;

use super::file::{self, What};
use super::words;
use crate::testing::Host;
use crate::{
    Call, Client, Decision, Entry, Era, Error, Kind, ListEntry, Method, Notice, Outcome, Plugin,
    Query, Reason, Result, Source, Status,
};

impl<P: Plugin> Host<P> {
    /// Calls the hook; what it decided.
    pub(super) fn play(&mut self, what: &What, number: u64) -> Value {
        self.try_play(what, number).unwrap_or_else(|error| words::error(&error))
    }

    fn try_play(&mut self, what: &What, number: u64) -> Result<Value> {
        Ok(match what {
            What::Catalog { entries } => {
                let entries = entries.iter().map(offered).collect::<Result<_>>()?;
                let edits = self.catalog(entries).map(|catalog| catalog.edits());
                words::decided(edits, |edits| edits.into_iter().map(words::edit).collect())
            }
            What::Request { call, arguments } => {
                let (call, arguments) = (self::call(call, number)?, arguments.clone().into());
                words::decided(self.change_request(&call, arguments), words::action)
            }
            What::Authorize { call, arguments } => {
                let call = self::call(call, number)?;
                words::decided(self.authorize(&call, arguments.clone()), words::verdict)
            }
            What::AuthorizeList { client, entries } => {
                let entries: Vec<_> = entries.iter().map(list_entry).collect();
                let seen = self.authorize_list(&self::client(client), &entries);
                words::decided(seen, Value::from)
            }
            What::Response { call, source, document } => {
                let (call, document) = (self::call(call, number)?, document.clone().into());
                let source = match source {
                    file::Source::Success => Source::Success,
                    file::Source::Error => Source::Error,
                    file::Source::Question => Source::Question,
                };
                words::decided(self.change_response(&call, source, document), words::reply)
            }
            What::Notify { notice, params } => {
                let (backend, method) = (notice.backend.clone(), notice.method.clone());
                let notice = Notice { backend, method, call: notice.call };
                let answer = self.change_notice(&notice, params.clone().into());
                words::decided(answer, words::delivery)
            }
            What::Observe { call, outcome } => {
                let outcome = self::outcome(self::call(call, number)?, outcome);
                words::decided(self.observe(&outcome), |()| "ok".into())
            }
            What::Credentials { query } => {
                words::credentials(self.credentials(&self::query(query)))
            }
        })
    }
}

/// What clients call an entry, unless it is said.
pub(super) fn exposed(backend: &str, name: &str, said: Option<&str>) -> String {
    said.map_or_else(|| format!("{backend}__{name}"), ToOwned::to_owned)
}

fn call(call: &file::Call, number: u64) -> Result<Call> {
    let name = call.method.as_deref().unwrap_or("tools/call");
    let method = Method::ALL.into_iter().find(|method| method.as_str() == name);
    let method =
        method.ok_or_else(|| Error::new(format!("`{name}` is no method that hooks see")))?;
    Ok(Call {
        id: call.id.unwrap_or(number),
        method,
        backend: call.backend.clone(),
        name: call.name.clone(),
        exposed: exposed(&call.backend, &call.name, call.exposed.as_deref()),
        client: client(&call.client),
    })
}

fn client(client: &file::Client) -> Client {
    Client {
        name: client.name.clone(),
        version: client.version.clone(),
        era: match client.era {
            file::Era::Legacy => Era::Legacy,
            file::Era::Modern => Era::Modern,
        },
        principal: client.principal.clone(),
        space: client.space.clone(),
    }
}

impl From<file::Kind> for Kind {
    fn from(kind: file::Kind) -> Self {
        match kind {
            file::Kind::Tool => Self::Tool,
            file::Kind::Prompt => Self::Prompt,
            file::Kind::Resource => Self::Resource,
            file::Kind::Template => Self::Template,
        }
    }
}

/// An entry whose name stands in its definition.
fn offered(entry: &file::Offered) -> Result<Entry> {
    let (kind, definition) = (Kind::from(entry.kind), &entry.definition);
    let member = match kind {
        Kind::Tool | Kind::Prompt => "name",
        Kind::Resource => "uri",
        Kind::Template => "uriTemplate",
    };
    let text = |at: &str| definition.pointer(at).and_then(Value::as_str).map(ToOwned::to_owned);
    let name = text(&format!("/{member}"));
    let name = name.ok_or_else(|| Error::new(format!("the definition has no `{member}`")))?;
    let hint = |name: &str| definition.pointer(&format!("/annotations/{name}"))?.as_bool();
    let mut offered = Entry::new(&entry.backend, &name)
        .with_kind(kind)
        .with_exposed(exposed(&entry.backend, &name, entry.exposed.as_deref()))
        .with_annotations(crate::Annotations {
            title: text("/annotations/title"),
            read_only: hint("readOnlyHint"),
            destructive: hint("destructiveHint"),
            idempotent: hint("idempotentHint"),
            open_world: hint("openWorldHint"),
        })
        .with_definition(definition.clone());
    if let Some(title) = text("/title") {
        offered = offered.with_title(title);
    }
    if let Some(description) = text("/description") {
        offered = offered.with_description(description);
    }
    Ok(offered)
}

fn list_entry(entry: &file::Listed) -> ListEntry {
    ListEntry {
        kind: entry.kind.into(),
        backend: entry.backend.clone(),
        name: entry.name.clone(),
        exposed: exposed(&entry.backend, &entry.name, entry.exposed.as_deref()),
        read_only: entry.read_only,
        destructive: entry.destructive,
    }
}

fn outcome(call: Call, outcome: &file::Outcome) -> Outcome {
    Outcome {
        call,
        status: match outcome.status {
            file::Status::Success => Status::Success,
            file::Status::ToolError => Status::ToolError,
            file::Status::Error => Status::Error,
            file::Status::Refused => Status::Refused,
            file::Status::Cancelled => Status::Cancelled,
        },
        code: outcome.code,
        sent: outcome.sent,
        received: outcome.received,
        micros: outcome.micros,
        decisions: outcome.decisions.iter().map(decision).collect(),
    }
}

fn decision(decision: &file::Decision) -> Decision {
    Decision {
        plugin: decision.plugin.clone(),
        version: decision.version.clone(),
        hook: decision.hook.clone(),
        verdict: decision.verdict.clone(),
        micros: decision.micros,
        shadow: decision.shadow,
    }
}

fn query(query: &file::Query) -> Query {
    Query {
        backend: query.backend.clone(),
        url: query.url.clone(),
        why: match query.why {
            file::Why::Initial => Reason::Initial,
            file::Why::Expired => Reason::Expired,
            file::Why::Refused => Reason::Refused,
        },
        challenge: query.challenge.clone(),
    }
}
