//! Calling the catalog hook: what it may change, and that a hostile one harms only the call at hand.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use mcpmux_core::catalog::{Annotations, Definition, Edit, EntryKind, ToolEdit};
use mcpmux_core::config::Limits;
use mcpmux_core::json::Raw;
use mcpmux_core::names::BackendName;
use mcpmux_core::ports::{CatalogHook, ToolView};
use mcpmux_plugins::{Engine, Plugin};

use crate::guests::{Dir, configured, plugin, starter};

fn hook(clock: bool) -> Arc<dyn CatalogHook> {
    let dir = Dir::new();
    let engine = Engine::new().unwrap();
    let grant: &[&str] = if clock { &["clock"] } else { &[] };
    let plugin = configured(dir.file("guest.wasm", plugin(clock)), grant, "{}");
    let plugin = Plugin::load(&engine, &plugin, &Limits::default()).unwrap();
    Arc::new(plugin).catalog_hook().unwrap()
}

/// Shows the hook two tools of a backend of this name.
fn transform(hook: &dyn CatalogHook, backend: &str) -> Result<Vec<Edit>, String> {
    let backend = BackendName::new(backend).unwrap();
    let definition =
        Definition::read(EntryKind::Tool, &Raw::literal(r#"{"name":"x","title":"X"}"#)).unwrap();
    let view = ToolView { backend: &backend, definition: &definition, exposed: "a__x" };
    hook.transform(&[view, view])
}

fn edited() -> Vec<Edit> {
    let annotations = Annotations { read_only: Some(true), ..Annotations::default() };
    let edit = ToolEdit { name: Some("renamed".to_owned()), annotations, ..ToolEdit::default() };
    vec![Edit::Update(0, edit), Edit::Hide(1)]
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
            scope.spawn(move || match at % 4 {
                0 => assert_eq!(transform(hook, "e"), Err("no, thank you".to_owned())),
                1 => assert!(transform(hook, "t").is_err()),
                _ => assert_eq!(transform(hook, "a"), Ok(edited())),
            });
        }
    });
}

#[test]
fn a_thousand_traps_leave_nothing_behind() {
    let hook = hook(false);
    for _ in 0..1_000 {
        assert!(transform(hook.as_ref(), "t").is_err());
    }
    assert_eq!(transform(hook.as_ref(), "a"), Ok(edited()));
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
    let plugin = Plugin::load(&Engine::new().unwrap(), &plugin, &Limits::default()).unwrap();
    assert_eq!(plugin.hooks(), ["lifecycle"]);
    assert!(Arc::new(plugin).catalog_hook().is_none());
}
