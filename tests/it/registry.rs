//! Pulling and pushing through the real binary and Debian's registry, and what the lock file allows to be loaded.

pub mod server;

use std::fs;

use serde_json::Value;

use crate::harness::http::Client;
use crate::harness::scripted::backend;
use crate::harness::{Home, paths};
use server::{Registry, USER};

/// A folder whose configuration has one backend, and the plugin that is pulled.
fn home() -> Home {
    let plugin = "[[plugins]]\nname = \"rename\"\npath = \"{here}/plugins/rename.wasm\"\n\
        [[plugins.config.rules]]\nexact = \"echo\"\nto = \"pulled\"\n";
    let home = Home::new(&format!("{}{plugin}", backend("ok", "ok")));
    fs::create_dir(home.path().join("plugins")).unwrap();
    home
}

fn shipped() -> String {
    paths::root().join("plugins/rename.wasm").to_str().unwrap().to_owned()
}

/// Runs a command with these variables that ends with this code, and gives what it printed and said.
async fn run(home: &Home, set: &[(&str, &str)], args: &[&str], code: i32) -> (String, String) {
    let mut command = home.mcpmux(args);
    command.env("DOCKER_CONFIG", home.path()).envs(set.iter().copied());
    let output = tokio::time::timeout(crate::harness::PATIENCE, command.output()).await;
    let output = output.expect("it hangs").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, said) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{said}");
    (out, said)
}

async fn json(home: &Home, args: &[&str]) -> Value {
    let (out, _) = run(home, &[], args, 0).await;
    serde_json::from_str(&out).unwrap()
}

#[tokio::test]
async fn a_plugin_is_pushed_pulled_pinned_and_served() {
    let registry = Registry::start();
    let reference = format!("{}/you/rename:1", registry.address);
    let home = home();
    let pushed = json(&home, &["plugin", "push", &shipped(), &reference, "--json"]).await;
    let bytes = fs::read(shipped()).unwrap();
    assert_eq!(pushed["size"], bytes.len());

    let pull = ["plugin", "pull", &reference, "-o", "plugins/rename.wasm", "--json"];
    let pulled = json(&home, &pull).await;
    assert_eq!((&pulled["manifest"], &pulled["sha256"]), (&pushed["manifest"], &pushed["sha256"]));
    let file = home.path().join("plugins/rename.wasm");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let lock = fs::read_to_string(home.path().join("mcpmux.lock")).unwrap();
    for pinned in [&pushed["manifest"], &pushed["sha256"]] {
        assert!(lock.contains(pinned.as_str().unwrap()), "{lock}");
    }
    assert!(
        lock.contains("[plugins.\"plugins/rename.wasm\"]") && lock.contains(&reference),
        "{lock}"
    );
    let again = json(&home, &pull).await;
    assert_eq!(again["previous"], pushed["sha256"]);
    assert_eq!(fs::read_to_string(home.path().join("mcpmux.lock")).unwrap(), lock);

    let served = home.serve().await;
    let tools = Client::modern(&served.url).tools().await;
    assert!(tools.iter().any(|tool| tool["name"] == "ok__pulled"), "{tools:?}");
    drop(served);

    // Another component, as good as this one, but not the one that was pulled.
    fs::copy(paths::root().join("plugins/clock.wasm"), &file).unwrap();
    for command in [&["check"][..], &["serve", "--http", "127.0.0.1:0"]] {
        let (_, said) = run(&home, &[], command, 2).await;
        let pinned =
            format!("{}/you/rename@{}", registry.address, pushed["manifest"].as_str().unwrap());
        for part in
            ["[[plugins]] name = \"rename\": path: ", "is not what was pulled", "hint: ", &pinned]
        {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        // What the hint says, works.
        if command == ["check"] {
            continue;
        }
        run(&home, &[], &["plugin", "pull", &pinned, "-o", "plugins/rename.wasm"], 0).await;
        run(&home, &[], &["check"], 0).await;
    }
}

#[tokio::test]
async fn a_registry_that_was_tampered_with_changes_nothing() {
    let registry = Registry::start();
    let reference = format!("{}/rename:1", registry.address);
    let home = home();
    let pushed = json(&home, &["plugin", "push", &shipped(), &reference, "--json"]).await;
    let pull = ["plugin", "pull", &reference, "-o", "plugins/rename.wasm"];
    run(&home, &[], &pull, 0).await;
    let (file, lock) = (home.path().join("plugins/rename.wasm"), home.path().join("mcpmux.lock"));
    let before = (fs::read(&file).unwrap(), fs::read(&lock).unwrap());

    let blob = registry.blob(pushed["sha256"].as_str().unwrap());
    let mut bytes = fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&blob, bytes).unwrap();
    let (out, said) = run(&home, &[], &pull, 1).await;
    assert_eq!(out, "");
    assert!(said.contains("sent another component than it should have"), "{said}");
    assert!((fs::read(&file).unwrap(), fs::read(&lock).unwrap()) == before);
    assert_eq!(fs::read_dir(home.path().join("plugins")).unwrap().count(), 1);
    run(&home, &[], &["check"], 0).await;
}

#[tokio::test]
async fn credentials_come_from_the_environment_or_from_docker_and_are_never_printed() {
    let registry = Registry::guarded();
    let reference = format!("{}/rename:1", registry.address);
    let home = home();
    let push = ["-vv", "plugin", "push", &shipped(), &reference];
    let (_, said) = run(&home, &[], &push, 1).await;
    assert!(said.contains("hint: set MCPMUX_REGISTRY_USER and MCPMUX_REGISTRY_PASSWORD"), "{said}");
    let set = [("MCPMUX_REGISTRY_USER", USER.0), ("MCPMUX_REGISTRY_PASSWORD", USER.1)];
    let (out, said) = run(&home, &set, &push, 0).await;
    assert!(!out.contains(USER.1) && !said.contains(USER.1), "{out}{said}");

    let pull = ["plugin", "pull", &reference, "-o", "plugins/rename.wasm"];
    run(&home, &[], &pull, 1).await;
    // "me:s3cret"
    let auths =
        format!("{{\"auths\": {{\"{}\": {{\"auth\": \"bWU6czNjcmV0\"}}}}}}", registry.address);
    home.write("config.json", &auths);
    run(&home, &[], &pull, 0).await;
}

#[tokio::test]
async fn what_cannot_be_a_plugin_or_a_reference_is_refused() {
    let registry = Registry::start();
    let home = home();
    let no_plugin = home.path().join("core.wasm");
    fs::write(&no_plugin, b"\0asm\x01\0\0\0").unwrap();
    let reference = format!("{}/rename:1", registry.address);
    let push = ["plugin", "push", no_plugin.to_str().unwrap(), &reference];
    let (_, said) = run(&home, &[], &push, 2).await;
    assert!(said.contains("core WebAssembly module"), "{said}");
    for (reference, part) in
        [("rename:1", "it names no registry"), ("ghcr.io/you/rename", "neither a tag nor a digest")]
    {
        let (_, said) = run(&home, &[], &["plugin", "pull", reference], 2).await;
        assert!(said.contains(part) && said.contains("hint: "), "{said}");
    }
    let (_, said) = run(&home, &[], &["plugin", "pull", &reference], 1).await;
    assert!(said.contains(&format!("there is no {reference}")), "{said}");
    assert!(!home.path().join("mcpmux.lock").exists());
}
