//! What is refused, and in which words.

use std::path::PathBuf;

use mcpmux_core::config::Limits;
use mcpmux_plugins::{Engine, Plugin, inspect, load_all};

use crate::guests::{Dir, configured, hollow, plugin, shared};

const CATALOG: &str = "mcpmux:plugin/catalog@0.1.0";

/// Loads a file as a plugin with these grants, and compares what is said with `expected`, in which `FILE`
/// stands for the file.
fn check(path: PathBuf, grant: &[&str], config: &'static str, expected: &str) {
    let engine = Engine::new(None).unwrap();
    let file = path.display().to_string();
    let error =
        Plugin::load(&engine, &configured(path, grant, config), &Limits::default(), &shared())
            .unwrap_err();
    assert_eq!(error.to_string(), expected.replace("FILE", &file));
}

fn check_bytes(bytes: impl AsRef<[u8]>, grant: &[&str], expected: &str) {
    let dir = Dir::new();
    check(dir.file("guest.wasm", bytes), grant, "{}", expected);
}

#[test]
fn what_is_not_a_component_is_named_for_what_it_is() {
    let dir = Dir::new();
    check(
        dir.path().join("none.wasm"),
        &[],
        "{}",
        "[[plugins]] name = \"guest\": path: `FILE`: there is no such file\n\
         hint: build the component, or correct the path",
    );
    check(
        dir.path().to_owned(),
        &[],
        "{}",
        "[[plugins]] name = \"guest\": path: `FILE`: it is a directory\nhint: name the `.wasm` file in it",
    );
    check_bytes(
        wat::parse_str("(module)").unwrap(),
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it is a core WebAssembly module, not a component\n\
         hint: build it with `--target wasm32-wasip2`, or wrap it with `wasm-tools component new`",
    );
    check_bytes(
        "#!/bin/sh",
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it is not WebAssembly\nhint: name a component, a `.wasm` file",
    );
    check_bytes(
        "\n(component)",
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it is not WebAssembly\n\
         hint: it looks like WebAssembly text; translate it with `wasm-tools parse`",
    );
}

#[test]
fn a_link_is_followed_only_to_a_file_that_is_pinned() {
    let dir = Dir::new();
    let bytes = plugin(false);
    let file = dir.file("guest.wasm", &bytes);
    let link = dir.path().join("link.wasm");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    check(
        link.clone(),
        &[],
        "{}",
        "[[plugins]] name = \"guest\": path: `FILE`: it is a symbolic link, which could be turned to another file\n\
         hint: name the file itself, or pin it with `sha256`; then any way to it will do",
    );
    let engine = Engine::new(None).unwrap();
    let mut settings = configured(link, &[], "{}");
    settings.sha256 = Some(inspect(&file).unwrap().sha256);
    Plugin::load(&engine, &settings, &Limits::default(), &shared()).unwrap();
}

#[test]
fn a_component_cut_short_is_said_to_be_broken() {
    let dir = Dir::new();
    let bytes = plugin(false);
    let path = dir.file("guest.wasm", &bytes[..bytes.len() / 2]);
    let engine = Engine::new(None).unwrap();
    let error = Plugin::load(&engine, &configured(path, &[], "{}"), &Limits::default(), &shared())
        .unwrap_err();
    assert!(error.to_string().contains("it is no valid component: unexpected end"), "{error}");
}

#[test]
fn exports_that_are_no_hooks_of_this_version_are_listed() {
    check_bytes(
        hollow(&[], &["wasi:cli/run@0.2.6"]),
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it exports no hook, only `wasi:cli/run@0.2.6`\n\
         hint: it is a WASI command: use it as a backend, `[backends.NAME] wasm = \"...\"`",
    );
    check_bytes(
        hollow(&[], &["mcpmux:plugin/catalog@0.3.0"]),
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it was made for another version: it has \
         `mcpmux:plugin/catalog@0.3.0`, but supported are 0.1.0 and 0.2.0, one at a time\n\
         hint: build it against `mcpmux:plugin@0.2.0`, or use the mcpmux it was made for",
    );
    check_bytes(
        hollow(&[], &["mcpmux:plugin/telepathy@0.1.0"]),
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it exports the hook `telepathy`, which this mcpmux does \
         not know\nhint: use a newer mcpmux, or build the plugin without it",
    );
    let dir = Dir::new();
    let path = dir.file("guest.wasm", hollow(&[], &[CATALOG]));
    let engine = Engine::new(None).unwrap();
    let error = Plugin::load(&engine, &configured(path, &[], "{}"), &Limits::default(), &shared())
        .unwrap_err();
    assert!(error.to_string().contains("another shape than the contract's"), "{error}");
    assert!(error.to_string().contains("transform"), "{error}");
}

#[test]
fn an_import_outside_the_world_is_refused_by_name() {
    check_bytes(
        hollow(&["wasi:http/outgoing-handler@0.2.0"], &[CATALOG]),
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it wants `wasi:http/outgoing-handler@0.2.0`, which it \
         cannot have\nhint: neither plugins nor sandboxed backends have a network; build it without",
    );
    check_bytes(
        hollow(&["mcpmux:plugin/exec@0.1.0"], &[CATALOG]),
        &[],
        "[[plugins]] name = \"guest\": path: `FILE`: it wants `mcpmux:plugin/exec@0.1.0`, which it cannot \
         have\nhint: build it without; only mcpmux's own interfaces and WASI 0.2 are there",
    );
}

#[test]
fn a_refused_configuration_is_said_in_the_plugins_words() {
    let dir = Dir::new();
    let path = dir.file("guest.wasm", plugin(false));
    check(
        path.clone(),
        &[],
        r#"{"x":1}"#,
        "[[plugins]] name = \"guest\": config: `x` is no key of mine\n\
         hint: correct it in this plugin's `[plugins.config]`",
    );
    check(
        path,
        &[],
        r#"{"l":1}"#,
        "[[plugins]] name = \"guest\": path: `FILE`: it did not start: it ran longer than 1s and was stopped\n\
         hint: this is a defect of the plugin, or its limits are too low: `[limits]`",
    );
}

#[test]
fn a_grant_that_is_never_used_is_only_remarked_on() {
    let dir = Dir::new();
    let engine = Engine::new(None).unwrap();
    let path = dir.file("guest.wasm", plugin(false));
    let plugin = configured(path, &["clock", "log"], "{}");
    let plugin = Plugin::load(&engine, &plugin, &Limits::default(), &shared()).unwrap();
    assert_eq!(
        plugin.remarks(),
        [
            "it has the grant `clock` but never asks for it; remove it",
            "`log` needs no grant; remove it"
        ]
    );
}

#[test]
fn all_that_cannot_be_loaded_is_said_at_once() {
    let dir = Dir::new();
    let engine = Engine::new(None).unwrap();
    let good = configured(dir.file("good.wasm", plugin(false)), &[], "{}");
    let bad = |name| configured(dir.path().join(name), &[], "{}");
    let errors =
        load_all(&engine, &[bad("a"), good.clone(), bad("b")], &Limits::default(), &shared())
            .unwrap_err();
    let paths: Vec<_> = errors.iter().map(|error| error.path.file_name().unwrap()).collect();
    assert_eq!(paths, ["a", "b"]);
    let loaded = load_all(&engine, &[good], &Limits::default(), &shared()).unwrap();
    assert_eq!(loaded[0].hook_names(), ["lifecycle", "catalog"]);
}

#[test]
fn inspecting_says_what_a_component_is_and_wants() {
    let dir = Dir::new();
    let found = inspect(&dir.file("guest.wasm", plugin(true))).unwrap();
    assert_eq!(
        (found.hooks, found.grants, found.versions, found.backend, found.refused),
        (
            vec!["lifecycle".to_owned(), "catalog".to_owned()],
            vec!["clock".to_owned()],
            vec!["0.1.0".to_owned()],
            false,
            None
        )
    );
    assert_eq!(found.sha256.len(), 64);
    let error = inspect(&dir.path().join("none.wasm")).unwrap_err().to_string();
    assert!(error.ends_with(
        "none.wasm`: there is no such file\nhint: build the component, or correct the path"
    ));
}
