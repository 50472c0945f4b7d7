//! The example plugins in other languages: their golden calls, through `mcpmux plugin test`.

use std::process::Stdio;
use std::time::Duration;

use crate::harness::{Home, paths};

/// An engine for another language is compiled with each, some 15 MB of code.
const PATIENCE: Duration = Duration::from_secs(300);

/// That an example of `sdk/examples` passes, and that at least so many golden calls were made.
async fn check(example: &str, golden: &[&str]) {
    let home = Home::new("");
    let component = paths::guests().join(format!("example-{example}.wasm"));
    assert!(component.is_file(), "there is no {}: run `cargo xtask deps`", component.display());
    let calls = paths::root().join("sdk/examples").join(example).join("golden");
    let mut command = home.mcpmux(&["plugin", "test"]);
    command.arg(&component).arg("--golden").arg(calls).stdin(Stdio::null());
    let output = tokio::time::timeout(PATIENCE, command.output()).await.expect("it hangs").unwrap();
    let (out, said) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{said}");
    for name in golden {
        assert!(out.contains(name), "{name} is not in {out}");
    }
}

#[tokio::test]
async fn the_plugin_in_javascript_does_what_its_golden_calls_say() {
    check("js", &["first.json", "config.json"]).await;
}

#[tokio::test]
async fn the_plugin_in_python_does_what_its_golden_calls_say() {
    check("python", &["first.json", "refuse.json"]).await;
}
