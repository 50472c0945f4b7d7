//! What the plugin's own tools answer.

use std::collections::BTreeMap;
use std::fmt::Write;

use mcpmux_sdk::entries::{self, Entry};
use mcpmux_sdk::serde_json::{self, Value};
use mcpmux_sdk::{Action, Doc, Kind};

use crate::config::{MOST_FOUND, Settings};
use crate::index::Cache;
use crate::nearest::nearest;

/// A call of one of the tools.
pub(crate) struct Answers<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) cache: &'a mut Cache,
    pub(crate) arguments: &'a Doc,
}

/// The most backends that an overview counts.
const MOST_BACKENDS: usize = 50;

impl Answers<'_> {
    /// Tools that match a query.
    pub(crate) fn find(&mut self) -> Action {
        let query = match self.text("query") {
            Ok(query) => query.unwrap_or_default(),
            Err(mistake) => return mistake,
        };
        let limit = match self.arguments.get::<Option<usize>>("/limit") {
            Ok(limit) => limit.flatten().unwrap_or(self.settings.limit).clamp(1, MOST_FOUND),
            Err(_) => {
                return Action::error_text(format!(
                    "`limit` must be a number from 1 to {MOST_FOUND}"
                ));
            }
        };
        let tools = self.tools();
        let query = query.trim();
        if query.is_empty() {
            let mut text = overview(&tools);
            text.push_str("; say in `query` what you want to do");
            return Action::text(text);
        }
        let places = self.cache.index(&tools).search(query);
        if places.is_empty() {
            let text = format!("no tool matches `{query}`; {}; try other words", overview(&tools));
            return Action::text(text);
        }
        let found: Vec<&Entry> =
            places.iter().take(limit).filter_map(|place| tools.get(*place)).collect();
        let mut text = format!("{} of {} tools match, the best first", places.len(), tools.len());
        if found.len() < places.len() {
            let _ = write!(text, "; here are {}", found.len());
        }
        for tool in found {
            text.push_str(&self.line(tool));
        }
        Action::text(text)
    }

    /// The definition of a tool.
    pub(crate) fn describe(&self) -> Action {
        let name = match self.name() {
            Ok(name) => name,
            Err(mistake) => return mistake,
        };
        match entries::definition(Kind::Tool, &name) {
            Some(definition) => Action::text(named(definition, &name)),
            None => self.unknown(&name),
        }
    }

    /// A tool in the place of this one.
    pub(crate) fn call(&self) -> Action {
        let name = match self.name() {
            Ok(name) => name,
            Err(mistake) => return mistake,
        };
        if self.settings.names.has(&name) {
            return Action::error_text(format!(
                "`{name}` is no tool to call through this one; call it by itself"
            ));
        }
        if entries::definition(Kind::Tool, &name).is_none() {
            return self.unknown(&name);
        }
        match self.arguments.raw("/arguments").map(|text| object(&text)) {
            None => Action::reroute(name, Value::Object(serde_json::Map::new())),
            Some(Some(arguments)) => Action::reroute(name, arguments),
            Some(None) => Action::error_text(format!(
                "`arguments` must be an object with the arguments of `{name}`; `{}` shows which it takes",
                self.settings.names.describe
            )),
        }
    }

    /// What the client may call, but for the plugin's own.
    fn tools(&self) -> Vec<Entry> {
        let mut all = entries::all();
        all.retain(|entry| entry.kind == Kind::Tool && !self.settings.names.has(&entry.exposed));
        all
    }

    fn name(&self) -> Result<String, Action> {
        let missing = || Action::error_text("`name` is missing: the name of a tool");
        self.text("name")?.filter(|name| !name.is_empty()).ok_or_else(missing)
    }

    /// An argument that must be a string if it is there.
    fn text(&self, name: &str) -> Result<Option<String>, Action> {
        let text = self.arguments.get::<Option<String>>(&format!("/{name}"));
        text.map(Option::flatten)
            .map_err(|_| Action::error_text(format!("`{name}` must be a string")))
    }

    fn unknown(&self, name: &str) -> Action {
        let tools = self.tools();
        let mut near = nearest(name, tools.iter().map(|tool| tool.exposed.as_str()));
        if near.is_empty() {
            near.extend(nearest_native(name, &tools));
        }
        let near: Vec<String> = near.into_iter().map(|name| format!("`{name}`")).collect();
        let hint = if near.is_empty() {
            format!("look for it with `{}`", self.settings.names.find)
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        Action::error_text(format!("there is no tool `{name}`; {hint}"))
    }

    /// A tool on a line of what was found.
    fn line(&self, tool: &Entry) -> String {
        let description = tool.description.as_deref().unwrap_or_default();
        let description = shortened(description, self.settings.description);
        let title = tool.title.as_deref().filter(|title| !title.is_empty());
        let parts: Vec<&str> = title
            .into_iter()
            .chain(Some(description.as_str()))
            .filter(|part| !part.is_empty())
            .collect();
        let separator = if parts.is_empty() { "" } else { ": " };
        format!("\n- {}{separator}{}", tool.exposed, parts.join(" - "))
    }
}

/// The tools whose own name it is, where they are exposed by another.
fn nearest_native<'a>(name: &str, tools: &'a [Entry]) -> Vec<&'a str> {
    let own = tools.iter().filter(|tool| tool.name.eq_ignore_ascii_case(name));
    own.map(|tool| tool.exposed.as_str()).take(3).collect()
}

/// How many tools there are, and whose.
fn overview(tools: &[Entry]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tool in tools {
        *counts.entry(tool.backend.as_str()).or_default() += 1;
    }
    let mut list: Vec<String> = counts
        .iter()
        .take(MOST_BACKENDS)
        .map(|(backend, count)| format!("{backend} ({count})"))
        .collect();
    if counts.len() > MOST_BACKENDS {
        list.push(format!("{} more", counts.len() - MOST_BACKENDS));
    }
    let tools = tools.len();
    if list.is_empty() {
        "there are no tools".to_owned()
    } else {
        format!("there are {tools} tools, of {}", list.join(", "))
    }
}

/// A definition under the name that clients call the tool by.
fn named(definition: String, name: &str) -> String {
    match serde_json::from_str(&definition) {
        Ok(Value::Object(mut members))
            if members.get("name").and_then(Value::as_str) != Some(name) =>
        {
            members.insert("name".to_owned(), Value::from(name));
            Value::Object(members).to_string()
        }
        _ => definition,
    }
}

/// An object, also one that is written as a string, as some models do; nothing counts as an empty one.
fn object(text: &str) -> Option<Value> {
    let inner = match serde_json::from_str(text).ok()? {
        Value::String(inner) => serde_json::from_str(&inner).ok()?,
        Value::Null => Value::Object(serde_json::Map::new()),
        other => other,
    };
    inner.is_object().then_some(inner)
}

/// The first line or paragraph of a text, of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    let text = text.trim();
    let first = text.split("\n\n").next().unwrap_or_default();
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => {
            let kept = line.get(..end).unwrap_or_default();
            let word = kept.rfind(' ').filter(|at| *at > kept.len() / 2).unwrap_or(kept.len());
            format!("{}…", kept.get(..word).unwrap_or_default().trim_end_matches([',', ';', ':']))
        }
        None => line,
    }
}
