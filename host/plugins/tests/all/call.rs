//! The catalog hook of version 0.1: what it may change, and that a hostile one harms only the call at hand.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mcpmux_core::catalog::{Annotations, Definition, EntryKind};
use mcpmux_core::config::Limits;
use mcpmux_core::hook::{CatalogHook, EntryEdit, EntryView, ListEdit};
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_plugins::{Engine, Plugin};

use crate::guests::{Dir, configured, plugin, shared, starter};

fn hook(clock: bool) -> Arc<dyn CatalogHook> {
    let dir = Dir::new();
    let engine = Engine::new(None).unwrap();
    let grant: &[&str] = if clock { &["clock"] } else { &[] };
    let plugin = configured(dir.file("guest.wasm", plugin(clock)), grant, "{}");
    let plugin = Plugin::load(&engine, &plugin, &Limits::default(), &shared()).unwrap();
    Arc::new(plugin).hooks().catalog.clone().unwrap()
}

/// Shows the hook two tools of a backend of this name, with a prompt before and between them, which it cannot know.
fn transform(hook: &dyn CatalogHook, backend: &str) -> Result<Vec<ListEdit>, String> {
    let backend = BackendName::new(backend).unwrap();
    let read = |kind| Definition::read(kind, &Raw::literal(r#"{"name":"x","title":"X"}"#)).unwrap();
    let (tool, prompt) = (read(EntryKind::Tool), read(EntryKind::Prompt));
    let view = |definition| EntryView { backend: &backend, definition, exposed: "a__x" };
    hook.transform(&[view(&prompt), view(&tool), view(&prompt), view(&tool)])
}

/// What is wanted of the tools, at their places in the whole list.
fn edited() -> Vec<ListEdit> {
    let annotations = Annotations { read_only: Some(true), ..Annotations::default() };
    let exposed = Some("renamed".to_owned());
    let edit = EntryEdit { exposed, annotations, ..EntryEdit::default() };
    vec![ListEdit::Update(1, edit), ListEdit::Hide(3)]
}

/// The call fails with these words, and the next one works.
fn check_hostile(backend: &str, expected: &str) {
    let hook = hook(false);
    for _ in 0..3 {
        assert_eq!(transform(hook.as_ref(), backend), Err(expected.to_owned()));
        assert_eq!(transform(hook.as_ref(), "a"), Ok(edited()));
    }
}

#[test]
fn a_hook_renames_and_hides() {
    let hook = hook(false);
    assert_eq!(hook.plugin().as_str(), "guest");
    assert_eq!(transform(hook.as_ref(), "a"), Ok(edited()));
    assert_eq!(transform(hook.as_ref(), "e"), Err("no, thank you".to_owned()));
}

#[test]
fn a_trap_ends_the_call_and_no_other() {
    check_hostile("t", "it trapped: wasm `unreachable` instruction executed");
}

#[test]
fn a_loop_is_stopped_in_time() {
    let started = Instant::now();
    check_hostile("l", "it ran longer than 50ms and was stopped");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn taking_memory_is_stopped_at_the_limit() {
    check_hostile("m", "it wanted more memory than its limit of 64 MiB and was stopped");
}

#[test]
fn sleeping_is_stopped_at_once() {
    check_hostile("s", "it wanted to wait, which a hook must not, and was stopped");
}

#[test]
fn a_hundred_calls_at_once_are_answered_each_with_its_own() {
    let hook = hook(false);
    thread::scope(|scope| {
        for at in 0..100 {
            let hook = hook.as_ref();
            scope.spawn(move || match at % 10 {
                0 | 4 => assert_eq!(transform(hook, "e"), Err("no, thank you".to_owned())),
                1 => assert!(transform(hook, "t").is_err()),
                _ => assert_eq!(transform(hook, "a"), Ok(edited())),
            });
        }
    });
}

#[test]
fn a_hook_can_be_called_on_a_runtimes_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { assert_eq!(transform(hook(false).as_ref(), "a"), Ok(edited())) });
}

#[test]
fn only_a_grant_tells_the_time() {
    assert_eq!(transform(hook(false).as_ref(), "c"), Ok(edited()));
    assert_eq!(transform(hook(true).as_ref(), "c"), Err("no, thank you".to_owned()));
}

#[test]
fn a_plugin_without_the_hook_has_none() {
    let dir = Dir::new();
    let plugin = configured(dir.file("guest.wasm", starter()), &[], "{}");
    let plugin =
        Plugin::load(&Engine::new(None).unwrap(), &plugin, &Limits::default(), &shared()).unwrap();
    assert_eq!(plugin.hook_names(), ["lifecycle"]);
    assert!(Arc::new(plugin).hooks().catalog.is_none());
}
