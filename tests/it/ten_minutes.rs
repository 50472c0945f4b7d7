//! "Write a policy in ten minutes" of `sdk/README.md`, word for word: its commands are run, its lines edited, its
//! configuration added, and what it says is printed is what is printed.

use std::path::Path;
use std::time::Duration;

use crate::harness::{Home, PATIENCE, ended, paths};

/// How long a command may compile.
const COMPILING: Duration = Duration::from_secs(600);

/// The fenced blocks of the page, in order: language and text.
fn blocks() -> Vec<(String, String)> {
    let readme = std::fs::read_to_string(paths::root().join("sdk/README.md")).unwrap();
    let page = readme.split("\n## ").next().unwrap();
    let pieces: Vec<&str> = page.split("```").collect();
    let fenced = pieces.iter().skip(1).step_by(2).map(|piece| piece.split_once('\n').unwrap());
    fenced.map(|(language, text)| (language.to_owned(), text.to_owned())).collect()
}

/// A block's commands, each with what it is said to print.
fn commands(block: &str) -> Vec<(&str, &str)> {
    let block = block.strip_prefix("$ ").unwrap();
    let pieces = block.trim_end().split("\n$ ");
    pieces.map(|piece| piece.split_once('\n').unwrap_or((piece, ""))).collect()
}

/// Runs a command of the page in the folder, against the mcpmux that is served there; returns all that it printed.
async fn run(home: &Home, command: &str, url: Option<&str>) -> (i32, String) {
    let command = command.strip_prefix("mcpmux ").unwrap();
    let (words, json) = command.split_once(" '").unwrap_or((command, ""));
    let mut args: Vec<&str> = words.split_whitespace().collect();
    args.extend(json.strip_suffix('\''));
    if args[0] == "call" {
        args.extend(["--url", url.unwrap()]);
    }
    let mut command = home.mcpmux(&args);
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("written"));
    let (code, out, said) = ended(command, COMPILING).await;
    (code, format!("{out}{said}").trim_end().to_owned())
}

/// Puts each line in the place of the one that begins with the same word.
fn edit(file: &Path, lines: &str) {
    let mut text: Vec<String> =
        std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect();
    for line in lines.lines() {
        let word = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let mut same = text.iter_mut().filter(|old| word(old) == word(line));
        *same.next().expect("the page edits a line that is not there") = line.to_owned();
        assert!(same.next().is_none(), "it is not clear which line the page means: {line}");
    }
    std::fs::write(file, text.join("\n") + "\n").unwrap();
}

/// Runs a command until it ends with this code and prints just this: a new build is taken up within moments.
async fn comes_to(home: &Home, command: &str, url: Option<&str>, expected: (i32, &str)) {
    let mut last = (0, String::new());
    let coming = async {
        while (last.0, last.1.as_str()) != expected {
            last = run(home, command, url).await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, coming).await.is_ok();
    assert!(came, "{command}: {last:?} instead of {expected:?}");
}

/// Runs the commands of a block; how often the tool was called.
async fn play(home: &Home, block: &str, url: Option<&str>) -> usize {
    let mut calls = 0;
    for (command, expected) in commands(block) {
        if command.starts_with("mcpmux call") {
            comes_to(home, command, url, (1, expected)).await;
            calls += 1;
            continue;
        }
        let (code, printed) = run(home, command, url).await;
        assert_eq!(code, 0, "{command}: {printed}");
        assert!(printed.contains(expected), "{expected}\nis not in\n{printed}");
        if command.starts_with("mcpmux plugin new") {
            // The versions that the repository has already, so that nothing is fetched.
            let lock = home.path().join("doorman/Cargo.lock");
            std::fs::copy(paths::root().join("Cargo.lock"), lock).unwrap();
        }
    }
    calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_written_as_the_page_says() {
    let shipped = std::fs::read_to_string(paths::root().join("mcpmux.toml")).unwrap();
    paths::plugin("clock.wasm");
    let home = Home::new(&shipped.replace("\"plugins/", "\"{plugins}/"));
    let config = std::fs::read_to_string(home.config()).unwrap();
    let mut served = None;
    let mut calls = 0;
    for (language, block) in blocks() {
        match language.as_str() {
            "rust" => edit(&home.path().join("doorman/src/lib.rs"), &block),
            "toml" => {
                home.write("mcpmux.toml", &format!("{config}\n{block}"));
                served = Some(home.serve().await);
            }
            _ => {
                let url = served.as_ref().map(|served| served.url.as_str());
                calls += play(&home, &block, url).await;
            }
        }
    }
    assert_eq!(calls, 2, "the page calls the tool before and after the swap");
    assert_eq!(served.unwrap().stop().await, 0);
}
