//! A policy is written, tested, built, used, recorded, replayed and swapped, as the README says; one test, because it
//! compiles the SDK.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::http::Client;
use crate::harness::scripted::{backend, until};
use crate::harness::{HOOKS, Home, ended, paths};

/// How long a command may compile.
const COMPILING: Duration = Duration::from_secs(600);

/// Runs a command that may compile, with compiled dependencies shared from run to run.
async fn run(home: &Home, args: &[&str]) -> (i32, String, String) {
    let mut command = home.mcpmux(args);
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("written"));
    ended(command, COMPILING).await
}

async fn passes(home: &Home, args: &[&str]) -> String {
    let (code, out, said) = run(home, args).await;
    assert_eq!(code, 0, "{args:?}: {out}\n{said}");
    out
}

fn replace(file: &PathBuf, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

/// The rows of the audit file.
fn rows(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path().join("audit.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_written_tested_built_used_replayed_and_swapped() {
    let plugin = "[[plugins]]\nname = \"guard\"\npath = \"guard/guard.wasm\"\n[plugins.config]\nword = \"fail\"\n";
    let audit = "[audit]\nfile = \"audit.jsonl\"\narguments = true\n";
    let home = Home::new(&format!("{}{plugin}{audit}", backend("ok", "ok")));
    let root = paths::root();
    let new = ["plugin", "new", "guard", "--sdk", root.to_str().unwrap()];
    let all: Vec<&str> = HOOKS.iter().flat_map(|hook| ["--hook", hook]).collect();

    // Every hook's example compiles, and does what its golden call says.
    let every = ["plugin", "new", "every", "--sdk", root.to_str().unwrap()];
    passes(&home, &[&every[..], &all].concat()).await;
    // The versions that the repository has already, so that nothing is fetched.
    let lock = root.join("Cargo.lock");
    std::fs::copy(&lock, home.path().join("every/Cargo.lock")).unwrap();
    let tested = passes(&home, &["plugin", "test", "every", "--json"]).await;
    let tested: Value = serde_json::from_str(&tested).unwrap();
    let checks = tested["checks"].as_array().unwrap();
    for hook in HOOKS {
        let golden = |check: &&Value| {
            check["group"] == "golden calls"
                && check["name"].as_str().unwrap().ends_with(&format!(" {hook}"))
        };
        assert!(
            checks.iter().any(|check| golden(&check) && check["result"] == "passed"),
            "{hook}: {tested:#}"
        );
    }
    assert!(checks.iter().all(|check| check["result"] == "passed"), "{tested:#}");

    // The one of the story judges calls.
    passes(&home, &[&new[..], &["--hook", "authorize"]].concat()).await;
    std::fs::copy(&lock, home.path().join("guard/Cargo.lock")).unwrap();
    let built = passes(&home, &["plugin", "build", "guard"]).await;
    assert!(
        built.contains("hooks: lifecycle, authorize")
            && built.contains("[[plugins]]\nname = \"guard\""),
        "{built}"
    );
    let golden = home.path().join("guard/golden/first.json");
    replace(&golden, "policy.word", "policy.other");
    let (code, out, said) = run(&home, &["plugin", "test", "guard", "--no-native"]).await;
    assert_eq!(code, 1, "{out}\n{said}");
    assert!(
        out.contains("FAIL  first.json 2 authorize")
            && out.contains("expected: ")
            && out.contains("found:    "),
        "{out}"
    );
    replace(&golden, "policy.other", "policy.word");
    let measured =
        passes(&home, &["plugin", "bench", "guard/guard.wasm", "--time", "20", "--json"]).await;
    let measured: Value = serde_json::from_str(&measured).unwrap();
    assert_eq!(measured["hooks"][0]["hook"], "authorize", "{measured}");
    assert!(measured["hooks"][0]["micros"]["median"].as_f64().unwrap() > 0.0, "{measured}");

    // In use.
    let served = home.serve().await;
    let client = Client::modern(&served.url);
    assert_eq!(client.call("ok__echo", json!({})).await["result"]["content"][0]["text"], "{}");
    let denied = client.call("ok__fail", json!({})).await;
    assert_eq!(denied["error"]["data"]["code"], "policy.word", "{denied}");
    assert!(until(|| rows(&home).len() == 2).await, "{:?}", rows(&home));
    let row = rows(&home).remove(1);
    assert_eq!(
        (&row["status"], &row["decisions"][0]["verdict"]),
        (&json!("refused"), &json!("deny")),
        "{row}"
    );
    assert_eq!(row["decisions"][0]["detail"], "policy.word");

    // Nothing would differ; with another word both would.
    let replay = ["plugin", "replay", "guard", "--audit", "audit.jsonl", "--exit-code"];
    assert!(passes(&home, &replay).await.contains("2 calls, 0 decisions differ"));
    let other = [&replay[..], &["--set", "{\"word\":\"echo\"}", "--json"]].concat();
    let (code, out, _) = run(&home, &other).await;
    let replayed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, replayed["differences"].as_array().unwrap().len()), (1, 2), "{replayed}");

    // Another build is taken up while it runs.
    replace(&home.path().join("guard/src/lib.rs"), "policy.word", "policy.changed");
    passes(&home, &["plugin", "build", "guard"]).await;
    let swapped = passes(&home, &["plugin", "reload", "guard"]).await;
    assert!(swapped.starts_with("guard  "), "{swapped}");
    let denied = client.call("ok__fail", json!({})).await;
    assert_eq!(denied["error"]["data"]["code"], "policy.changed", "{denied}");
    assert_eq!(served.stop().await, 0);
}
