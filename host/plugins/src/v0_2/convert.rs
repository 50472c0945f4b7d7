//! The host's words in the contract's, one function per type.

use std::time::Duration;

use mcpmux_core::call::Method;
use mcpmux_core::catalog::{Annotations, EntryKind};
use mcpmux_core::client::Client;
use mcpmux_core::era::Era;
use mcpmux_core::hook::{Decision, Record, Seen, Status, Subject};
use mcpmux_core::json::Raw;
use mcpmux_core::json::pointer::Pointer;

use super::bindings::exports::mcpmux::plugin::{authorize_list, catalog, observe};
use super::bindings::mcpmux::plugin::types as wit;

pub(super) fn call(subject: &Subject) -> wit::Call {
    wit::Call {
        id: subject.id,
        method: method(subject.method),
        backend: subject.to.backend.as_str().to_owned(),
        name: subject.to.native.as_str().to_owned(),
        exposed: subject.exposed.clone(),
        client: client(&subject.client),
    }
}

const fn method(method: Method) -> wit::Method {
    match method {
        Method::ToolsCall => wit::Method::ToolsCall,
        Method::PromptsGet => wit::Method::PromptsGet,
        Method::ResourcesRead => wit::Method::ResourcesRead,
        Method::Subscribe => wit::Method::Subscribe,
        Method::Unsubscribe => wit::Method::Unsubscribe,
        Method::Complete => wit::Method::Complete,
        Method::TasksGet => wit::Method::TasksGet,
        Method::TasksResult => wit::Method::TasksResult,
        Method::TasksUpdate => wit::Method::TasksUpdate,
        Method::TasksCancel => wit::Method::TasksCancel,
    }
}

/// A client without what only later parts of mcpmux can know: who it is, and its space.
pub(super) fn client(client: &Client) -> wit::Client {
    let said = |key: &str| {
        let at = Pointer::parse(key).ok()?;
        let text = client.info.as_ref()?.at(&at).ok()??;
        text.as_string().map(std::borrow::Cow::into_owned)
    };
    wit::Client {
        name: said("/name").unwrap_or_default(),
        version: said("/version").unwrap_or_default(),
        era: match client.era() {
            Era::Legacy => wit::Era::Legacy,
            Era::Modern => wit::Era::Modern,
        },
        principal: None,
        space: None,
    }
}

pub(super) const fn kind(kind: EntryKind) -> wit::Kind {
    match kind {
        EntryKind::Tool => wit::Kind::Tool,
        EntryKind::Prompt => wit::Kind::Prompt,
        EntryKind::Resource => wit::Kind::Resource,
        EntryKind::Template => wit::Kind::Template,
    }
}

pub(super) const fn kind_back(kind: wit::Kind) -> EntryKind {
    match kind {
        wit::Kind::Tool => EntryKind::Tool,
        wit::Kind::Prompt => EntryKind::Prompt,
        wit::Kind::Resource => EntryKind::Resource,
        wit::Kind::Template => EntryKind::Template,
    }
}

pub(super) fn seen(seen: &Seen) -> authorize_list::Entry {
    authorize_list::Entry {
        kind: kind(seen.kind),
        backend: seen.backend.as_str().to_owned(),
        name: seen.native.as_str().to_owned(),
        exposed: seen.exposed.as_str().to_owned(),
        read_only: seen.read_only,
        destructive: seen.destructive,
    }
}

pub(super) fn annotations(hints: Annotations) -> catalog::Annotations {
    let Annotations { title, read_only, destructive, idempotent, open_world } = hints;
    catalog::Annotations { title, read_only, destructive, idempotent, open_world }
}

pub(super) fn annotations_back(hints: catalog::Annotations) -> Annotations {
    let catalog::Annotations { title, read_only, destructive, idempotent, open_world } = hints;
    Annotations { title, read_only, destructive, idempotent, open_world }
}

pub(super) fn outcome(record: &Record) -> observe::Outcome {
    observe::Outcome {
        call: call(&record.subject),
        status: match record.status {
            Status::Success => observe::Status::Success,
            Status::ToolError => observe::Status::ToolError,
            Status::Error => observe::Status::Error,
            Status::Refused => observe::Status::Refused,
            Status::Cancelled => observe::Status::Cancelled,
        },
        code: record.code,
        sent: record.sent,
        received: record.received,
        micros: u64::try_from(record.took.as_micros()).unwrap_or(u64::MAX),
        decisions: record.decisions.iter().map(decision).collect(),
    }
}

fn decision(decision: &Decision) -> observe::Decision {
    observe::Decision {
        plugin: decision.plugin.to_string(),
        version: decision.version.clone(),
        hook: decision.hook.as_str().to_owned(),
        verdict: decision.verdict.to_owned(),
        micros: micros(decision.took),
        shadow: decision.shadow,
    }
}

fn micros(took: Duration) -> u32 {
    u32::try_from(took.as_micros()).unwrap_or(u32::MAX)
}

/// A value's text as a guest gets it. What is in the host was parsed, so it is UTF-8.
pub(super) fn text(raw: &Raw) -> String {
    String::from_utf8_lossy(raw.as_bytes()).into_owned()
}
