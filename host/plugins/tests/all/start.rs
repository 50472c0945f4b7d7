//! What a plugin of version 0.2 says of itself, and what is made sure of before it is put to work.

use std::path::PathBuf;

use mcpmux_core::config::{Limits, Plugin as Section};
use mcpmux_core::json::Raw;
use mcpmux_plugins::{Description, Engine, Plugin, Want, describe};

use crate::guests::modern::{Guest, answer};
use crate::guests::{Dir, configured, shared};
use crate::stage::try_load;

/// A guest that says it is `guard` 1.2.3, has this schema, and wants these rights.
fn described(schema: Option<&str>, wants: &[(&str, &str)]) -> Guest {
    let mut guest = Guest::new();
    let (id, version, summary) = (guest.text("guard"), guest.text("1.2.3"), guest.text("Guards."));
    let schema = schema.map(|schema| guest.text(schema));
    let (has, schema) = schema.map_or((0, (0, 0)), |schema| (1, schema));
    let mut list = Vec::new();
    for (grant, why) in wants {
        let (grant, why) = (guest.text(grant), guest.text(why));
        list.extend([grant.0, grant.1, why.0, why.1]);
    }
    let list = guest.words(&list);
    let count = u32::try_from(wants.len()).unwrap();
    let said = [
        id.0, id.1, version.0, version.1, summary.0, summary.1, has, schema.0, schema.1, list,
        count,
    ];
    guest.described(&said)
}

#[track_caller]
fn check(guest: &Guest, change: impl FnOnce(&mut Section), expected: &str) {
    let error = try_load(guest, change).unwrap_err().to_string();
    let file = error.split('`').nth(1).unwrap_or_default().to_owned();
    let error = if file.ends_with("guest.wasm") { error.replace(&file, "FILE") } else { error };
    assert_eq!(error, expected);
}

fn grant(grant: &[&str]) -> impl FnOnce(&mut Section) {
    let grant = grant.iter().map(|&grant| grant.to_owned()).collect();
    |section| section.grant = grant
}

#[test]
fn a_plugin_says_what_it_is() {
    let plugin = try_load(&described(None, &[]), |_| {}).unwrap();
    let (id, version, summary) = ("guard".to_owned(), "1.2.3".to_owned(), "Guards.".to_owned());
    let description = Description { id, version, summary, config_schema: None, wants: Vec::new() };
    assert_eq!(*plugin.description(), description);
    assert_eq!(plugin.hooks().version, "1.2.3");
}

#[test]
fn what_it_wants_and_is_not_granted_is_answered_with_the_line_to_write() {
    let guest = described(None, &[("clock", "to know what day it is"), ("catalog", "")]);
    check(
        &guest,
        grant(&["random"]),
        "[[plugins]] name = \"guest\": grant: it needs `clock` (to know what day it is), `catalog`, which it is \
         not granted\nhint: if it may, set `grant = [\"random\", \"clock\", \"catalog\"]`",
    );
    let plugin = try_load(&guest, grant(&["clock", "catalog", "random", "log"])).unwrap();
    assert_eq!(
        plugin.remarks(),
        [
            "it has the grant `random` but never asks for it; remove it",
            "`log` needs no grant; remove it",
            "it has no hook, so it is asked nothing and decides nothing"
        ]
    );
}

#[test]
fn what_it_wants_has_to_be_a_right() {
    let error = try_load(&described(None, &[("teleport", "")]), |_| {}).unwrap_err().to_string();
    assert!(
        error.contains("it wants what cannot be granted: there is no grant `teleport`"),
        "{error}"
    );
}

#[test]
fn what_it_imports_without_a_word_is_wanted_too() {
    let guest = || {
        let body = format!("(drop (call $now)) {}", answer(&[0, 0]));
        described(None, &[])
            .import("clock", "now", "(func $now (result i64))")
            .hook("request", &body)
    };
    check(
        &guest(),
        |_| {},
        "[[plugins]] name = \"guest\": grant: it needs `clock`, which it is not granted\n\
         hint: if it may, set `grant = [\"clock\"]`",
    );
    assert_eq!(try_load(&guest(), grant(&["clock"])).unwrap().remarks(), [""; 0]);
}

#[test]
fn it_says_what_it_is_without_any_right() {
    let guest = Guest::new()
        .import("clock", "now", "(func $now (result i64))")
        .describing("(drop (call $now)) (i32.const 0)");
    check(
        &guest,
        grant(&["clock"]),
        "[[plugins]] name = \"guest\": path: `FILE`: what it says of itself is wrong: it used `clock`, which \
         `describe` must not\nhint: this is a defect of the plugin; use another version of it",
    );
    let endless = Guest::new().describing("(loop $again (br $again)) unreachable");
    let error = try_load(&endless, |section| {
        section.limits.time = Some(std::time::Duration::from_millis(5));
    });
    assert!(error.unwrap_err().to_string().contains("it ran longer than 100ms and was stopped"));
}

#[test]
fn a_configuration_that_misses_the_schema_is_told_by_its_keys() {
    let schema = r#"{"type":"object","additionalProperties":false,
        "properties":{"rules":{"type":"array","items":{"type":"object","properties":{"max":{"type":"integer"}}}}}}"#;
    let guest = described(Some(schema), &[]);
    let config = |text| move |section: &mut Section| section.config = Raw::literal(text);
    check(
        &guest,
        config(r#"{"rules":[{"max":1},{"max":"S3CRET"}]}"#),
        "[[plugins]] name = \"guest\": config: rules[1].max: want integer, but got string\n\
         hint: correct it in this plugin's `[plugins.config]`",
    );
    check(
        &guest,
        config(r#"{"rulez":[]}"#),
        "[[plugins]] name = \"guest\": config: the table: there is no key `rulez`\n\
         hint: correct it in this plugin's `[plugins.config]`",
    );
    try_load(&guest, config(r#"{"rules":[{"max":1}]}"#)).unwrap();
    let error = try_load(&described(Some(r#"{"type":7}"#), &[]), |_| {}).unwrap_err().to_string();
    assert!(error.contains("its `config-schema` is no JSON Schema: "), "{error}");
    assert!(
        error.ends_with("hint: this is a defect of the plugin; use another version of it"),
        "{error}"
    );
}

#[test]
fn a_hook_that_fails_when_it_is_shown_nothing_is_not_put_to_work() {
    check(
        &Guest::new().hook("catalog", "unreachable"),
        |_| {},
        "[[plugins]] name = \"guest\": path: `FILE`: its hook `catalog` fails when it is shown nothing: it trapped: \
         wasm `unreachable` instruction executed\n\
         hint: this is a defect of the plugin; use another version of it",
    );
    let list = Guest::new().hook("authorize-list", &answer(&[0, 8, 1]));
    let error = try_load(&list, |_| {}).unwrap_err().to_string();
    assert!(
        error.contains("`authorize-list` fails when it is shown nothing: it gave 1 answers for 0"),
        "{error}"
    );
}

/// Loads a file whose bytes are pinned.
fn pinned(path: PathBuf, sha256: &str) -> Result<Plugin, String> {
    let mut section = configured(path, &[], "{}");
    section.sha256 = Some(sha256.to_owned());
    let loaded = Plugin::load(&Engine::new(None).unwrap(), &section, &Limits::default(), &shared());
    loaded.map_err(|error| error.to_string())
}

#[test]
fn a_pinned_file_is_that_file_whatever_leads_to_it() {
    let dir = Dir::new();
    let (good, evil) =
        (described(None, &[]).build(), Guest::new().hook("request", &answer(&[0, 0])).build());
    let path = dir.file("guest.wasm", &good);
    let engine = Engine::new(None).unwrap();
    let section = configured(path.clone(), &[], "{}");
    let sha256 =
        Plugin::load(&engine, &section, &Limits::default(), &shared()).unwrap().sha256().to_owned();
    let loaded = pinned(path.clone(), &sha256).unwrap();
    assert_eq!(loaded.hook_names(), ["lifecycle"]);

    // Links and `..` lead to bytes, and it is the bytes that are pinned.
    let link = dir.path().join("link.wasm");
    std::os::unix::fs::symlink("guest.wasm", &link).unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    for way in [link.clone(), dir.path().join("sub/../link.wasm")] {
        assert_eq!(pinned(way, &sha256).unwrap().sha256(), sha256);
    }

    let swapped = dir.file("other.wasm", &evil);
    std::fs::rename(&swapped, &path).unwrap();
    let other = sha256_of(&path);
    for way in [path, link] {
        let error = pinned(way, &sha256).unwrap_err();
        assert_eq!(
            error,
            format!(
                "[[plugins]] name = \"guest\": sha256: the file's SHA-256 is `{other}`, not `{sha256}`\n\
                 hint: if this is the file you want, set `sha256 = \"{other}\"`"
            )
        );
    }
    // What was loaded before is not touched by it.
    assert_eq!(loaded.sha256(), sha256);
}

fn sha256_of(path: &std::path::Path) -> String {
    mcpmux_plugins::inspect(path).unwrap().sha256
}

#[test]
fn a_file_that_is_swapped_all_the_time_is_loaded_as_one_or_the_other() {
    let dir = Dir::new();
    let one = described(None, &[]).build();
    let two = Guest::new().hook("request", &answer(&[0, 0])).build();
    let path = dir.file("guest.wasm", &one);
    let expected = sha256_of(&path);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (dir, stop, path, one, two) = (&dir, &stop, &path, &one, &two);
        scope.spawn(move || {
            for bytes in [two, one].into_iter().cycle() {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                std::fs::rename(dir.file("next.wasm", bytes), path).unwrap();
            }
        });
        for _ in 0..20 {
            // Pinned: never anything but the first, however often the name led to the second.
            if let Ok(loaded) = pinned(path.clone(), &expected) {
                assert_eq!(loaded.hook_names(), ["lifecycle"]);
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn inspecting_can_ask_it_what_it_is() {
    let dir = Dir::new();
    let guest = described(Some("{}"), &[("http:api.example.com", "asks there")]);
    let path = dir.file("guest.wasm", guest.hook("request", &answer(&[0, 0])).build());
    let found = describe(&Engine::new(None).unwrap(), &path).unwrap();
    assert_eq!(found.hooks, ["lifecycle", "request"]);
    assert_eq!(
        (found.versions.as_slice(), found.refused.as_ref()),
        (&["0.2.0".to_owned()][..], None)
    );
    assert_eq!(found.grants, ["http:api.example.com"]);
    let want = Want { grant: "http:api.example.com".to_owned(), why: "asks there".to_owned() };
    assert_eq!(found.description.as_ref().unwrap().wants, [want]);
    let text = found.to_string();
    assert!(text.contains("plugin    guard 1.2.3: Guards.\n"), "{text}");
    assert!(text.contains("`http:api.example.com` (asks there)\n"), "{text}");
}
