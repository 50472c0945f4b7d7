//! Building a project in Rust, and running its own tests.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Built;
use super::tool::Tool;
use crate::failure::Failure;

/// What components are compiled for.
const TARGET: &str = "wasm32-wasip2";
/// What stands before a plugin's name in the names of packages.
const PREFIX: &str = "mcpmux-plugin-";

fn cargo<'a>() -> Tool<'a> {
    Tool { program: Path::new("cargo"), missing: "install Rust, see https://rustup.rs" }
}

/// Builds the one component of a package.
pub(super) fn build(folder: &Path, debug: bool) -> Result<Built, Failure> {
    let cargo = cargo().present()?;
    target(folder)?;
    let mut args = vec!["build", "--lib", "--target", TARGET];
    args.push("--message-format=json-render-diagnostics");
    if !debug {
        args.push("--release");
    }
    let messages = cargo.output(folder, &args)?;
    let manifest = folder.join("Cargo.toml").canonicalize()?;
    made(&messages, &manifest).ok_or_else(|| {
        Failure::failed(format!(
            "{} makes no component\nhint: it needs `[lib] crate-type = [\"cdylib\", \"rlib\"]`",
            manifest.display()
        ))
    })
}

/// Runs the package's own tests.
pub(super) fn test(folder: &Path) -> Result<(), Failure> {
    cargo().present()?.run(folder, &["test"])
}

/// Makes sure that the toolchain can build components.
fn target(folder: &Path) -> Result<(), Failure> {
    let rustc =
        Tool { program: Path::new("rustc"), missing: "install Rust, see https://rustup.rs" };
    let library =
        rustc.present()?.output(folder, &["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "the Rust toolchain cannot build for `{TARGET}`\nhint: rustup target add {TARGET}"
    )))
}

/// The component that cargo says it has made from the package with this manifest.
fn made(messages: &str, manifest: &Path) -> Option<Built> {
    messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| message.get(key).and_then(Value::as_str);
        if text("reason") != Some("compiler-artifact")
            || text("manifest_path").map(Path::new) != Some(manifest)
        {
            return None;
        }
        let files = message.get("filenames").and_then(Value::as_array)?;
        let mut files = files.iter().filter_map(Value::as_str).map(PathBuf::from);
        let file = files.find(|file| file.extension().is_some_and(|ending| ending == "wasm"))?;
        Some(Built { name: name(text("package_id")?)?, file })
    })
}

/// The plugin's name out of a package id: `path+file:///a/guard#0.1.0` or `path+file:///a/b#guard@0.1.0`.
fn name(id: &str) -> Option<String> {
    let (place, fragment) = id.rsplit_once('#')?;
    let name =
        fragment.split_once('@').map(|(name, _)| name).or_else(|| place.rsplit('/').next())?;
    Some(name.strip_prefix(PREFIX).unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_found_by_its_manifest_and_named_by_its_package() {
        let message = |id: &str, file: &str| {
            serde_json::json!({
                "reason": "compiler-artifact", "manifest_path": "/p/guard/Cargo.toml",
                "package_id": id, "filenames": ["/t/libguard.rlib", file],
            })
        };
        let check = |id: &str, expected: &str| {
            let messages = format!("note\n{}\n", message(id, "/t/guard.wasm"));
            let built = made(&messages, Path::new("/p/guard/Cargo.toml")).unwrap();
            assert_eq!(
                (built.name.as_str(), built.file),
                (expected, PathBuf::from("/t/guard.wasm"))
            );
            assert!(made(&messages, Path::new("/p/other/Cargo.toml")).is_none());
        };
        check("path+file:///p/guard#0.1.0", "guard");
        check("path+file:///p/folder#no-deletes@0.1.0", "no-deletes");
        check("path+file:///p/rename#mcpmux-plugin-rename@0.1.0", "rename");
        let library = message("path+file:///p/guard#0.1.0", "/t/libguard.so").to_string();
        assert!(made(&library, Path::new("/p/guard/Cargo.toml")).is_none());
    }
}
