//! The READMEs of the first-party plugins: their examples are valid as printed, and the sizes they name are right.

use super::PLUGINS;
use crate::harness::{Home, PATIENCE, paths};

fn readme(plugin: &str) -> String {
    std::fs::read_to_string(paths::root().join("plugins").join(plugin).join("README.md")).unwrap()
}

/// The `toml` blocks of a README, with the components where they are.
fn blocks(plugin: &str) -> Vec<String> {
    paths::plugin(&format!("{plugin}.wasm"));
    let readme = readme(plugin);
    let blocks = readme.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    blocks.map(|block| block.replace("\"plugins/", "\"{plugins}/")).collect()
}

/// The configuration that a README begins with.
pub(super) fn example(plugin: &str) -> String {
    let first = blocks(plugin).swap_remove(0);
    let path = format!("path = \"{{plugins}}/{plugin}.wasm\"");
    assert!(first.contains(&path), "the first block does not name the component: {first}");
    first
}

#[tokio::test]
async fn every_example_is_valid_as_it_is_printed() {
    for plugin in PLUGINS {
        let first = example(plugin);
        for block in blocks(plugin) {
            // A part of a configuration goes on with the first.
            let whole = block.contains("[[plugins]]");
            let home = Home::new(&if whole { block } else { format!("{first}{block}") });
            let mut check = home.mcpmux(&["check"]);
            check.env("CRM_SECRET", "s3cret");
            let output = tokio::time::timeout(PATIENCE, check.output()).await.expect("it hangs");
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{plugin}: {said}");
        }
    }
}

#[test]
fn each_says_how_large_its_component_is() {
    for plugin in PLUGINS {
        let component = std::fs::metadata(paths::plugin(&format!("{plugin}.wasm"))).unwrap();
        let readme = readme(plugin).replace('\n', " ");
        let (before, _) =
            readme.rsplit_once(" KB.").unwrap_or_else(|| panic!("{plugin} says nothing"));
        let said: u64 = before.rsplit(' ').next().unwrap().parse().unwrap();
        let bounds = said * 1000 * 85 / 100..=said * 1000 * 115 / 100;
        assert!(
            bounds.contains(&component.len()),
            "{plugin}: {} bytes, not {said} KB",
            component.len()
        );
    }
}
