//! Compiled code on disk: used when it is ours and whole, made anew when it is not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mcpmux_core::config::Limits;
use mcpmux_core::hook::RequestAction;
use mcpmux_plugins::{Engine, Plugin};

use crate::guests::modern::Guest;
use crate::guests::{Dir, configured, shared};
use crate::stage::{arguments, call};

struct Setting {
    dir: Dir,
    plugin: PathBuf,
}

impl Setting {
    fn new() -> Self {
        let dir = Dir::new();
        let plugin = dir.file("guest.wasm", Guest::new().moody("request", &[0, 0]).build());
        Self { dir, plugin }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    /// Loads the plugin with an engine of its own, as another mcpmux would, and calls it. Says whether its code came
    /// from the cache.
    fn load(&self) -> bool {
        let engine = Engine::new(Some(self.folder())).unwrap();
        let section = configured(self.plugin.clone(), &[], "{}");
        let plugin = Plugin::load(&engine, &section, &Limits::default(), &shared()).unwrap();
        let cached = plugin.loading().cached;
        let hooks = std::sync::Arc::new(plugin).hooks();
        let answer = hooks.request.as_ref().unwrap().on_request(&call("read"), &arguments());
        assert_eq!(answer, Ok(RequestAction::Forward));
        cached
    }

    /// The one file in the cache.
    fn file(&self) -> PathBuf {
        let files: Vec<_> =
            fs::read_dir(self.folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn code_is_compiled_once_and_kept_for_us_alone() {
    let setting = Setting::new();
    assert!(!setting.load());
    assert!(setting.load());
    assert_eq!((mode(&setting.folder()), mode(&setting.file())), (0o700, 0o600));
}

#[test]
fn damaged_code_is_never_run_but_made_anew() {
    let setting = Setting::new();
    setting.load();
    let file = setting.file();
    let whole = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let damaged = [
        Vec::new(),
        b"mcpmux".to_vec(),
        whole[..whole.len() / 2].to_vec(),
        [whole.as_slice(), b"more"].concat(),
        flipped(20),
        flipped(100),
        flipped(whole.len() / 2),
        flipped(whole.len() - 1),
    ];
    for bytes in damaged {
        fs::write(&file, bytes).unwrap();
        assert!(!setting.load());
        assert!(fs::read(setting.file()).unwrap() == whole, "it is whole again");
        assert!(setting.load());
    }
}

#[test]
fn code_for_another_component_is_not_taken_for_this_one() {
    let mut setting = Setting::new();
    setting.load();
    let file = setting.file();
    let moved = setting.dir.path().join("kept");
    fs::rename(&file, &moved).unwrap();
    let other = Guest::new().moody("request", &[0, 0]).moody("response", &[0, 0]);
    setting.plugin = setting.dir.file("other.wasm", other.build());
    setting.load();
    let name = setting.file();
    fs::rename(&moved, &name).unwrap();
    assert!(!setting.load());
}

#[test]
fn what_others_can_write_to_is_not_used() {
    let setting = Setting::new();
    setting.load();
    let (folder, file) = (setting.folder(), setting.file());
    set_mode(&folder, 0o770);
    assert!(!setting.load());
    set_mode(&folder, 0o700);
    set_mode(&file, 0o602);
    assert!(!setting.load());
    assert_eq!(mode(&setting.file()), 0o600, "it was made anew");
    assert!(setting.load());

    // A link to code, however good that is.
    let elsewhere = setting.dir.path().join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    assert!(!setting.load());
    assert!(setting.load());

    let real = setting.dir.path().join("real");
    fs::rename(&folder, &real).unwrap();
    std::os::unix::fs::symlink(&real, &folder).unwrap();
    assert!(!setting.load());
}

#[test]
fn a_cache_that_cannot_be_written_to_is_none() {
    let setting = Setting::new();
    fs::write(setting.folder(), "a file where the folder should be").unwrap();
    assert!(!setting.load());
    assert!(!setting.load());
}
