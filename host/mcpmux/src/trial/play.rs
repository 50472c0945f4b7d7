//! Calling a hook of a plugin as a golden call says, and telling what it decided. What is made ready, made, and told are
//! three steps, so that the second can be measured alone.

use std::sync::Arc;
use std::time::Duration;

use mcpmux_core::call::{Method, Target};
use mcpmux_core::catalog::Definition;
use mcpmux_core::client::Client;
use mcpmux_core::era::Revision;
use mcpmux_core::hook::{
    AuthorizeHook, AuthorizeListHook, CatalogHook, CredentialsHook, Decision, EntryView, Granted,
    HookKind, ListEdit, Notice, NotifyAction, NotifyHook, ObserveHook, Problem, Query, Reason,
    Record, RequestAction, RequestHook, ResponseAction, ResponseHook, Seen, Source, Status,
    Subject, Verdict,
};
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, NativeName, PluginName};
use serde_json::{Value, json};

use super::golden::{self, What};
use super::{Trial, mock, words};

/// A call that is ready to be made.
pub(crate) enum Prepared {
    Catalog(Arc<dyn CatalogHook>, Vec<(BackendName, Definition, String)>),
    Request(Arc<dyn RequestHook>, Subject, Raw),
    Authorize(Arc<dyn AuthorizeHook>, Subject, Raw),
    AuthorizeList(Arc<dyn AuthorizeListHook>, Client, Vec<Seen>),
    Response(Arc<dyn ResponseHook>, Subject, Source, Raw),
    Notify(Arc<dyn NotifyHook>, Notice, Raw),
    Observe(Arc<dyn ObserveHook>, Box<Record>),
    Credentials(Arc<dyn CredentialsHook>, Query),
}

/// What a hook answered.
pub(crate) enum Answer {
    Catalog(Result<Vec<ListEdit>, String>),
    Request(Result<RequestAction, String>),
    Authorize(Result<Verdict, String>),
    AuthorizeList(Result<Vec<bool>, String>),
    Response(Result<ResponseAction, String>),
    Notify(Result<NotifyAction, String>),
    Observe(Result<(), String>),
    Credentials(Result<Granted, Problem>),
}

impl Prepared {
    /// Makes the call.
    pub(crate) async fn run(&self) -> Answer {
        match self {
            Self::Catalog(hook, offered) => {
                let views: Vec<EntryView<'_>> = offered
                    .iter()
                    .map(|(backend, definition, exposed)| EntryView {
                        backend,
                        definition,
                        exposed,
                    })
                    .collect();
                Answer::Catalog(hook.transform(&views))
            }
            Self::Request(hook, subject, raw) => Answer::Request(hook.on_request(subject, raw)),
            Self::Authorize(hook, subject, raw) => Answer::Authorize(hook.check(subject, raw)),
            Self::AuthorizeList(hook, client, entries) => {
                Answer::AuthorizeList(hook.check_list(client, entries))
            }
            Self::Response(hook, subject, source, raw) => {
                Answer::Response(hook.on_response(subject, *source, raw))
            }
            Self::Notify(hook, notice, raw) => Answer::Notify(hook.on_notification(notice, raw)),
            Self::Observe(hook, record) => Answer::Observe(hook.on_outcome(record).await),
            Self::Credentials(hook, query) => Answer::Credentials(hook.fetch(query).await),
        }
    }

    /// Makes the call, and tells what was decided.
    pub(crate) async fn decide(&self) -> Value {
        match (self.run().await, self) {
            (Answer::Catalog(answer), _) => {
                decided(answer, |edits| edits.into_iter().map(words::edit).collect())
            }
            (Answer::Request(answer), Self::Request(_, _, raw)) => {
                decided(answer, |action| words::request(action, raw))
            }
            (Answer::Authorize(answer), _) => decided(answer, words::verdict),
            (Answer::AuthorizeList(answer), _) => decided(answer, Value::from),
            (Answer::Response(answer), Self::Response(_, _, _, raw)) => {
                decided(answer, |action| words::response(action, raw))
            }
            (Answer::Notify(answer), Self::Notify(_, _, raw)) => {
                decided(answer, |action| words::notify(action, raw))
            }
            (Answer::Observe(answer), _) => decided(answer, |()| "ok".into()),
            (Answer::Credentials(answer), _) => words::credentials(answer),
            // Each kind of call has its own kind of answer.
            (Answer::Request(_) | Answer::Response(_) | Answer::Notify(_), _) => Value::Null,
        }
    }
}

impl Trial {
    /// Makes the `number`th call ready.
    ///
    /// # Errors
    /// If the call itself is wrong, or the plugin does not have its hook.
    pub(crate) fn prepare(&self, what: &What, number: u64) -> Result<Prepared, String> {
        let missing = || format!("the plugin has no `{}` hook", what.hook());
        let hooks = &self.hooks;
        Ok(match what {
            What::Catalog { entries } => Prepared::Catalog(
                hooks.catalog.clone().ok_or_else(missing)?,
                entries.iter().map(offered).collect::<Result<_, String>>()?,
            ),
            What::Request { call, arguments } => Prepared::Request(
                hooks.request.clone().ok_or_else(missing)?,
                self.subject(call, number)?,
                Raw::of(arguments),
            ),
            What::Authorize { call, arguments } => Prepared::Authorize(
                hooks.authorize.clone().ok_or_else(missing)?,
                self.subject(call, number)?,
                Raw::of(arguments),
            ),
            What::AuthorizeList { client, entries } => Prepared::AuthorizeList(
                hooks.authorize_list.clone().ok_or_else(missing)?,
                self::client(client)?,
                entries.iter().map(mock::seen).collect::<Result<_, String>>()?,
            ),
            What::Response { call, source, document } => Prepared::Response(
                hooks.response.clone().ok_or_else(missing)?,
                self.subject(call, number)?,
                match source {
                    golden::Source::Success => Source::Success,
                    golden::Source::Error => Source::Error,
                    golden::Source::Question => Source::Question,
                },
                Raw::of(document),
            ),
            What::Notify { notice, params } => Prepared::Notify(
                hooks.notify.clone().ok_or_else(missing)?,
                Notice {
                    backend: backend(&notice.backend)?,
                    method: notice.method.clone(),
                    call: notice.call,
                },
                Raw::of(params),
            ),
            What::Observe { call, outcome } => Prepared::Observe(
                hooks.observe.clone().ok_or_else(missing)?,
                Box::new(record(self.subject(call, number)?, outcome)?),
            ),
            What::Credentials { query } => Prepared::Credentials(
                self.credentials.clone().ok_or_else(missing)?,
                Query {
                    backend: backend(&query.backend)?,
                    url: query.url.clone(),
                    why: match query.why {
                        golden::Why::Initial => Reason::Initial,
                        golden::Why::Expired => Reason::Expired,
                        golden::Why::Refused => Reason::Refused,
                    },
                    challenge: query.challenge.clone(),
                },
            ),
        })
    }

    /// Whether the plugin has the hook of a call.
    pub(crate) fn has(&self, what: &What) -> bool {
        match what {
            What::Catalog { .. } => self.hooks.catalog.is_some(),
            What::Request { .. } => self.hooks.request.is_some(),
            What::Authorize { .. } => self.hooks.authorize.is_some(),
            What::AuthorizeList { .. } => self.hooks.authorize_list.is_some(),
            What::Response { .. } => self.hooks.response.is_some(),
            What::Notify { .. } => self.hooks.notify.is_some(),
            What::Observe { .. } => self.hooks.observe.is_some(),
            What::Credentials { .. } => self.credentials.is_some(),
        }
    }

    /// A call as hooks see it.
    pub(crate) fn subject(&self, call: &golden::Call, number: u64) -> Result<Subject, String> {
        let backend = backend(&call.backend)?;
        let method = call.method.as_deref().unwrap_or("tools/call");
        let method = Method::parse(method)
            .ok_or_else(|| format!("`{method}` is no method that hooks see"))?;
        Ok(Subject {
            id: call.id.unwrap_or(number),
            method,
            exposed: mock::exposed(&backend, &call.name, call.exposed.as_deref()),
            to: Target { backend, native: NativeName::new(&call.name) },
            client: Arc::new(client(&call.client)?),
            scope: Arc::clone(&self.scope) as _,
        })
    }
}

fn decided<T>(answer: Result<T, String>, words: impl FnOnce(T) -> Value) -> Value {
    answer.map_or_else(|why| words::error(&why), words)
}

fn backend(name: &str) -> Result<BackendName, String> {
    BackendName::new(name).map_err(|error| error.to_string())
}

/// A client of a golden call.
///
/// # Errors
/// If it has what no client of mcpmux has yet: who it is, where that was made sure of, and a space.
pub(crate) fn client(client: &golden::Client) -> Result<Client, String> {
    for (key, value) in [("principal", &client.principal), ("space", &client.space)] {
        if value.is_some() {
            return Err(format!(
                "a component cannot be shown `client.{key}` yet: mcpmux has none to show"
            ));
        }
    }
    Ok(Client {
        revision: match client.era {
            golden::Era::Modern => Revision::NEWEST_MODERN,
            golden::Era::Legacy => Revision::NEWEST_LEGACY,
        },
        info: Some(Raw::of(&json!({ "name": client.name, "version": client.version }))),
        capabilities: Raw::literal("{}"),
        session: None,
    })
}

fn offered(entry: &golden::Offered) -> Result<(BackendName, Definition, String), String> {
    let backend = backend(&entry.backend)?;
    let definition = Definition::read(entry.kind.into(), &Raw::of(&entry.definition))?;
    let exposed = mock::exposed(&backend, definition.name().as_str(), entry.exposed.as_deref());
    Ok((backend, definition, exposed))
}

fn record(subject: Subject, outcome: &golden::Outcome) -> Result<Record, String> {
    let decisions = outcome.decisions.iter().map(decision).collect::<Result<_, String>>()?;
    Ok(Record {
        subject,
        status: match outcome.status {
            golden::Status::Success => Status::Success,
            golden::Status::ToolError => Status::ToolError,
            golden::Status::Error => Status::Error,
            golden::Status::Refused => Status::Refused,
            golden::Status::Cancelled => Status::Cancelled,
        },
        code: outcome.code,
        sent: outcome.sent,
        received: outcome.received,
        took: Duration::from_micros(outcome.micros),
        decisions,
    })
}

/// The words of decisions, as mcpmux records them.
const VERDICTS: [&str; 13] = [
    "allow",
    "allow-with",
    "answer",
    "ask",
    "change",
    "deliver",
    "deny",
    "drop",
    "error",
    "forward",
    "refuse",
    "reroute",
    "withhold",
];

fn decision(decision: &golden::Decision) -> Result<Decision, String> {
    let golden::Decision { plugin, version, hook, verdict, micros, shadow } = decision;
    let unknown = |what: &str, word: &str| format!("`{word}` is no {what} of a decision");
    let kind = HookKind::ALL.into_iter().find(|kind| kind.as_str() == hook);
    let word = VERDICTS.into_iter().find(|word| word == verdict);
    Ok(Decision {
        plugin: PluginName::new(plugin).map_err(|error| error.to_string())?,
        version: version.clone(),
        hook: kind.ok_or_else(|| unknown("hook", hook))?,
        verdict: word.ok_or_else(|| unknown("verdict", verdict))?,
        detail: None,
        took: Duration::from_micros(*micros),
        shadow: *shadow,
    })
}
