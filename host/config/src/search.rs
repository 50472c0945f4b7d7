//! Where the configuration is looked for; the one place in this crate that touches the file system.

use std::env;
use std::path::{Path, PathBuf};

/// Why there is no configuration to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// The file that was asked for is not there.
    #[error("no configuration at `{}`\nhint: check the path after `-c`", .0.display())]
    Missing(PathBuf),
    /// None of the usual places has one.
    #[error("no configuration found, looked for {}\n{START}", places(.0))]
    Nowhere(Vec<PathBuf>),
}

const START: &str = "hint: write a `mcpmux.toml` here, such as
[backends.files]
command = [\"npx\", \"-y\", \"@modelcontextprotocol/server-filesystem\", \"/data\"]
hint: or name a file with `-c`; the `mcpServers` JSON of an AI client will do";

/// Finds the configuration's file: `explicit` if given, else the first that is there of `./mcpmux.toml`,
/// `$XDG_CONFIG_HOME/mcpmux/config.toml` and `$XDG_CONFIG_HOME/mcpmux.toml`, with `~/.config` for a
/// `XDG_CONFIG_HOME` that is not set.
///
/// # Errors
/// If there is none; the error says where it was looked for.
pub fn search(explicit: Option<&Path>) -> Result<PathBuf, SearchError> {
    if let Some(file) = explicit {
        return if file.exists() {
            Ok(file.to_owned())
        } else {
            Err(SearchError::Missing(file.to_owned()))
        };
    }
    let path = |name: &str| env::var_os(name).map(PathBuf::from);
    first(candidates(path("XDG_CONFIG_HOME"), path("HOME")))
}

fn first(candidates: Vec<PathBuf>) -> Result<PathBuf, SearchError> {
    let there = candidates.iter().find(|candidate| candidate.is_file()).cloned();
    there.ok_or(SearchError::Nowhere(candidates))
}

/// The usual places. The XDG specification wants a relative `XDG_CONFIG_HOME` ignored.
fn candidates(xdg: Option<PathBuf>, home: Option<PathBuf>) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("mcpmux.toml")];
    let xdg = xdg.filter(|folder| folder.is_absolute());
    if let Some(folder) = xdg.or_else(|| home.map(|home| home.join(".config"))) {
        places.push(folder.join("mcpmux/config.toml"));
        places.push(folder.join("mcpmux.toml"));
    }
    places
}

fn places(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_places_in_order() {
        let check = |xdg: Option<&str>, home: Option<&str>, expected: &[&str]| {
            let found = candidates(xdg.map(PathBuf::from), home.map(PathBuf::from));
            assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        };
        check(Some("/x"), Some("/h"), &["mcpmux.toml", "/x/mcpmux/config.toml", "/x/mcpmux.toml"]);
        let home = ["mcpmux.toml", "/h/.config/mcpmux/config.toml", "/h/.config/mcpmux.toml"];
        check(None, Some("/h"), &home);
        check(Some("relative"), Some("/h"), &home);
        check(None, None, &["mcpmux.toml"]);
    }

    #[test]
    fn the_first_that_is_there_wins() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let (manifest, source) = (here.join("Cargo.toml"), here.join("src/lib.rs"));
        let found = first(vec![here.join("none.toml"), here.clone(), manifest.clone(), source]);
        assert_eq!(found, Ok(manifest));
    }

    #[test]
    fn nothing_found_says_where_it_looked_and_how_to_start() {
        let message = first(vec![PathBuf::from("/nowhere/a.toml")]).unwrap_err().to_string();
        assert!(
            message.contains("`/nowhere/a.toml`") && message.contains("[backends.files]"),
            "{message}"
        );
        let missing = search(Some(Path::new("/nowhere/b.toml"))).unwrap_err().to_string();
        assert!(missing.contains("`/nowhere/b.toml`"), "{missing}");
    }
}
