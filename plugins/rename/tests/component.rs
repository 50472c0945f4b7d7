//! The built component: exports the hooks it implements, and imports of the host only what it uses.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "all of this file is a test")]

use std::process::Command;

use wasmparser::{Parser, Payload};

#[test]
fn it_exports_its_hook_imports_neither_clock_nor_random_and_is_small() {
    let component = build();
    let size = component.len();
    assert!(size < 400 << 10, "{size} bytes are too many for what it does");
    let (imports, exports) = names(&component);
    let ours = |names: &[String]| -> Vec<String> {
        let mut ours: Vec<_> =
            names.iter().filter(|name| name.starts_with("mcpmux:")).cloned().collect();
        ours.sort();
        ours
    };
    assert_eq!(ours(&imports), ["mcpmux:plugin/log@0.2.0", "mcpmux:plugin/types@0.2.0"]);
    assert_eq!(ours(&exports), ["mcpmux:plugin/catalog@0.2.0", "mcpmux:plugin/lifecycle@0.2.0"]);
}

fn build() -> Vec<u8> {
    let output = Command::new(env!("CARGO"))
        .args([
            "build",
            "--profile",
            "guest",
            "--target",
            "wasm32-wasip2",
            "--message-format",
            "json",
        ])
        .args(["--package", env!("CARGO_PKG_NAME")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let path = messages
        .split('"')
        .find(|text| text.ends_with("rename.wasm") && !text.contains("/deps/"))
        .expect("cargo names what it built");
    std::fs::read(path).unwrap()
}

fn names(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports
                    .extend(section.into_iter().map(|import| import.unwrap().name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports
                    .extend(section.into_iter().map(|export| export.unwrap().name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}
