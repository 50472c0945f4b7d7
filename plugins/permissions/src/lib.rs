//! The `permissions` plugin: who may see and call what, by rules; the configuration is in `README.md`.

mod condition;
mod paths;
mod policy;
mod question;
mod rule;
mod subject;
mod truth;
mod uri;

use std::collections::BTreeMap;

use mcpmux_plugin_rules::Name;
use mcpmux_sdk::serde_json::{self, Map, Value};
use mcpmux_sdk::{
    Call, Client, Denial, Description, Doc, Error, Level, ListEntry, Method, Obligations, Plugin,
    Question, Result, Verdict, log, plugin,
};

use crate::policy::{Asked, Judgement, Policy};
use crate::rule::Rule;

/// The plugin: its rules.
#[derive(Debug)]
pub struct Permissions {
    policy: Policy,
}

#[plugin]
impl Plugin for Permissions {
    type Config = Map<String, Value>;

    fn describe() -> Description {
        Description::new("says who may see and call what, by rules")
            .schema(include_str!("../config.schema.json"))
    }

    fn new(config: Self::Config) -> Result<Self> {
        Ok(Self { policy: Policy::new(config)? })
    }

    fn authorize(&mut self, call: &Call, arguments: &Doc) -> Result<Verdict> {
        let names = names(call);
        let asked = Asked {
            client: &call.client,
            backend: &call.backend,
            names: &names,
            method: call.method,
            bases: bases(call.method, arguments),
            could_be: false,
        };
        let values = read(&self.policy.reads(asked), arguments)?;
        let verdict = match self.policy.judge(asked, |at| values.get(at)) {
            Judgement::Allow(obligations) if obligations == Obligations::default() => {
                Verdict::Allow
            }
            Judgement::Allow(obligations) => Verdict::AllowWith(obligations),
            Judgement::Deny(rule) => Verdict::Deny(denial(rule, call)),
            Judgement::Ask(rule, template, remember) => {
                let text = template.fill(call, |at| arguments.raw(at));
                let mut question = Question::new(text);
                if let Some(remember) = remember {
                    let key = question::key(&rule.text, remember.what, call, || arguments.text());
                    question = question.remember(key, remember.time);
                }
                Verdict::Ask(question)
            }
        };
        Ok(verdict)
    }

    fn authorize_list(&mut self, client: &Client, entries: &[ListEntry]) -> Result<Vec<bool>> {
        let lists =
            |entry: &ListEntry| self.policy.lists(client, entry.kind, &entry.backend, &entry.name);
        Ok(entries.iter().map(lists).collect())
    }
}

/// The readings of what a call is about.
fn names(call: &Call) -> Vec<Name> {
    match call.method {
        Method::ResourcesRead | Method::Subscribe | Method::Unsubscribe => {
            uri::readings(&call.name).unwrap_or_default()
        }
        // An id does not say of which tool a task is.
        Method::TasksGet | Method::TasksResult | Method::TasksUpdate | Method::TasksCancel => {
            vec![Name::open()]
        }
        Method::Complete if call.name.contains("://") => vec![Name::template(&call.name)],
        Method::Complete | Method::ToolsCall | Method::PromptsGet => vec![Name::exact(&call.name)],
    }
}

/// The methods that this one is only a part of.
fn bases(method: Method, arguments: &Doc) -> &'static [Method] {
    match method {
        Method::Complete => match arguments.str("/ref/type").as_deref() {
            Some("ref/prompt") => &[Method::PromptsGet],
            _ => &[Method::ResourcesRead],
        },
        Method::Unsubscribe => &[Method::Subscribe],
        Method::TasksGet | Method::TasksResult | Method::TasksUpdate | Method::TasksCancel => {
            &[Method::ToolsCall]
        }
        Method::ToolsCall | Method::PromptsGet | Method::ResourcesRead | Method::Subscribe => &[],
    }
}

/// What is at the pointers.
fn read<'p>(pointers: &[&'p str], arguments: &Doc) -> Result<BTreeMap<&'p str, Value>> {
    let mut values = BTreeMap::new();
    if pointers.is_empty() {
        return Ok(values);
    }
    for (at, json) in pointers.iter().zip(arguments.many(pointers)) {
        let Some(json) = json else { continue };
        let value = serde_json::from_str(&json).map_err(|error| {
            Error::new(format!("the argument at `{at}` cannot be read: {error}"))
        })?;
        values.insert(*at, value);
    }
    Ok(values)
}

fn denial(rule: Option<&Rule>, call: &Call) -> Denial {
    let exposed = &call.exposed;
    let by = rule.map_or("no rule allows it", |rule| &rule.at);
    log(Level::Debug, &format!("`{}` of `{}` is refused: {by}", call.name, call.backend));
    let Some(rule) = rule else {
        let message = format!("`{exposed}` is not permitted here: no rule allows this call");
        return Denial::new("permissions.default", message);
    };
    let message = rule.message.clone().unwrap_or_else(|| {
        if rule.conditions.is_empty() {
            return format!("`{exposed}` is not permitted here");
        }
        let at: Vec<_> = rule.conditions.iter().map(|one| format!("`{}`", one.at)).collect();
        format!(
            "`{exposed}` is not permitted with these arguments; the rule looks at {}",
            at.join(", ")
        )
    });
    Denial::new(rule.code.as_deref().unwrap_or("permissions.denied"), message)
}

#[cfg(test)]
mod tests;
