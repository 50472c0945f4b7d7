//! Guests for the tests: components in text form, a plugin written in WebAssembly text, a program in Rust.

pub(crate) mod modern;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use mcpmux_core::config;
use mcpmux_core::json::Raw;
use mcpmux_core::names::PluginName;
use mcpmux_core::ports::{Outbound, OutboundError, OutboundRequest, OutboundResponse, Pending};
use mcpmux_plugins::services::Shared;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A directory of its own, removed at the end.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "mcpmux-plugins-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _best_effort = std::fs::remove_dir_all(&self.0);
    }
}

/// The configuration of a plugin in this file.
pub(crate) fn configured(path: PathBuf, grant: &[&str], config: &'static str) -> config::Plugin {
    let grant = grant.iter().map(|&grant| grant.to_owned()).collect();
    config::Plugin {
        name: PluginName::new("guest").unwrap(),
        path,
        sha256: None,
        grant,
        secrets: std::collections::BTreeMap::new(),
        config: Raw::literal(config),
        mode: config::Mode::Enforce,
        matches: config::Match::default(),
        on_error: config::OnError::default(),
        limits: config::PluginLimits::default(),
        stateless: false,
    }
}

/// Services without a network.
pub(crate) fn shared() -> Shared {
    Shared::new(Arc::new(Offline))
}

struct Offline;

impl Outbound for Offline {
    fn send(&self, _: OutboundRequest) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        Box::pin(async { Err(OutboundError::Network("there is no network here".to_owned())) })
    }
}

/// A component with these imports and exports, all of them empty instances.
pub(crate) fn hollow(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let mut text = String::from("(component");
    for import in imports {
        text += &format!(" (import \"{import}\" (instance))");
    }
    text += " (instance $empty)";
    for export in exports {
        text += &format!(" (export \"{export}\" (instance $empty))");
    }
    wat::parse_str(text + ")").unwrap()
}

/// A plugin whose catalog hook does what the first letter of the first tool's backend says: `a` edits,
/// `e` errs, `t` traps, `l` loops, `m` takes memory, `c` asks the clocks and fails if either is told, `s`
/// sleeps. `init` takes `{}`, loops on `{"l...`, and refuses anything else.
pub(crate) fn plugin(clock: bool) -> Vec<u8> {
    let (import, now) = if clock {
        let now = r#"(import "mcpmux:plugin/clock@0.1.0" "now" (func $now (result i64)))"#;
        ("import mcpmux:plugin/clock@0.1.0;", now)
    } else {
        ("", "(func $now (result i64) (i64.const 0))")
    };
    let world = format!(
        "import wasi:io/poll@0.2.0; import wasi:clocks/wall-clock@0.2.0; import wasi:clocks/monotonic-clock@0.2.0;
         import mcpmux:plugin/log@0.1.0; {import}
         export mcpmux:plugin/lifecycle@0.1.0; export mcpmux:plugin/catalog@0.1.0;"
    );
    component(&PLUGIN.replace(";; now", now), &world)
}

/// A plugin that does nothing but start.
pub(crate) fn starter() -> Vec<u8> {
    let module = r#"(module
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "mcpmux:plugin/lifecycle@0.1.0#init") (param i32 i32) (result i32) (i32.const 16)))"#;
    component(module, "export mcpmux:plugin/lifecycle@0.1.0;")
}

/// Makes a core module a component of a world with these imports and exports.
fn component(module: &str, world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    for version in ["v0.1", "v0.2"] {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit").join(version);
        resolve.push_path(wit).unwrap();
    }
    for (name, text) in WASI {
        resolve.push_str(name, text).unwrap();
    }
    let world = format!("package test:guest; world guest {{ {world} }}");
    let package = resolve.push_str("guest.wit", &world).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// As much of WASI as the plugin uses.
const WASI: [(&str, &str); 2] = [
    ("io.wit", "package wasi:io@0.2.0; interface poll { resource pollable { block: func(); } }"),
    (
        "clocks.wit",
        "package wasi:clocks@0.2.0;
         interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
         interface monotonic-clock {
             use wasi:io/poll@0.2.0.{pollable};
             subscribe-duration: func(when: u64) -> pollable;
         }",
    ),
];

/// Layout: the result at 16 (0 or 1; pointer; length), texts from 64, two edits at 256, a datetime at 512.
const PLUGIN: &str = r#"(module
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall (param i32)))
  (import "mcpmux:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $alarm (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  ;; now
  (memory (export "memory") 1)
  (data (i32.const 64) "no, thank you")
  (data (i32.const 96) "renamed")
  (data (i32.const 112) "`x` is no key of mine")
  (global $heap (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536))))))
    (local.get $at))
  (func $fail (param $text i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (local.get $text))
    (i32.store (i32.const 24) (local.get $length))
    (i32.const 16))
  (func $forever (loop $again (br $again)))
  (func (export "mcpmux:plugin/lifecycle@0.1.0#init") (param $text i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 0))
    (if (i32.le_u (local.get $length) (i32.const 2)) (then (return (i32.const 16))))
    (if (i32.eq (i32.load8_u offset=2 (local.get $text)) (i32.const 0x6c)) (then (call $forever)))
    (call $fail (i32.const 112) (i32.const 21)))
  (func (export "mcpmux:plugin/catalog@0.1.0#transform") (param $tools i32) (param $count i32) (result i32)
    (local $what i32)
    (local.set $what (i32.load8_u (i32.load (local.get $tools))))
    (global.set $heap (i32.const 4096))
    (if (i32.eq (local.get $what) (i32.const 0x65)) (then
      (return (call $fail (i32.const 64) (i32.const 13)))))
    (if (i32.eq (local.get $what) (i32.const 0x74)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 0x6c)) (then (call $forever)))
    (if (i32.eq (local.get $what) (i32.const 0x6d)) (then
      (loop $more (drop (memory.grow (i32.const 16))) (br $more))))
    (if (i32.eq (local.get $what) (i32.const 0x63)) (then
      (call $wall (i32.const 512))
      (if (i64.ne (i64.or (i64.load (i32.const 512)) (call $now)) (i64.const 0)) (then
        (return (call $fail (i32.const 64) (i32.const 13)))))))
    (if (i32.eq (local.get $what) (i32.const 0x73)) (then
      (call $block (call $alarm (i64.const 3600000000000)))))
    (call $log (i32.const 2) (i32.const 96) (i32.const 7))
    (memory.fill (i32.const 256) (i32.const 0) (i32.const 128))
    ;; update(0, exposed "renamed", read-only true)
    (i32.store8 (i32.const 256) (i32.const 1))
    (i32.store8 (i32.const 264) (i32.const 1))
    (i32.store (i32.const 268) (i32.const 96))
    (i32.store (i32.const 272) (i32.const 7))
    (i32.store8 (i32.const 312) (i32.const 1))
    (i32.store8 (i32.const 313) (i32.const 1))
    ;; hide(1)
    (i32.store (i32.const 324) (i32.const 1))
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (i32.const 256))
    (i32.store (i32.const 24) (i32.const 2))
    (i32.const 16))
)"#;

/// The Rust program beside the tests, as a WASI command; built once.
pub(crate) fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/program.rs");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("program.wasm");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition=2024", "--target=wasm32-wasip2", "-Copt-level=s", "-o"]);
        assert!(
            command.arg(&file).arg(source).status().unwrap().success(),
            "rustc builds the program"
        );
        file
    };
    BUILT.get_or_init(build).clone()
}
