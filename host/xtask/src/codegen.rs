//! `cargo xtask codegen`: files that mcpmux itself prints, and the check that none is stale; and the table of the
//! compatibility matrix, which its tests write, and check themselves.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::test::tests_of;
use crate::workspace::Workspace;
use crate::{run, say};

/// A file in the repository and the `mcpmux` arguments that print it.
struct Generated {
    file: &'static str,
    args: &'static [&'static str],
}

/// Every generated file.
const GENERATED: &[Generated] = &[
    Generated { file: "host/docs/config.md", args: &["schema", "--reference"] },
    Generated { file: "host/docs/mcpmux.schema.json", args: &["schema"] },
    Generated { file: "host/docs/cli.md", args: &["help-markdown"] },
    Generated { file: "host/docs/errors.md", args: &["errors-markdown"] },
];

/// Builds mcpmux and rewrites the generated files; with `check` only says which are stale, and fails then.
pub(crate) fn codegen(workspace: &Workspace, check: bool) -> Result<()> {
    // The build that tests have: alone it would have other features, and compile its dependencies anew.
    run::checked(tests_of(workspace).args(["--test", "it", "--no-run"]))?;
    compare(workspace, check)?;
    if check { Ok(()) } else { matrix(workspace) }
}

/// Has the tests of the compatibility matrix write what they expect to `host/docs/matrix.md`.
fn matrix(workspace: &Workspace) -> Result<()> {
    let mut test = tests_of(workspace);
    test.args(["--test", "it", "matrix::document"]);
    run::checked(test.env("MCPMUX_WRITE_DOCS", "1"))
}

/// The same with the binary that is there.
pub(crate) fn compare(workspace: &Workspace, check: bool) -> Result<()> {
    let binary = workspace.target.join("debug").join("mcpmux");
    let mut stale = Vec::new();
    for Generated { file, args } in GENERATED {
        let printed = run::stdout_of(Command::new(&binary).args(*args))?;
        if printed.trim().is_empty() {
            bail!("`mcpmux {}` printed nothing, `{file}` cannot be made from it", args.join(" "));
        }
        let path = workspace.root.join(file);
        let current = fs::read_to_string(&path).unwrap_or_default();
        let Some(difference) = difference(&current, &printed) else { continue };
        if check {
            stale.push(format!("{file}:{difference}"));
            continue;
        }
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)
                .with_context(|| format!("cannot create `{}`", dir.display()))?;
        }
        fs::write(&path, printed).with_context(|| format!("cannot write `{file}`"))?;
        say::line(format_args!("wrote `{file}`"));
    }
    if !stale.is_empty() {
        bail!(
            "generated files are stale\n{}\nhint: run `cargo xtask codegen` and commit the result",
            stale.join("\n")
        );
    }
    Ok(())
}

/// The first line that differs, as `LINE`, what is there and what should be; `None` for equal texts.
fn difference(current: &str, printed: &str) -> Option<String> {
    if current == printed {
        return None;
    }
    let (mut old, mut new) = (current.split('\n'), printed.split('\n'));
    let mut number = 1;
    loop {
        let (is, should) = (old.next(), new.next());
        if is != should || is.is_none() {
            let side = |sign: char, line: Option<&str>| match line {
                Some(line) => format!("\n  {sign} {line}"),
                None => format!("\n  {sign} (end of file)"),
            };
            return Some(format!("{number}{}{}", side('-', is), side('+', should)));
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_stale_line_is_shown() {
        assert_eq!(difference("a\nb\n", "a\nc\n").unwrap(), "2\n  - b\n  + c");
        assert_eq!(difference("a", "a\nb").unwrap(), "2\n  - (end of file)\n  + b");
    }
}
