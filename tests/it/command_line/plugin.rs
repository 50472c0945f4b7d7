//! What is said of components and projects without building any: `plugin new`, `inspect`, `bench`, `replay`, `test`.

use serde_json::{Value, json};

use super::{data, fails};
use crate::harness::Home;

fn files(home: &Home, folder: &str) -> Vec<String> {
    let root = home.path().join(folder);
    let mut found = Vec::new();
    let mut left = vec![root.clone()];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_project_has_what_its_language_needs() {
    let home = Home::new("");
    for (lang, expected) in [
        ("rust", &["Cargo.toml", "config.schema.json", "src/lib.rs", "src/tests.rs"][..]),
        ("js", &["build.mjs", "package.json", "plugin.js", "wit/world.wit"]),
        ("python", &["plugin.py", "pyproject.toml", "wit/world.wit"]),
        ("c", &["plugin.c", "requirements.txt", "wit/world.wit"]),
    ] {
        let made =
            data(&home, &["plugin", "new", "guard", "--lang", lang, "--dir", lang, "--json"]).await;
        let made: Value = serde_json::from_str(&made).unwrap();
        assert_eq!((&made["name"], &made["folder"]), (&json!("guard"), &json!(lang)));
        let found = files(&home, lang);
        let all = [expected, &["README.md", "golden/first.json", ".gitignore"]].concat();
        for file in all {
            assert!(found.iter().any(|found| found == file), "{lang}: {file} is not in {found:?}");
        }
        let said: usize = made["files"].as_array().unwrap().len();
        assert_eq!(said, found.len(), "{lang}: {found:?}");
    }
    let source = std::fs::read_to_string(home.path().join("rust/src/lib.rs")).unwrap();
    assert!(source.contains("pub struct Guard ") && source.contains("fn authorize("), "{source}");
    assert!(!source.contains("fn request("), "{source}");
}

#[tokio::test]
async fn what_cannot_be_a_project_is_said_and_leaves_nothing() {
    let home = Home::new("");
    let new = |rest: &[&'static str]| [&["plugin", "new"][..], rest].concat();
    for (name, part) in [
        ("Guard", "allowed are lower-case letters"),
        ("1guard", "has to start with a letter"),
        ("a--b", "each `-` to stand between two words"),
    ] {
        fails(&home, &new(&[name]), 2, "", &[part]).await;
    }
    fails(&home, &new(&["guard", "--sdk", "nowhere"]), 2, "", &["is no mcpmux checkout", "hint: "])
        .await;
    std::fs::create_dir(home.path().join("full")).unwrap();
    std::fs::write(home.path().join("full/file"), "").unwrap();
    fails(&home, &new(&["guard", "--dir", "full"]), 2, "", &["is not an empty folder", "--dir"])
        .await;
    assert_eq!(files(&home, "").len(), 2, "the configuration and the file");
    fails(&home, &["plugin", "build", "full"], 2, "", &["full holds no project", "plugin new"])
        .await;
    fails(&home, &["plugin", "build", "none"], 2, "", &["none is no folder"]).await;
}

#[tokio::test]
async fn what_is_no_plugin_cannot_be_tried() {
    let home = Home::new("");
    home.write("text.wasm", "(component)");
    let file = home.path().join("text.wasm");
    for command in ["test", "bench", "inspect"] {
        let args = ["plugin", command, file.to_str().unwrap()];
        let (code, out, said) = home.run(&args).await;
        assert!(code > 0 && out.is_empty() && said.contains("it is not WebAssembly"), "{said}");
    }
    fails(&home, &["plugin", "bench", "guard"], 2, "", &["there is no plugin `guard`", "hint: "])
        .await;
    let replay = ["plugin", "replay", "guard", "--audit", "audit.jsonl"];
    fails(&home, &replay, 2, "", &["there is no plugin `guard`"]).await;
}
