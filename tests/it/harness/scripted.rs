//! The scripted backend of `tests/fixtures`: how a configuration names it, and how a test waits for what it did.

use std::path::Path;
use std::time::Duration;

use super::{PATIENCE, paths};

/// The section of a backend that behaves as these words say; more keys of it may follow.
pub fn backend(name: &str, words: &str) -> String {
    let script = paths::root().join("tests/fixtures/backend.py");
    let words: String = words.split_whitespace().map(|word| format!(", {word:?}")).collect();
    format!("[backends.{name}]\ncommand = [\"python3\", {script:?}{words}]\n")
}

/// Waits until a file holds this text.
pub async fn noted(file: &Path, text: &str) {
    let found = || std::fs::read_to_string(file).unwrap_or_default();
    let holds = || found().contains(text);
    assert!(until(holds).await, "{text:?} is not in {:?}", found());
}

/// Waits until something holds; `false` if it does not in time.
pub async fn until(mut holds: impl FnMut() -> bool) -> bool {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let holding = async {
        while !holds() {
            tick.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, holding).await.is_ok()
}
