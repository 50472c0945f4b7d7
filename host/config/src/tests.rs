//! Checks of the table of keys: its examples and defaults are true, and the files made from it are up to date.

use std::path::{Path, PathBuf};
use std::{env, fs};

use mcpmux_core::config::Config;

use crate::keys::{Absent, CLIENT_ROOT, Key, Kind, ROOT, Table};
use crate::{read, reference, schema};

fn config(text: &str) -> Config {
    match read(text, Path::new("mcpmux.toml"), &|name| Some(format!("of-{name}"))) {
        Ok(loaded) => loaded.config,
        Err(mistakes) => panic!("{mistakes}\nin\n{text}"),
    }
}

fn below(table: &'static Table, name: &str) -> &'static Table {
    match table.key(name).unwrap().kind {
        Kind::Table(below) | Kind::Tables(below) | Kind::Named(below) => below,
        _ => panic!("`{name}` is no table"),
    }
}

fn default(key: &Key) -> Option<String> {
    match key.absent {
        Absent::Default(value) => Some(format!("{} = {value}\n", key.name)),
        _ => None,
    }
}

#[test]
fn a_default_written_out_changes_nothing() {
    let check = |bare: &str, keys: &mut dyn Iterator<Item = &Key>| {
        let lines: Vec<String> = keys.filter_map(default).collect();
        assert!(!lines.is_empty(), "no defaults for {bare}");
        for line in lines {
            assert_eq!(config(&format!("{bare}\n{line}")), config(bare), "{line}");
        }
    };
    check("[listen]", &mut below(&ROOT, "listen").keys.iter());
    check("[limits]", &mut below(&ROOT, "limits").keys.iter());
    check("[[plugins]]\nname = \"a\"\npath = \"b\"", &mut below(&ROOT, "plugins").keys.iter());
    let backend = below(&ROOT, "backends");
    for (name, line) in [
        ("command", "command = [\"a\"]"),
        ("url", "url = \"http://[::1]\""),
        ("wasm", "wasm = \"a\""),
    ] {
        let fits = |key: &&Key| key.beside.is_empty() || key.beside.contains(&name);
        check(&format!("[backends.a]\n{line}"), &mut backend.keys.iter().filter(fits));
    }
    assert_eq!(config(""), Config::default());
}

#[test]
fn every_example_can_be_written() {
    for key in ROOT.keys {
        config(key.example);
    }
    for table in ["listen", "limits"] {
        for key in below(&ROOT, table).keys {
            config(&format!("[{table}]\n{}", key.example));
        }
    }
    let plugin: Vec<&str> = below(&ROOT, "plugins").keys.iter().map(|key| key.example).collect();
    config(&format!("[[plugins]]\n{}", plugin.join("\n")));
    let backend = below(&ROOT, "backends");
    for transport in backend.one_of {
        let fits = |key: &&Key| match key.beside {
            [] => key.name == *transport || !backend.one_of.contains(&key.name),
            beside => beside.contains(transport),
        };
        let lines: Vec<&str> = backend.keys.iter().filter(fits).map(|key| key.example).collect();
        assert_eq!(config(&format!("[backends.a]\n{}", lines.join("\n"))).backends.len(), 1);
    }
}

#[test]
fn every_key_has_a_sentence_and_an_example_of_itself() {
    fn check(table: &Table) {
        for key in table.keys {
            assert!(key.doc.ends_with('.'), "{}", key.name);
            let example: toml::Table = toml::from_str(key.example).unwrap();
            assert!(example.contains_key(key.name), "{}", key.name);
            let twice = table.keys.iter().filter(|other| other.name == key.name).count();
            assert_eq!(twice, 1, "{}", key.name);
            match key.kind {
                Kind::Table(below)
                | Kind::Tables(below)
                | Kind::Named(below)
                | Kind::WordOr(_, below) => {
                    check(below);
                }
                _ => {}
            }
        }
    }
    check(&ROOT);
    check(&CLIENT_ROOT);
}

#[test]
fn the_reference_and_the_schema_in_the_docs_are_those_of_the_table() {
    let docs = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let check = |name: &str, expected: String, same: &dyn Fn(&str) -> bool| {
        let file = docs.join(name);
        if env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&file, &expected).unwrap();
        }
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            same(&text),
            "host/docs/{name} is out of date; renew it with `cargo xtask codegen`"
        );
    };
    let page = reference();
    check("config.md", page.clone(), &|text| text == page);
    let expected = schema();
    let text = format!("{}\n", serde_json::to_string_pretty(&expected).unwrap());
    // Compared as values, because another crate of the workspace may decide whether objects keep their order.
    check("mcpmux.schema.json", text, &|text| {
        serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value == expected)
    });
}

#[test]
fn the_schema_is_closed_and_says_which_keys_there_are() {
    fn check(schema: &serde_json::Value, path: &str) -> usize {
        let Some(properties) =
            schema.get("properties").and_then(|properties| properties.as_object())
        else {
            let below = ["items", "additionalProperties", "anyOf"]
                .into_iter()
                .filter_map(|key| schema.get(key));
            let each = |below: &serde_json::Value| match below.as_array() {
                Some(list) => list.iter().map(|below| check(below, path)).sum(),
                None => check(below, path),
            };
            return below.map(each).sum();
        };
        assert_eq!(schema["additionalProperties"], false, "{path}");
        1 + properties.iter().map(|(key, below)| check(below, key)).sum::<usize>()
    }
    // The root, `listen`, a backend, its `auth`, a plugin, its `match`, `on_error` and `limits`, `limits`, `audit`,
    // `vault`.
    assert_eq!(check(&schema(), ""), 11);
}

#[test]
fn a_plugin_gets_its_configuration_as_json() {
    let text = "[[plugins]]\nname = \"a\"\npath = \"b\"\n[plugins.config]\n\
                list = [1, 2.5, true, \"${A}\"]\nday = 2026-01-02\n[plugins.config.inner]\nx = {}";
    let plugin = config(text).plugins.remove(0);
    let json = serde_json::json!({ "list": [1, 2.5, true, "of-A"], "day": "2026-01-02", "inner": { "x": {} } });
    assert_eq!(plugin.config.read::<serde_json::Value>().unwrap(), json);
}
