//! Licence expressions (SPDX annex D): whether the licences that are allowed are enough for one.

use anyhow::{Result, bail};

/// Whether everything that the expression demands is in `allowed`: of `OR` one side is enough, of `AND` it takes both.
/// A licence with an exception is a licence of its own. `/` stands for `OR`, as crates once wrote it.
///
/// # Errors
/// If it is not an expression.
pub(super) fn is_met(expression: &str, allowed: &[String]) -> Result<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = Words { left: spaced.split_whitespace().collect(), allowed };
    words.left.reverse();
    let met = words.either()?;
    match words.left.last() {
        None => Ok(met),
        Some(word) => bail!("`{word}` is left over"),
    }
}

struct Words<'a> {
    /// What is still to be read, the next one last.
    left: Vec<&'a str>,
    allowed: &'a [String],
}

impl Words<'_> {
    fn either(&mut self) -> Result<bool> {
        let mut met = self.both()?;
        while self.takes("OR") {
            met |= self.both()?;
        }
        Ok(met)
    }

    fn both(&mut self) -> Result<bool> {
        let mut met = self.one()?;
        while self.takes("AND") {
            met &= self.one()?;
        }
        Ok(met)
    }

    fn one(&mut self) -> Result<bool> {
        if self.takes("(") {
            let met = self.either()?;
            if !self.takes(")") {
                bail!("a parenthesis is open");
            }
            return Ok(met);
        }
        let mut licence = self.licence()?.to_owned();
        if self.takes("WITH") {
            licence = format!("{licence} WITH {}", self.licence()?);
        }
        Ok(self.allowed.contains(&licence))
    }

    fn licence(&mut self) -> Result<&str> {
        match self.left.pop() {
            None => bail!("it ends too early"),
            Some(word @ ("AND" | "OR" | "WITH" | "(" | ")")) => {
                bail!("`{word}` stands for a licence")
            }
            Some(licence) => Ok(licence),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        self.left.pop_if(|next| *next == word).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: Option<bool>) {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        assert_eq!(is_met(expression, &allowed).ok(), expected, "{expression}");
    }

    #[test]
    fn one_side_of_or_is_enough_and_and_takes_both() {
        check("MIT", Some(true));
        check("GPL-3.0", Some(false));
        check("GPL-3.0 OR MIT", Some(true));
        check("GPL-3.0/MIT", Some(true));
        check("GPL-3.0 AND MIT", Some(false));
        check("ISC AND MIT", Some(true));
        check("GPL-3.0 OR ISC AND MIT", Some(true));
        check("(GPL-3.0 OR ISC) AND GPL-2.0", Some(false));
        check("(MIT OR GPL-3.0) AND (ISC OR GPL-3.0)", Some(true));
    }

    #[test]
    fn an_exception_makes_another_licence() {
        check("Apache-2.0 WITH LLVM-exception", Some(true));
        check("Apache-2.0", Some(false));
        check("MIT WITH LLVM-exception", Some(false));
    }

    #[test]
    fn what_is_no_expression_is_an_error() {
        for expression in ["", "MIT OR", "MIT MIT", "(MIT", "MIT)", "OR MIT", "MIT WITH OR ISC"] {
            check(expression, None);
        }
    }
}
