//! `cargo xtask conformance`: the tests that hold what mcpmux writes against the JSON Schemas of MCP, in a folder given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{run, say, test};

/// Where the tests look for the folder.
const VARIABLE: &str = "MCPMUX_SCHEMAS";

/// The revisions that mcpmux speaks; each has a schema.
const REVISIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/// Runs the tests that need the schemas, with them.
pub(crate) fn check(workspace: &Workspace, folder: &Path) -> Result<()> {
    let mut command = test::tests_of(workspace);
    command.args(["--test", "it", "--", "schemas::", "lossless::"]);
    put_on(&mut command, folder)?;
    run::checked(&mut command)
}

/// Gives the schemas in `folder` to the tests that `command` runs.
pub(crate) fn put_on(command: &mut Command, folder: &Path) -> Result<()> {
    let folder = complete(folder)?;
    say::line(format_args!("the schemas are those in `{}`", folder.display()));
    command.env(VARIABLE, folder);
    Ok(())
}

/// The folder, if it holds the schema of each revision.
fn complete(folder: &Path) -> Result<PathBuf> {
    let folder = fs::canonicalize(folder)
        .with_context(|| format!("there is no folder `{}` with schemas", folder.display()))?;
    let missing: Vec<String> = REVISIONS
        .iter()
        .map(|revision| format!("mcp-{revision}.schema.json"))
        .filter(|file| !folder.join(file).is_file())
        .collect();
    if !missing.is_empty() {
        bail!("`{}` lacks {}", folder.display(), missing.join(", "));
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_or_lacks_schemas_is_an_error() {
        let error = complete(Path::new("no/such/folder")).unwrap_err();
        assert_eq!(error.to_string(), "there is no folder `no/such/folder` with schemas");
        let error = complete(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err().to_string();
        assert!(error.contains("lacks mcp-2024-11-05.schema.json, mcp-2025-03-26"), "{error}");
    }
}
