//! Built components: they export the hooks that are written, import what they use and no more, and are small.

#![expect(clippy::unwrap_used, reason = "all of this file is a test")]

use std::process::Command;

use wasmparser::{Parser, Payload};

/// The names of an example's imports and exports that are ours, without package and version, in order.
struct Component {
    imports: Vec<String>,
    exports: Vec<String>,
    size: usize,
}

#[test]
fn a_policy_exports_its_hook_imports_only_the_log_and_is_small() {
    let [policy, everything] = build(["policy", "everything"]);
    assert_eq!(policy.exports, ["authorize", "lifecycle"]);
    assert_eq!(policy.imports, ["log", "types"]);
    assert!(policy.size < 126 << 10, "{} bytes are too many for what it does", policy.size);
    let hooks =
        "authorize authorize-list catalog credentials lifecycle notify observe request response";
    assert_eq!(everything.exports.join(" "), hooks);
    assert_eq!(everything.imports.join(" "), "clock exec http kv log secrets types");
    assert!(everything.size < 250 << 10, "{} bytes are too many", everything.size);
}

fn build<const N: usize>(examples: [&str; N]) -> [Component; N] {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--profile", "guest", "--target", "wasm32-wasip2"])
        .args(["--message-format", "json", "--package", env!("CARGO_PKG_NAME")])
        .args(examples.iter().flat_map(|example| ["--example", example]))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    examples.map(|example| {
        let end = format!("/examples/{example}.wasm");
        let path = messages.split('"').find(|text| text.ends_with(&end)).unwrap();
        read(&std::fs::read(path).unwrap())
    })
}

fn read(bytes: &[u8]) -> Component {
    let mut component = Component { imports: Vec::new(), exports: Vec::new(), size: bytes.len() };
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                let names = section.into_iter().map(|import| import.unwrap().name.name);
                component.imports.extend(names.filter_map(ours));
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                let names = section.into_iter().map(|export| export.unwrap().name.name);
                component.exports.extend(names.filter_map(ours));
            }
            _ => {}
        }
    }
    component.imports.sort();
    component.exports.sort();
    component
}

/// The interface of a name such as `mcpmux:plugin/log@0.2.0`.
fn ours(name: &str) -> Option<String> {
    let interface = name.strip_prefix("mcpmux:plugin/")?.strip_suffix("@0.2.0")?;
    Some(interface.to_owned())
}
