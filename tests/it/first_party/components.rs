//! The first-party components themselves: their golden calls, the hooks they export, the grants they need, and how they
//! refuse a configuration.

use std::fmt::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{PLUGINS, plugin};
use crate::harness::{Home, PATIENCE, paths};
use crate::plugins::refused;

/// What a command prints as JSON.
async fn printed(home: &Home, args: &[&str]) -> Value {
    let mut command = home.mcpmux(args);
    let output = command.arg("--json").stdin(Stdio::null()).output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("it hangs").unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{args:?}: {error}: {said}"))
}

#[tokio::test]
async fn the_golden_calls_are_decided_as_written() {
    let home = Home::new("");
    for name in PLUGINS {
        let component = paths::plugin(&format!("{name}.wasm"));
        let golden = paths::root().join("plugins").join(name).join("golden");
        let paths = [component.to_str().unwrap(), "--golden", golden.to_str().unwrap()];
        let tested = printed(&home, &[&["plugin", "test"][..], &paths].concat()).await;
        // The other checks measure time as well, for which too much runs here at once.
        let checks = tested["checks"].as_array().unwrap().iter();
        let checks: Vec<&Value> = checks.filter(|check| check["group"] == "golden calls").collect();
        assert!(checks.len() > 1, "{name}: {tested:#}");
        for check in checks {
            assert_eq!(check["result"], "passed", "{name}: {check:#}");
        }
    }
}

#[tokio::test]
async fn each_exports_its_hooks_and_needs_what_it_says() {
    let home = Home::new("");
    for (name, hooks, grants) in [
        ("credential-exec", &["credentials"][..], &["clock", "exec"][..]),
        ("credential-http", &["credentials"], &["clock", "http", "secrets"]),
        ("guard", &["catalog", "response"], &[]),
        ("permissions", &["authorize", "authorize-list"], &[]),
        ("redact", &["notify", "request", "response"], &[]),
        ("rename", &["catalog"], &[]),
        ("search", &["catalog", "request"], &["catalog"]),
        ("trim", &["catalog", "request", "response"], &["kv", "random"]),
    ] {
        let file = paths::plugin(&format!("{name}.wasm"));
        let seen = printed(&home, &["plugin", "inspect", file.to_str().unwrap()]).await;
        let sorted = |key: &str| {
            let list = seen[key].as_array().unwrap().iter();
            let mut list: Vec<&str> = list.map(|one| one.as_str().unwrap()).collect();
            list.sort_unstable();
            list
        };
        let mut hooks = [hooks, &["lifecycle"]].concat();
        hooks.sort_unstable();
        assert_eq!((sorted("hooks"), sorted("grants")), (hooks, grants.to_vec()), "{name}");
        assert_eq!(seen["refused"], json!(null), "{name}");
    }
}

#[tokio::test]
async fn a_mistake_in_a_configuration_is_said_with_its_key() {
    let exec = r#"grant = ["clock", "exec:gh auth token"]"#;
    let http = r#"grant = ["clock", "http:a.example", "secrets:A"]
secrets = { A = "x" }"#;
    let mistakes = [
        (
            "credential-exec",
            exec,
            r#"backends = [{ command = ["gh auth token"] }]"#,
            "backends[0].command[0]: ",
        ),
        (
            "credential-http",
            http,
            r#"backends = [{ url = "https://a.example/?key={secret:A}" }]"#,
            "backends[0].url: ",
        ),
        ("guard", "", r#"results = { injection = "strip" }"#, "results.injection: "),
        ("permissions", "", r#"deny = ["delete_*"]"#, "deny[0]: "),
        ("redact", "", r#"allow = ["**"]"#, "allow[0]: "),
        ("rename", "", r#"rules = [{ glob = "a*", to = "$2" }]"#, "rules[0].to: "),
        ("search", r#"grant = ["catalog"]"#, r#"find = "call_tool""#, "find, describe, call: "),
        ("trim", r#"grant = ["kv", "random"]"#, r#"keep = "25h""#, "keep: "),
    ];
    assert_eq!(mistakes.map(|(name, ..)| name), PLUGINS, "each of them");
    let (mut sections, mut parts) = (String::new(), Vec::new());
    for (name, grant, config, key) in mistakes {
        let _infallible =
            write!(sections, "{}", plugin(name, &format!("{grant}\nconfig = {{ {config} }}")));
        parts.push(format!("[[plugins]] name = \"{name}\": config: {key}"));
        let odd = plugin(name, &format!("{grant}\nconfig = {{ surprise = 1 }}"));
        sections += &odd.replace(&format!("name = \"{name}\""), &format!("name = \"odd-{name}\""));
        parts.push(format!("[[plugins]] name = \"odd-{name}\": config: "));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    refused(&Home::new(""), &sections, &parts).await;
}
