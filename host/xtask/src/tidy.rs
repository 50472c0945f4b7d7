//! `cargo xtask tidy`: the rules of the house that no compiler checks; one file per rule, the list of them here.

mod floors;
mod heads;
mod lints;
mod paths;
mod purity;
mod size;
mod source;
mod table;
mod testing;
mod tree;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use self::tree::Tree;
use crate::say;
use crate::workspace::Workspace;

/// A rule: reads the tree, says where it is broken.
type Rule = fn(&Tree) -> Vec<Violation>;

const RULES: &[Rule] = &[
    floors::check,
    purity::check,
    size::check,
    heads::check_first_line,
    heads::check_mod_files,
    words::check,
    paths::check,
    testing::check,
    lints::check,
];

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    line: usize,
    message: String,
}

impl Violation {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Checks every rule and prints every violation.
pub(crate) fn tidy(workspace: &Workspace) -> Result<()> {
    let tree = Tree::read(workspace)?;
    let mut violations: Vec<_> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    violations.sort();
    for violation in &violations {
        say::line(violation);
    }
    if !violations.is_empty() {
        bail!("{} violations of the rules of the house", violations.len());
    }
    Ok(())
}

/// Applies a rule to a tree of these files and returns `path:line` of each violation.
#[cfg(test)]
fn broken(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let violations = rule(&Tree::of(files));
    violations.iter().map(|found| format!("{}:{}", found.path, found.line)).collect()
}
