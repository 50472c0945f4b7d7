//! What the README shows is what happens: its commands are run, and their output compared.

use std::path::Path;

use tokio::process::Command;

use crate::harness::{Home, PATIENCE, ended, paths};

/// The commands of the README's `console` blocks, with what it says they print.
fn shown() -> Vec<(String, String)> {
    let readme = std::fs::read_to_string(paths::root().join("README.md")).unwrap();
    let blocks = readme.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let split = |block: &str| {
        let (command, output) = block.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
        (command.to_owned(), output.to_owned())
    };
    blocks.map(split).collect()
}

/// Splits a command line at spaces outside of single quotes.
fn words(line: &str) -> Vec<String> {
    let mut quoted = false;
    let pieces = line.split('\'').flat_map(|piece| {
        quoted = !quoted;
        if quoted {
            piece.split_whitespace().map(str::to_owned).collect()
        } else {
            vec![piece.to_owned()]
        }
    });
    pieces.collect()
}

#[tokio::test]
async fn its_configurations_are_right() {
    let readme = std::fs::read_to_string(paths::root().join("README.md")).unwrap();
    paths::plugin("clock.wasm");
    let mut checked = 0;
    for block in readme.split("```toml\n").skip(1) {
        let block = block.split_once("```").unwrap().0;
        let home = Home::new(&block.replace("\"plugins/", "\"{plugins}/"));
        let mut check = home.mcpmux(&["check"]);
        check.env("GITHUB_TOKEN", "t");
        let (code, out, error) = ended(check, PATIENCE).await;
        assert_eq!(code, 0, "{block}\n{out}{error}");
        checked += 1;
    }
    assert_eq!(checked, 2, "the README has other configurations than this test knows");
}

#[tokio::test]
async fn its_commands_print_what_it_says() {
    let shipped = std::fs::read_to_string(paths::root().join("mcpmux.toml")).unwrap();
    paths::plugin("clock.wasm");
    let home = Home::new(&shipped.replace("\"plugins/", "\"{plugins}/"));
    let served = home.serve().await;
    let mut run = 0;
    for (command, expected) in shown() {
        run += 1;
        if command == "cargo xtask serve" {
            let said = served.log().replace(&served.url, "http://127.0.0.1:9315/mcp");
            assert!(said.contains(&expected), "{expected}\nis not in\n{said}");
            continue;
        }
        let (code, output, errors) = match command.strip_prefix("cargo run -q -- ") {
            Some(args) => {
                let args = words(args);
                let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
                args.extend(["--url", &served.url]);
                home.run(&args).await
            }
            None => inspect(&command, &home, &served.url).await,
        };
        assert_eq!((code, output), (0, expected), "{command}: {errors}");
    }
    assert_eq!(run, 5, "the README has other commands than this test knows");
}

/// Runs an Inspector command with the Inspector that is installed for the tests.
async fn inspect(command: &str, home: &Home, url: &str) -> (i32, String, String) {
    let args = command.strip_prefix("npx @modelcontextprotocol/inspector@2.12.0 ").unwrap();
    let args = words(args).into_iter().map(|word| match word.as_str() {
        "http://127.0.0.1:9315/mcp" => url.to_owned(),
        "target/debug/mcpmux" => env!("CARGO_BIN_EXE_mcpmux").to_owned(),
        "mcpmux.toml" => home.config().to_str().unwrap().to_owned(),
        _ => word,
    });
    let mut inspector = Command::new(paths::node());
    inspector.arg(paths::npm(".bin/mcp-inspector")).args(args).kill_on_drop(true);
    let output =
        tokio::time::timeout(PATIENCE, inspector.output()).await.expect("it hangs").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn its_links_lead_somewhere() {
    for page in ["README.md", "ARCHITECTURE.md", "sdk/README.md", "plugins/rename/README.md"] {
        let file = paths::root().join(page);
        let text = std::fs::read_to_string(&file).unwrap();
        let links = text.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0);
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            assert!(file.parent().unwrap().join(Path::new(link)).exists(), "{page}: {link}");
        }
    }
}
