//! The ids of tasks: clients see `BACKEND~ID`, so that a task is found again without anyone keeping a list.
//!
//! Tasks stay within their era: those of 2025-11-25 between legacy sides, those of the extension between modern ones.

use std::borrow::Cow;
use std::sync::Arc;

use mcpmux_core::call::{Body, Method, Target};
use mcpmux_core::era::Era;
use mcpmux_core::json::{Object, Raw};
use mcpmux_core::names::{BackendName, NativeName};
use mcpmux_core::peer::{Ask, Event, Peer};
use mcpmux_core::ports::Pending;

use crate::view::View;

/// Between the backend and its own id; no backend's name can hold it.
const TASK: char = '~';

/// Whose task a client means by this id.
pub(crate) fn task(view: &View, exposed: &str) -> Option<Target> {
    let (backend, native) = exposed.split_once(TASK)?;
    let backend = BackendName::new(backend).ok()?;
    view.backends
        .contains_key(&backend)
        .then(|| Target { backend, native: NativeName::new(native) })
}

/// The id of a backend's task as clients see it.
fn task_id(backend: &BackendName, native: &str) -> String {
    format!("{}{TASK}{native}", backend.as_str())
}

/// A result about a task with the id that clients use: at the top if it is the task, in `task` where one was made in
/// the legacy era, in `_meta` where it is the task's own result.
pub(super) fn shown(backend: &BackendName, method: Method, era: Era, result: Raw) -> Raw {
    let Ok(mut object) = result.object() else { return result };
    let is_task = match method {
        Method::TasksGet | Method::TasksUpdate | Method::TasksCancel => true,
        Method::TasksResult => false,
        // The extension says so by the result's type; a legacy tool may say what it likes up here.
        _ => object.get("resultType").is_some_and(|kind| kind.as_bytes() == b"\"task\""),
    };
    let mut any = is_task && retask(backend, &mut object);
    if era == Era::Legacy
        && let Some(Ok(mut task)) = object.get("task").map(Raw::object)
        && retask(backend, &mut task)
    {
        object.set("task", task.to_raw());
        any = true;
    }
    any |= related(backend, &mut object);
    if any { object.to_raw() } else { result }
}

fn retask(backend: &BackendName, object: &mut Object) -> bool {
    let Some(native) = object.get("taskId").and_then(Raw::as_string).map(Cow::into_owned) else {
        return false;
    };
    object.set("taskId", Raw::string(&task_id(backend, &native)));
    true
}

/// The key under which a message says to which task it belongs (2025-11-25, basic/utilities/tasks).
const RELATED: &str = "io.modelcontextprotocol/related-task";

fn related(backend: &BackendName, object: &mut Object) -> bool {
    let Some(Ok(mut meta)) = object.get("_meta").map(Raw::object) else { return false };
    let Some(Ok(mut task)) = meta.get(RELATED).map(Raw::object) else { return false };
    if !retask(backend, &mut task) {
        return false;
    }
    meta.set(RELATED, task.to_raw());
    object.set("_meta", meta.to_raw());
    true
}

/// A client that hears and is asked about a backend's tasks by the ids that it knows.
pub(crate) struct Renaming {
    backend: BackendName,
    peer: Arc<dyn Peer>,
}

impl Renaming {
    /// Puts itself before a client.
    pub(crate) fn before(peer: Arc<dyn Peer>, backend: &BackendName) -> Arc<dyn Peer> {
        Arc::new(Self { backend: backend.clone(), peer })
    }
}

impl Peer for Renaming {
    fn event(&self, event: Event) {
        self.peer.event(renamed(&self.backend, event));
    }

    fn ask(&self, mut ask: Ask) -> Pending<'static, Body> {
        ask.params = ask.params.map(|params| in_params(&self.backend, params));
        self.peer.ask(ask)
    }
}

/// An event with the task ids that clients know.
pub(crate) fn renamed(backend: &BackendName, event: Event) -> Event {
    let in_object = |mut object: Object| {
        related(backend, &mut object);
        object
    };
    match event {
        Event::Progress(params) => Event::Progress(in_object(params)),
        Event::Message(params) => Event::Message(in_object(params)),
        Event::Other { method, params } => {
            Event::Other { method, params: params.map(|params| in_params(backend, params)) }
        }
        updated @ Event::Updated(_) => updated,
    }
}

fn in_params(backend: &BackendName, params: Raw) -> Raw {
    let Ok(mut object) = params.object() else { return params };
    let named = retask(backend, &mut object);
    if related(backend, &mut object) || named { object.to_raw() } else { params }
}
