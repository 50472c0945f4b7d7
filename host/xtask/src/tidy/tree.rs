//! What tidy looks at: the files git tracks or would track, as text, and the workspace's members.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::workspace::{Member, Workspace};

/// Folders that are not ours, for a checkout without git.
const SKIPPED: [&str; 4] = [".git", "target", ".deps", "node_modules"];

/// The text of the repository.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The text files, in the order of their paths.
    pub(crate) files: Vec<TextFile>,
    /// The packages of the workspace.
    pub(crate) members: Vec<Member>,
}

/// One file that is text.
#[derive(Debug, Default)]
pub(crate) struct TextFile {
    /// Relative to the root, with forward slashes.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
}

impl Tree {
    /// Reads the working tree; files that are not UTF-8 are left out.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let mut paths = match tracked(&workspace.root) {
            Some(paths) => paths,
            None => {
                let mut paths = Vec::new();
                walk(&workspace.root, &mut paths)?;
                paths
            }
        };
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let relative = path.strip_prefix(&workspace.root).unwrap_or(&path);
            let relative = relative.to_string_lossy().replace('\\', "/");
            // A file that was deleted but is still in the index, a link to nowhere and a binary have no text.
            if let Ok(text) = fs::read_to_string(&path) {
                files.push(TextFile { path: relative, text });
            }
        }
        Ok(Self { files, members: workspace.members.clone() })
    }

    /// The Rust sources.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The file with this path.
    pub(crate) fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// A tree in memory.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self { files: files.iter().map(file).collect(), members: Vec::new() }
    }
}

impl TextFile {
    /// Whether a program wrote it, which its first line says.
    pub(crate) fn is_generated(&self) -> bool {
        self.text.lines().next().is_some_and(|line| line.contains("@generated"))
    }

    /// The parts of the path.
    pub(crate) fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.split('/')
    }
}

/// What git tracks or would track; `None` without git or outside a repository.
fn tracked(root: &Path) -> Option<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split('\0').filter(|path| !path.is_empty()).map(|path| root.join(path)).collect())
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let failed = || format!("cannot list `{}`", dir.display());
    for entry in fs::read_dir(dir).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let skipped = SKIPPED.iter().any(|name| entry.file_name() == *name);
        if entry.file_type().with_context(failed)?.is_dir() && !skipped {
            walk(&entry.path(), found)?;
        } else if !skipped {
            found.push(entry.path());
        }
    }
    Ok(())
}
