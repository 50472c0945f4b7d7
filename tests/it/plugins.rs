//! Plugins through the real binary: which are refused at the start and how, what a failing hook costs, what rules do.

use serde_json::{Value, json};

use crate::harness::Home;
use crate::harness::http::Client;
use crate::harness::news::News;
use crate::harness::scripted::{backend, until};

/// A plugin's section: its name, its file, and more keys.
fn plugin(name: &str, path: &str, rest: &str) -> String {
    format!("[[plugins]]\nname = \"{name}\"\npath = \"{path}\"\n{rest}\n")
}

/// With this plugin nothing starts: `check` and `serve` end with 2, and say all of this.
pub(crate) async fn refused(home: &Home, plugin: &str, parts: &[&str]) {
    home.write("mcpmux.toml", &format!("{}{plugin}", backend("ok", "ok")));
    for command in [&["check"][..], &["serve", "--http", "127.0.0.1:0"], &["serve", "--stdio"]] {
        let (code, out, said) = home.run(command).await;
        assert_eq!((code, out.as_str()), (2, ""), "{command:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        assert!(said.contains("\nhint: "), "{said}");
    }
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_for_what_it_is() {
    let home = Home::new("");
    std::fs::write(home.path().join("core.wasm"), b"\0asm\x01\0\0\0").unwrap();
    home.write("text.wasm", "(component)");
    home.write("script.wasm", "#!/bin/sh\n");
    for (file, said) in [
        ("{here}/none.wasm", "there is no such file"),
        ("{here}", "it is a directory"),
        ("{here}/core.wasm", "it is a core WebAssembly module, not a component"),
        ("{here}/text.wasm", "it is not WebAssembly\nhint: it looks like WebAssembly text"),
        ("{here}/script.wasm", "it is not WebAssembly"),
        ("{plugins}/clock.wasm", "hint: it is a WASI command: use it as a backend"),
    ] {
        let parts = ["[[plugins]] name = \"guest\": path: `", said];
        refused(&home, &plugin("guest", file, ""), &parts).await;
    }
    let two = [plugin("one", "{here}/none.wasm", ""), plugin("two", "{here}/core.wasm", "")];
    refused(&home, &two.concat(), &["name = \"one\": path: ", "name = \"two\": path: "]).await;
}

#[tokio::test]
async fn a_plugin_has_what_it_is_granted() {
    let home = Home::new("");
    let file = "{guests}/clockwatch.wasm";
    let missing = "[[plugins]] name = \"guest\": grant: it needs `clock` (puts it into descriptions), which it is not granted";
    let parts = [missing, "hint: if it may, set `grant = [\"clock\"]`"];
    refused(&home, &plugin("guest", file, ""), &parts).await;
    let unknown = plugin("guest", file, "grant = [\"clock\", \"teleport\"]");
    refused(&home, &unknown, &["grant: there is no grant `teleport`"]).await;

    let granted = plugin("guest", file, "grant = [\"clock\"]");
    home.write("mcpmux.toml", &format!("{}{granted}", backend("ok", "ok")));
    let served = home.serve().await;
    for tool in Client::modern(&served.url).tools().await {
        let time: u64 = tool["description"].as_str().unwrap().parse().unwrap();
        assert!(time > 1_700_000_000_000, "{tool}");
    }
}

#[tokio::test]
async fn a_configuration_that_a_plugin_refuses_is_said_with_its_words() {
    let home = Home::new("");
    let rules = "[[plugins.config.rules]]\nexact = \"a\"\nto = \"b\"\n\
        [[plugins.config.rules]]\nexact = \"a\"\nglob = \"b\"\nto = \"c\"\n\
        [[plugins.config.rules]]\nregex = \"(\"\nto = \"c\"\n";
    let parts = [
        "[[plugins]] name = \"rename\": config: ",
        "rules[1]: give only one of `exact`, `glob`",
        "rules[2].regex: ",
        "correct it in this plugin's `[plugins.config]`",
    ];
    refused(&home, &plugin("rename", "{plugins}/rename.wasm", rules), &parts).await;
    let unknown = plugin("rename", "{plugins}/rename.wasm", "config = { rulez = [] }");
    refused(&home, &unknown, &["name = \"rename\": config: ", "rulez"]).await;
}

#[tokio::test]
async fn a_hook_that_fails_brings_nothing_to_light_and_is_said() {
    let config = |mode: &str| {
        let hostile = plugin(
            "hostile",
            "{guests}/hostile.wasm",
            &format!("config = {{ mode = \"{mode}\" }}"),
        );
        let rename = plugin(
            "rename",
            "{plugins}/rename.wasm",
            "[[plugins.config.rules]]\nglob = \"h*\"\nhide = true\n",
        );
        let limits = "[limits]\nplugin_time = \"200ms\"\nplugin_memory = \"8MiB\"\n";
        format!("{limits}{}{hostile}{rename}", backend("ok", "ok"))
    };
    const FAILED: &str = "the catalog hook of plugin `hostile` failed: ";
    for (mode, why) in [
        ("fail", "the hostile plugin was told to fail"),
        ("trap", "it trapped: "),
        ("loop", "it ran longer than 200ms and was stopped"),
        ("memory", "it wanted more memory than its limit of 8 MiB and was stopped"),
    ] {
        let home = Home::new(&config(mode));
        let served = home.serve().await;
        let log = served.said(FAILED).await;
        assert!(log.contains(why), "{mode}: {log}");
        let client = Client::modern(&served.url);
        assert_eq!(client.names().await, [""; 0], "{mode}");
        let mut news = News::of(&client, &served.url).await;
        home.write("mcpmux.toml", &config("tame"));
        let names = ["ok__die", "ok__echo", "ok__fail", "ok__progress"];
        news.until(&names).await;
        home.write("mcpmux.toml", &config(mode));
        let failed_again = || served.log().matches(FAILED).count() > 1;
        assert!(until(failed_again).await, "{}", served.log());
        // What a plugin that is new would hide of the list of before is not known.
        assert_eq!(client.names().await, [""; 0], "{mode}");
        for tool in ["ok__hold", "ok__echo"] {
            let refused = client.call(tool, json!({})).await;
            assert_eq!(refused["error"]["code"], -32602, "{mode}: {refused}");
        }
    }
}

#[tokio::test]
async fn rules_decide_what_clients_see_and_calls_reach_the_same_tools() {
    let rules = r#"
        [[plugins.config.rules]]
        backend = "a"
        exact = "echo"
        to = "say"
        [[plugins.config.rules]]
        backend = "b"
        glob = "e*o"
        to = "x_$1"
        [[plugins.config.rules]]
        backend = "a"
        regex = "(?<first>h)old"
        to = "${first}-keep"
        keep_backend_prefix = false
        [[plugins.config.rules]]
        strip_prefix = "pro"
        [[plugins.config.rules]]
        glob = "d?e"
        hide = true
        [[plugins.config.rules]]
        exact = "fail"
        title = "Fails"
        description = "Always fails."
    "#
    // `$${` is a literal `${` in a configuration.
    .replace("${", "$${");
    let rename = plugin("rename", "{plugins}/rename.wasm", &rules);
    let home = Home::new(&format!("{}{}{rename}", backend("a", "ok"), backend("b", "ok")));
    let served = home.serve().await;
    for client in [Client::legacy(&served.url).await, Client::modern(&served.url)] {
        let tools = client.tools().await;
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        let a = ["a__fail", "a__gress", "a__say", "h-keep"];
        let b = ["b__fail", "b__gress", "b__hold", "b__x_ch"];
        assert_eq!(names, [a, b].concat());
        assert_eq!(tools[0]["title"], "Fails");
        assert_eq!(tools[0]["description"], "Always fails.");
        assert_eq!(tools[2]["description"], "Does echo");
        assert_eq!(tools[2]["title"], Value::Null);
        for tool in ["a__say", "b__x_ch"] {
            let answer = client.call(tool, json!({"to": tool})).await;
            let text = json!({ "to": tool }).to_string().replace(':', ": ");
            assert_eq!(answer["result"]["content"][0]["text"], text, "{answer}");
        }
        let progress = client.call("b__gress", json!({"who": "b"})).await;
        assert_eq!(progress["result"]["content"][0]["text"], "b", "{progress}");
        let failed = client.call("a__fail", json!({})).await;
        assert_eq!(failed["result"]["isError"], true, "{failed}");
        for old in ["a__echo", "b__echo", "a__die", "b__die", "a__hold", "a__progress", "echo"] {
            let unknown = client.call(old, json!({})).await;
            assert_eq!(unknown["error"]["message"], format!("Unknown tool: {old}"), "{unknown}");
        }
    }
}
