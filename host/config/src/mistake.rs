//! What is wrong with a configuration, and where; how it is found out is the other modules'.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// Something to be said about one place of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    file: PathBuf,
    line: usize,
    column: usize,
    text: String,
    hint: Option<String>,
}

impl Mistake {
    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, without its place.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What to do, if that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.text)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

/// Every mistake of one configuration, by place; prints one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes by place.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

impl Error for Mistakes {}

/// What was found so far while reading one text.
pub(crate) struct Findings<'a> {
    text: &'a str,
    file: &'a Path,
    mistakes: Vec<Mistake>,
    warnings: Vec<Mistake>,
    /// The places of which all is said.
    settled: Vec<usize>,
}

impl<'a> Findings<'a> {
    pub(crate) const fn new(text: &'a str, file: &'a Path) -> Self {
        Self { text, file, mistakes: Vec::new(), warnings: Vec::new(), settled: Vec::new() }
    }

    /// Notes a mistake at a byte of the text.
    pub(crate) fn mistake(&mut self, at: usize, text: impl Into<String>) {
        self.add(at, text.into(), None);
    }

    /// Notes a mistake and what to do about it.
    pub(crate) fn hinted(&mut self, at: usize, text: impl Into<String>, hint: impl Into<String>) {
        self.add(at, text.into(), Some(hint.into()));
    }

    /// The same, where it makes no sense to look further: nothing else is said of this place.
    pub(crate) fn settled(&mut self, at: usize, text: impl Into<String>, hint: impl Into<String>) {
        self.add(at, text.into(), Some(hint.into()));
        self.settled.push(at);
    }

    /// Notes what works but is worth saying.
    pub(crate) fn warning(&mut self, at: usize, text: impl Into<String>) {
        let warning = self.at(at, text.into(), None);
        self.warnings.push(warning);
    }

    /// The mistakes and the warnings, each by place.
    pub(crate) fn finish(mut self) -> (Mistakes, Vec<Mistake>) {
        for list in [&mut self.mistakes, &mut self.warnings] {
            list.sort_by_key(|mistake| (mistake.line, mistake.column));
        }
        (Mistakes(self.mistakes), self.warnings)
    }

    fn add(&mut self, at: usize, text: String, hint: Option<String>) {
        if !self.settled.contains(&at) {
            let mistake = self.at(at, text, hint);
            self.mistakes.push(mistake);
        }
    }

    fn at(&self, at: usize, text: String, hint: Option<String>) -> Mistake {
        let before = self.text.get(..self.text.floor_char_boundary(at)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Mistake { file: self.file.to_owned(), line, column, text, hint }
    }
}
