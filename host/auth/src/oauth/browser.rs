//! Opening a URL in the person's browser: a program with an argument, never a shell, and nobody waits for it.

use std::process::Stdio;

use tokio::process::Command;

/// What opens URLs on this system, if nothing in `$BROWSER` does.
const OPENER: &str = if cfg!(target_os = "macos") { "/usr/bin/open" } else { "xdg-open" };

/// Opens a URL that was checked, with the first program of `$BROWSER` that can be started, else with the system's opener.
/// Needs a tokio runtime.
///
/// # Errors
/// Why that cannot be.
pub fn open(url: &str) -> Result<(), String> {
    let browser = std::env::var("BROWSER").unwrap_or_default();
    let mut failed = String::new();
    for argv in ways(&browser, url) {
        let Some((program, args)) = argv.split_first() else { continue };
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        // The runtime reaps it when it ends.
        match command.spawn() {
            Ok(_) => return Ok(()),
            Err(error) => failed = format!("`{program}` cannot be started: {error}"),
        }
    }
    Err(failed)
}

/// What may be run to open a URL, in order: each entry of `$BROWSER`, which is separated by colons, as a program, or as one
/// with arguments of which `%s` stands for the URL, and the system's opener.
fn ways(browser: &str, url: &str) -> Vec<Vec<String>> {
    let mut ways = Vec::new();
    for entry in browser.split(':').map(str::trim).filter(|entry| !entry.is_empty()) {
        let places = entry.contains("%s");
        if !places {
            ways.push(vec![entry.to_owned(), url.to_owned()]);
        }
        let words = entry.split_whitespace().map(|word| word.replace("%s", url));
        let mut words: Vec<String> = words.collect();
        if words.len() > 1 {
            words.extend((!places).then(|| url.to_owned()));
            ways.push(words);
        }
    }
    ways.push(vec![OPENER.to_owned(), url.to_owned()]);
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_tried_and_then_the_opener() {
        let check = |browser: &str, expected: &[&[&str]]| {
            let mut ways = ways(browser, "U");
            assert_eq!(ways.pop().unwrap(), [OPENER, "U"], "{browser}");
            assert_eq!(ways, expected, "{browser}");
        };
        check("", &[]);
        check("a", &[&["a", "U"]]);
        check("a::/b/c", &[&["a", "U"], &["/b/c", "U"]]);
        check("/A b/c --new", &[&["/A b/c --new", "U"], &["/A", "b/c", "--new", "U"]]);
        check("a --to %s -x:$(b)", &[&["a", "--to", "U", "-x"], &["$(b)", "U"]]);
        check("a;b %s;c", &[&["a;b", "U;c"]]);
    }
}
