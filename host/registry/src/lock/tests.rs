//! Tests of the lock file.

use super::*;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn locked(version: &str) -> Locked {
    Locked {
        source: format!("ghcr.io/you/guard:{version}"),
        manifest: format!("sha256:{EMPTY}"),
        sha256: EMPTY.to_owned(),
        wit: Some("0.2.0".to_owned()),
        id: Some("guard".to_owned()),
        version: Some(version.to_owned()),
    }
}

/// A folder with a configuration's place and a folder for plugins.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("plugins")).unwrap();
    let config = folder.path().join("mcpmux.toml");
    (folder, config)
}

#[test]
fn what_is_recorded_is_read_sorted_and_stable() {
    let (folder, config) = folder();
    assert_eq!(Lock::beside(&config).unwrap().iter().count(), 0);
    let record = |name: &str, version: &str| {
        Lock::record(&config, &folder.path().join("plugins").join(name), Some(locked(version)))
            .unwrap()
    };
    assert_eq!(record("b.wasm", "1.0.0"), None);
    assert_eq!(record("a.wasm", "1.0.0"), None);
    let first = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    assert_eq!(record("a.wasm", "1.1.0").unwrap().version.as_deref(), Some("1.0.0"));
    assert_eq!(record("a.wasm", "1.0.0").unwrap().version.as_deref(), Some("1.1.0"));
    let second = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    assert_eq!(first, second);
    let entries = format!(
        "version = 1\n\n[plugins.\"plugins/a.wasm\"]\nsource = \"ghcr.io/you/guard:1.0.0\"\n\
         manifest = \"sha256:{EMPTY}\"\nsha256 = \"{EMPTY}\"\nwit = \"0.2.0\"\nid = \"guard\"\nversion = \"1.0.0\"\n\n\
         [plugins.\"plugins/b.wasm\"]\n"
    );
    assert!(first.starts_with(&format!("{HEAD}{entries}")), "{first}");
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "no partial file stays");
}

#[test]
fn only_the_pinned_bytes_may_be_loaded_whatever_the_file_is_called() {
    let (folder, config) = folder();
    let file = folder.path().join("plugins/guard.wasm");
    Lock::record(&config, &file, Some(locked("1.0.0"))).unwrap();
    std::os::unix::fs::symlink("plugins", folder.path().join("link")).unwrap();
    let lock = Lock::beside(&config).unwrap();
    let ways = ["plugins/guard.wasm", "./plugins/../plugins/guard.wasm", "link/guard.wasm"];
    for path in ways.map(|way| folder.path().join(way)).into_iter().chain([file]) {
        lock.check(&path, EMPTY).unwrap();
        let error = lock.check(&path, &"0".repeat(64)).unwrap_err().to_string();
        let hint = format!(
            "hint: `mcpmux plugin pull ghcr.io/you/guard@sha256:{EMPTY} -o {}`",
            path.display()
        );
        assert!(error.contains("is not what was pulled") && error.contains(&hint), "{error}");
    }
    lock.check(&folder.path().join("plugins/other.wasm"), &"0".repeat(64)).unwrap();
}

#[test]
fn entries_written_at_the_same_time_all_stay() {
    let (folder, config) = folder();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let file = folder.path().join(format!("plugins/{number}.wasm"));
            let config = &config;
            scope.spawn(move || Lock::record(config, &file, Some(locked("1.0.0"))).unwrap());
        }
    });
    assert_eq!(Lock::beside(&config).unwrap().iter().count(), 8);
}

#[test]
fn a_lock_file_that_is_wrong_is_an_error_and_stays() {
    let (folder, config) = folder();
    let path = folder.path().join(FILE_NAME);
    let entry = |key: &str| {
        format!(
            "version = 1\n[plugins.\"a.wasm\"]\nsource = \"x\"\nmanifest = \"sha256:{EMPTY}\"\n{key}\n"
        )
    };
    let wrong = [
        ("version = 2\n".to_owned(), "its version is 2, not 1"),
        ("version = [\n".to_owned(), "line 1"),
        ("[plugins]\n".to_owned(), "version"),
        (entry("sha256 = \"12\""), "the digests of `a.wasm` are none"),
        (entry(&format!("sha256 = \"{EMPTY}\"\nshadow = 1")), "shadow"),
    ];
    for (text, expected) in wrong {
        fs::write(&path, &text).unwrap();
        let error = Lock::beside(&config).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("mcpmux.lock is no lock file"),
            "{error}"
        );
        Lock::record(&config, Path::new("b.wasm"), Some(locked("1.0.0"))).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_entry_can_be_forgotten() {
    let (folder, config) = folder();
    let file = folder.path().join("plugins/guard.wasm");
    Lock::record(&config, &file, Some(locked("1.0.0"))).unwrap();
    assert_eq!(Lock::record(&config, &file, None).unwrap(), Some(locked("1.0.0")));
    assert_eq!(Lock::beside(&config).unwrap().iter().count(), 0);
}

#[test]
fn a_plugin_is_pinned_to_what_was_pulled() {
    let (folder, config) = folder();
    let file = folder.path().join("plugins/guard.wasm");
    let plugin = || Plugin {
        name: mcpmux_core::names::PluginName::new("guard").unwrap(),
        path: file.clone(),
        sha256: None,
        grant: Vec::new(),
        secrets: BTreeMap::new(),
        config: mcpmux_core::json::Raw::literal("{}"),
        mode: mcpmux_core::config::Mode::default(),
        matches: mcpmux_core::config::Match::default(),
        on_error: mcpmux_core::config::OnError::default(),
        limits: mcpmux_core::config::PluginLimits::default(),
        stateless: false,
    };
    let mut free = plugin();
    Lock::beside(&config).unwrap().pin(&mut free).unwrap();
    assert_eq!(free.sha256, None);

    Lock::record(&config, &file, Some(locked("1.0.0"))).unwrap();
    let lock = Lock::beside(&config).unwrap();
    let mut absent = plugin();
    lock.pin(&mut absent).unwrap();
    assert_eq!(
        absent.sha256.as_deref(),
        Some(EMPTY),
        "a file that comes later must be that one too"
    );
    fs::write(&file, b"").unwrap();
    let mut right = plugin();
    lock.pin(&mut right).unwrap();
    assert_eq!(right.sha256.as_deref(), Some(EMPTY));
    fs::write(&file, b"x").unwrap();
    let error = lock.pin(&mut plugin()).unwrap_err().to_string();
    assert!(error.contains("is not what was pulled from ghcr.io/you/guard@sha256:"), "{error}");
}
