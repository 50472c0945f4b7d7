//! URIs and task ids in calls and answers: which backend they belong to, and what clients see in their place.
//!
//! A resource that is listed by one backend only, or that nobody lists, keeps its URI. See `mcpmux_core::uri` for
//! those that two backends claim. What a backend hands out without listing it is remembered as its own.

mod memory;
mod tasks;

use std::borrow::Cow;

use mcpmux_core::call::{Answer, Body, Method, Target};
use mcpmux_core::era::Era;
use mcpmux_core::json::Raw;
use mcpmux_core::names::{BackendName, NativeName};
use mcpmux_core::uri;

use crate::view::{Shared, View};
pub(crate) use memory::Memory;
pub(crate) use tasks::{Renaming, renamed, task};

/// Whose resource a client means by this URI.
pub(crate) fn resolve(view: &View, exposed: &str) -> Option<Target> {
    let to = |(backend, native): (BackendName, NativeName)| Target { backend, native };
    let found = view.catalog.resource(exposed).map(to);
    let found = found.or_else(|| {
        let backend = view.memory.owner(exposed).filter(|owner| view.backends.contains_key(owner));
        let backend = backend.or_else(|| only_one_with_resources(view))?;
        Some(Target { backend, native: NativeName::new(exposed) })
    })?;
    let (naming, native) = (&view.backends.get(&found.backend)?.naming, found.native.as_str());
    let hidden = !naming.includes(native) || view.catalog.hides(&found.backend, native);
    (!hidden).then_some(found)
}

fn only_one_with_resources(view: &View) -> Option<BackendName> {
    let mut having = view.backends.iter().filter(|(_, placed)| placed.has_resources);
    let (name, _) = having.next()?;
    having.next().is_none().then(|| name.clone())
}

/// How clients see a resource of a backend.
pub(crate) fn expose(view: &View, backend: &BackendName, native: &str) -> String {
    if let Some(exposed) = view.catalog.qualified(backend, native) {
        return exposed.as_str().to_owned();
    }
    // These are read where they lie, by clients themselves (2025-11-25, server/resources, common URI schemes).
    if native.starts_with("https://") || native.starts_with("http://") {
        return native.to_owned();
    }
    let owner = match view.catalog.resource(native) {
        Some((owner, _)) => Some(owner),
        None => view.memory.claim(native, backend, |owner| view.backends.contains_key(owner)),
    };
    if owner.is_none_or(|owner| owner == *backend) {
        native.to_owned()
    } else {
        uri::qualify(backend, native)
    }
}

/// The answer with its URIs, and the ids of its tasks, as clients see them. One without any keeps its bytes.
pub(crate) fn outgoing(shared: &Shared, method: Method, to: &Target, answer: Answer) -> Answer {
    let Answer { body, era } = answer;
    let body = match body {
        Body::Result(result) => {
            Body::Result(shared.read(|view| result_of(view, method, to, era, result)))
        }
        error @ Body::Error(_) => error,
    };
    Answer { body, era }
}

fn result_of(view: &View, method: Method, to: &Target, era: Era, result: Raw) -> Raw {
    let holds = |what: &[u8]| memchr::memmem::find(result.as_bytes(), what).is_some();
    let (about_task, linked) = (holds(b"\"taskId\""), holds(b"\"uri\""));
    let result = if linked { linking(view, method, to, result) } else { result };
    if about_task && !matches!(method, Method::PromptsGet | Method::ResourcesRead) {
        return tasks::shown(&to.backend, method, era, result);
    }
    result
}

fn linking(view: &View, method: Method, to: &Target, result: Raw) -> Raw {
    let changed = match method {
        Method::ToolsCall | Method::TasksResult => {
            each(&result, "content", |block| link(view, to, block))
        }
        Method::PromptsGet => each(&result, "messages", |message| {
            let mut object = message.object().ok()?;
            let content = object.get("content")?;
            let content = match content.elements() {
                Ok(blocks) => array(blocks, |block| link(view, to, block))?,
                Err(_) => link(view, to, content)?,
            };
            object.set("content", content);
            Some(object.to_raw())
        }),
        Method::ResourcesRead => each(&result, "contents", |part| shown(view, to, part, "uri")),
        _ => None,
    };
    changed.unwrap_or(result)
}

/// A content block that links to a resource, or holds one, if its URI changes.
fn link(view: &View, to: &Target, block: &Raw) -> Option<Raw> {
    let mut object = block.object().ok()?;
    match object.get("type")?.as_string()?.as_ref() {
        "resource_link" => shown(view, to, block, "uri"),
        "resource" => {
            let inner = shown(view, to, object.get("resource")?, "uri")?;
            object.set("resource", inner);
            Some(object.to_raw())
        }
        _ => None,
    }
}

fn shown(view: &View, to: &Target, holder: &Raw, key: &str) -> Option<Raw> {
    let mut object = holder.object().ok()?;
    let native = object.get(key)?.as_string()?.into_owned();
    let exposed = expose(view, &to.backend, &native);
    if exposed == native {
        return None;
    }
    object.set(key, Raw::string(&exposed));
    Some(object.to_raw())
}

/// The result with the elements of one of its arrays changed; `None` if none changes.
fn each(result: &Raw, key: &str, change: impl Fn(&Raw) -> Option<Raw>) -> Option<Raw> {
    let mut object = result.object().ok()?;
    let changed = array(object.get(key)?.elements().ok()?, change)?;
    object.set(key, changed);
    Some(object.to_raw())
}

fn array(elements: Vec<Raw>, change: impl Fn(&Raw) -> Option<Raw>) -> Option<Raw> {
    let mut any = false;
    let mut text = vec![b'['];
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        let changed = change(element);
        any |= changed.is_some();
        let element = changed.map_or(Cow::Borrowed(element), Cow::Owned);
        text.extend_from_slice(element.as_bytes());
    }
    text.push(b']');
    any.then(|| Raw::trusted(text.into()))
}
