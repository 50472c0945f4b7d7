//! Between the generated types and the SDK's own: calls and what hooks answer about them; the catalog's are in
//! `catalog`, those of hooks beside calls in `beside`.

mod beside;
mod catalog;

use super::bindings as hooks;
use super::types as wit;
use crate::doc::{Change, Rewrite};
use crate::host::millis;
use crate::{self as sdk, Denial};

pub(super) use beside::{
    Grant, ListEntry, Notice, Outcome, Problem, Query, grant, list_entry, notice, outcome, problem,
    query,
};
pub(super) use catalog::{Edit, Entry, edit, entry};
pub(super) use hooks::authorize::exports::mcpmux::plugin::authorize::Verdict;
pub(super) use hooks::lifecycle::exports::mcpmux::plugin::lifecycle::Description;
pub(super) use hooks::notify::exports::mcpmux::plugin::notify::Action as Delivery;
pub(super) use hooks::request::exports::mcpmux::plugin::request::Action;
pub(super) use hooks::response::exports::mcpmux::plugin::response::{Action as Reply, Source};

use hooks::authorize::exports::mcpmux::plugin::authorize::{Obligations, Question};
use hooks::lifecycle::exports::mcpmux::plugin::lifecycle::Want;
use hooks::request::exports::mcpmux::plugin::request::Route;

pub(super) fn description(description: sdk::Description) -> Description {
    let want = |want: sdk::Want| Want { grant: want.grant, why: want.why };
    Description {
        id: description.id,
        version: description.version,
        summary: description.summary,
        config_schema: description.config_schema,
        wants: description.wants.into_iter().map(want).collect(),
    }
}

pub(super) fn call(call: wit::Call) -> sdk::Call {
    sdk::Call {
        id: call.id,
        method: match call.method {
            wit::Method::ToolsCall => sdk::Method::ToolsCall,
            wit::Method::PromptsGet => sdk::Method::PromptsGet,
            wit::Method::ResourcesRead => sdk::Method::ResourcesRead,
            wit::Method::Subscribe => sdk::Method::Subscribe,
            wit::Method::Unsubscribe => sdk::Method::Unsubscribe,
            wit::Method::Complete => sdk::Method::Complete,
            wit::Method::TasksGet => sdk::Method::TasksGet,
            wit::Method::TasksResult => sdk::Method::TasksResult,
            wit::Method::TasksUpdate => sdk::Method::TasksUpdate,
            wit::Method::TasksCancel => sdk::Method::TasksCancel,
        },
        backend: call.backend,
        name: call.name,
        exposed: call.exposed,
        client: client(call.client),
    }
}

pub(super) fn client(client: wit::Client) -> sdk::Client {
    sdk::Client {
        name: client.name,
        version: client.version,
        era: match client.era {
            wit::Era::Legacy => sdk::Era::Legacy,
            wit::Era::Modern => sdk::Era::Modern,
        },
        principal: client.principal,
        space: client.space,
    }
}

pub(super) const fn kind(kind: wit::Kind) -> sdk::Kind {
    match kind {
        wit::Kind::Tool => sdk::Kind::Tool,
        wit::Kind::Prompt => sdk::Kind::Prompt,
        wit::Kind::Resource => sdk::Kind::Resource,
        wit::Kind::Template => sdk::Kind::Template,
    }
}

pub(super) const fn source(source: Source) -> sdk::Source {
    match source {
        Source::Success => sdk::Source::Success,
        Source::Error => sdk::Source::Error,
        Source::Question => sdk::Source::Question,
    }
}

pub(super) fn action(action: sdk::Action, changes: Option<Rewrite>) -> Action {
    match action {
        sdk::Action::Forward => {
            changes.map_or(Action::Forward, |changes| Action::Change(rewrite(changes)))
        }
        sdk::Action::Answer(result) => Action::Answer(result.to_string()),
        sdk::Action::Refuse(reason) => Action::Refuse(denial(reason)),
        sdk::Action::Reroute { exposed, arguments } => {
            Action::Reroute(Route { exposed, arguments_json: arguments.to_string() })
        }
    }
}

pub(super) fn verdict(verdict: sdk::Verdict) -> Verdict {
    match verdict {
        sdk::Verdict::Allow => Verdict::Allow,
        sdk::Verdict::AllowWith(obligations) => Verdict::AllowWith(Obligations {
            redact: obligations.redact,
            max_bytes: obligations.max_bytes,
            timeout_ms: obligations.timeout.map(millis),
        }),
        sdk::Verdict::Deny(reason) => Verdict::Deny(denial(reason)),
        sdk::Verdict::Ask(question) => {
            let (key, time) = question.remember.unzip();
            let remember_ms = time.map(millis).unwrap_or_default();
            Verdict::Ask(Question { text: question.text, key, remember_ms })
        }
    }
}

pub(super) fn reply(reply: sdk::Reply, changes: Option<Rewrite>) -> Reply {
    match (reply, changes) {
        (sdk::Reply::Deliver, None) => Reply::Deliver,
        (sdk::Reply::Deliver, Some(changes)) => Reply::Change(rewrite(changes)),
        (sdk::Reply::Withhold(reason), _) => Reply::Withhold(denial(reason)),
    }
}

pub(super) fn delivery(delivery: sdk::Delivery, changes: Option<Rewrite>) -> Delivery {
    match (delivery, changes) {
        (sdk::Delivery::Deliver, None) => Delivery::Deliver,
        (sdk::Delivery::Deliver, Some(changes)) => Delivery::Change(rewrite(changes)),
        (sdk::Delivery::Drop, _) => Delivery::Drop,
    }
}

fn denial(denial: Denial) -> wit::Denial {
    wit::Denial { code: denial.code, message: denial.message }
}

fn rewrite(rewrite: Rewrite) -> wit::Rewrite {
    match rewrite {
        Rewrite::Replace(text) => wit::Rewrite::Replace(text),
        Rewrite::Patch(changes) => wit::Rewrite::Patch(changes.into_iter().map(patch).collect()),
    }
}

fn patch(change: Change) -> wit::Patch {
    match change.json {
        Some(json) => wit::Patch::Set((change.at, json)),
        None => wit::Patch::Remove(change.at),
    }
}
