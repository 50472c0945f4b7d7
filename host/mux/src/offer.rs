//! What clients are offered at the start: the merge of what the backends can do and say of themselves.

use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{Caching, Listing};

use crate::Mux;

/// Extensions whose messages mcpmux passes on; of another one it could honour nothing.
const EXTENSIONS: [&str; 2] = [TASKS, "io.modelcontextprotocol/ui"];
/// The tasks extension of the modern era.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// What mcpmux can do for its clients, as far as the backends are known.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// Server capabilities: those of 2025-11-25 and of 2026-07-28 together. A door takes out what its client's
    /// revision does not know.
    pub capabilities: Object,
    /// The backends' instructions, each under its backend's name.
    pub instructions: Option<String>,
    /// Whether no backend is missing because it is still starting.
    pub settled: bool,
    /// How long, and by whom, it may be kept.
    pub caching: Caching,
}

impl Mux {
    /// What clients are offered. Waits for backends that are still starting, at most `list_wait` from when they
    /// were set; while some are missing, everything that mcpmux can pass on is offered.
    pub async fn offer(&self) -> Offer {
        if !self.shared.is_settled() {
            self.shared.settled(self.limits.list_wait).await;
        }
        let settled = self.shared.is_settled();
        let mut offer =
            self.shared.read(|view| Offer { caching: view.caching, ..view.offer.clone() });
        offer.settled = settled;
        if !settled {
            for (name, value) in [
                ("prompts", r#"{"listChanged":true}"#),
                ("resources", r#"{"subscribe":true,"listChanged":true}"#),
                ("completions", "{}"),
                ("logging", "{}"),
            ] {
                offer.capabilities.set(name, Raw::literal(value));
            }
        }
        offer
    }
}

/// Merges what the backends said when they connected, in their order.
pub(crate) fn merge<'a>(listings: impl Iterator<Item = (&'a BackendName, &'a Listing)>) -> Offer {
    let mut capabilities = Object::default();
    capabilities.set("tools", Raw::literal(r#"{"listChanged":true}"#));
    let mut said = Vec::new();
    let (mut subscribe, mut extensions) = (false, Object::default());
    for (backend, listing) in listings {
        let own = &listing.capabilities;
        if own.get("prompts").is_some() {
            capabilities.set("prompts", Raw::literal(r#"{"listChanged":true}"#));
        }
        if let Some(resources) = own.get("resources") {
            subscribe |= flag(resources, "subscribe");
            let text = if subscribe {
                r#"{"subscribe":true,"listChanged":true}"#
            } else {
                r#"{"listChanged":true}"#
            };
            capabilities.set("resources", Raw::literal(text));
        }
        for name in ["completions", "logging"] {
            if own.get(name).is_some() {
                capabilities.set(name, Raw::literal("{}"));
            }
        }
        // Tasks belong to the era of their backend.
        if listing.revision.era() == Era::Legacy
            && let Some(Ok(mut tasks)) = own.get("tasks").map(Raw::object)
        {
            tasks.take("list");
            let known = capabilities.get("tasks").and_then(|known| known.object().ok());
            let all = known.map_or(tasks.clone(), |known| union(known, &tasks, DEPTH));
            capabilities.set("tasks", all.to_raw());
        }
        gather(own, "extensions", &mut extensions, |name| {
            EXTENSIONS.contains(&name) && (name != TASKS || listing.revision.era() == Era::Modern)
        });
        if let Some(text) = describe(backend, listing) {
            said.push((text, listing.instructions.clone()));
        }
    }
    if !extensions.is_empty() {
        capabilities.set("extensions", extensions.to_raw());
    }
    Offer {
        capabilities,
        instructions: instructions(said),
        settled: true,
        caching: Caching::UNSAID,
    }
}

fn flag(object: &Raw, key: &str) -> bool {
    object
        .object()
        .is_ok_and(|object| object.get(key).is_some_and(|flag| flag.as_bytes() == b"true"))
}

/// How deep what can be done with tasks is said (2025-11-25, `ServerCapabilities.tasks.requests.tools.call`).
const DEPTH: usize = 4;

/// What either of two says.
fn union(mut one: Object, other: &Object, depth: usize) -> Object {
    for member in other.iter() {
        let key = member.key.as_str();
        let value = match one.get(key).map(|known| (known.object(), member.value.object())) {
            None => member.value.clone(),
            Some((Ok(known), Ok(more))) if depth > 0 => union(known, &more, depth - 1).to_raw(),
            Some(_) => continue,
        };
        one.set(key, value);
    }
    one
}

/// Adds the members of an object in the capabilities, where an earlier backend has none of that name.
fn gather(own: &Object, key: &str, into: &mut Object, wanted: impl Fn(&str) -> bool) {
    let Some(Ok(object)) = own.get(key).map(Raw::object) else { return };
    for member in object.iter().filter(|member| wanted(member.key.as_str())) {
        if into.get(member.key.as_str()).is_none() {
            into.set(member.key.as_str(), member.value.clone());
        }
    }
}

/// A heading for a backend that has something to say: its name here, its own, and its own description.
fn describe(backend: &BackendName, listing: &Listing) -> Option<String> {
    let own = listing.info.as_ref().and_then(|own| own.object().ok()).unwrap_or_default();
    let text = |key: &str| Some(own.get(key)?.as_string()?.into_owned());
    let description = text("description");
    if description.is_none() && listing.instructions.is_none() {
        return None;
    }
    let mut heading = format!("## {backend}");
    if let Some(name) = text("title").or_else(|| text("name")) {
        heading.push_str(": ");
        heading.push_str(&name);
    }
    if let Some(description) = description {
        heading.push_str("\n\n");
        heading.push_str(&description);
    }
    Some(heading)
}

/// All instructions; those of the only backend that has any stand alone, as it wrote them.
fn instructions(said: Vec<(String, Option<String>)>) -> Option<String> {
    if let [(_, Some(only))] = said.as_slice() {
        return Some(only.clone());
    }
    let parts: Vec<String> = said
        .into_iter()
        .map(|(heading, text)| match text {
            Some(text) => format!("{heading}\n\n{}", text.trim()),
            None => heading,
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}
