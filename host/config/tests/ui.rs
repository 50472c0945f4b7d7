//! Configurations in `ui/` and what is made of them: `.snap` for the good ones, `.err` for those in `invalid/`.
//! `UPDATE_SNAPSHOTS=1` rewrites both.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also outside the functions that clippy knows as tests"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use mcpmux_config::{Loaded, Mistakes, read};

/// What each variable in a fixture stands for, and what no snapshot may hold.
const SECRET: &str = "hush-hush";

fn variable(name: &str) -> Option<String> {
    match name {
        "WORD" => Some("word".to_owned()),
        "SIZE" => Some("1MiB".to_owned()),
        "EMPTY" => Some(String::new()),
        name if name.starts_with("SECRET") => Some(SECRET.to_owned()),
        _ => None,
    }
}

fn load(file: &Path) -> Result<Loaded, Mistakes> {
    let text = fs::read_to_string(file).unwrap();
    let name = Path::new("conf").join(file.file_name().unwrap());
    read(&text, &name, &variable)
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(folder);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files
        .retain(|file| file.extension().is_some_and(|ending| ending == "toml" || ending == "json"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Compares with the file beside the fixture that has this ending too; returns whether they are the same.
fn same(fixture: &Path, ending: &str, found: &str) -> bool {
    assert!(!found.contains(SECRET), "{} shows a secret:\n{found}", fixture.display());
    let file = PathBuf::from(format!("{}.{ending}", fixture.display()));
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    if expected != found {
        eprintln!("--- {}\n{expected}\n+++ found\n{found}", file.display());
    }
    expected == found
}

#[test]
fn configurations_and_what_is_made_of_them() {
    let mut differ = Vec::new();
    for fixture in fixtures("") {
        let loaded = load(&fixture).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let mut found = format!("{:#?}\n", loaded.config);
        for warning in &loaded.warnings {
            writeln!(found, "warning: {warning}").unwrap();
        }
        if !same(&fixture, "snap", &found) {
            differ.push(fixture);
        }
    }
    for fixture in fixtures("invalid") {
        let mistakes = load(&fixture).expect_err(&fixture.display().to_string());
        assert_eq!(mistakes.len(), mistakes.iter().count());
        if !same(&fixture, "err", &format!("{mistakes}\n")) {
            differ.push(fixture);
        }
    }
    assert!(differ.is_empty(), "{differ:?} differ; look at them, then set UPDATE_SNAPSHOTS=1");
}

#[test]
fn no_text_makes_it_panic_or_shows_a_secret() {
    let check = |text: &str, file: &Path| {
        if let Err(mistakes) = read(text, file, &variable) {
            assert!(!mistakes.is_empty(), "refused without a reason:\n{text}");
            assert!(!mistakes.to_string().contains(SECRET), "{mistakes}");
        }
    };
    for file in fixtures("").into_iter().chain(fixtures("invalid")) {
        let bytes = fs::read(&file).unwrap();
        for at in 0..bytes.len() {
            check(&String::from_utf8_lossy(&bytes[..at]), &file);
            for other in *b"\"{}[]=$\n0\xff" {
                let mut changed = bytes.clone();
                changed[at] = other;
                check(&String::from_utf8_lossy(&changed), &file);
            }
        }
    }
    let deep = 200_000;
    check(&format!("{{\"mcpServers\":{}1", "[".repeat(deep)), Path::new("a.json"));
    check(
        &format!("{{\"mcpServers\":{}{}}}", "[".repeat(deep), "]".repeat(deep)),
        Path::new("a.json"),
    );
    check(&format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)), Path::new("a.toml"));
    check(&format!("{}a = 1", "a.".repeat(deep)), Path::new("a.toml"));
}

#[test]
fn backends_keep_the_order_of_the_file() {
    let text = "[backends.z]\nwasm = \"z\"\n[backends.b]\nwasm = \"b\"\n[backends.c]\nwasm = \"c\"\n\
                [backends.a]\nwasm = \"a\"\n";
    let loaded = read(text, Path::new("a/mcpmux.toml"), &variable).unwrap();
    let names: Vec<String> =
        loaded.config.backends.iter().map(|backend| backend.name.to_string()).collect();
    assert_eq!(names, ["z", "b", "c", "a"]);
}

#[test]
fn a_mark_of_byte_order_and_windows_line_ends_move_no_place() {
    let mistakes =
        read("\u{feff}[listen]\r\n  htp = 1\r\n", Path::new("a.toml"), &variable).unwrap_err();
    assert_eq!(
        mistakes.to_string(),
        "a.toml:2:3: unknown key `htp` in [listen]\nhint: did you mean `http`?"
    );
}
