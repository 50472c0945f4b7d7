//! A program and its arguments as a grant names them: words, where `*` stands for any one.

use std::fmt;

/// The words of an `exec:` grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    This(String),
    Any,
}

impl Words {
    /// Reads what stands after `exec:`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().any(|c| c.is_control()) {
            return Err(
                "words are separated by spaces, and hold nothing that cannot be seen".into()
            );
        }
        let words: Vec<Word> = text.split_whitespace().map(word).collect::<Result<_, _>>()?;
        match words.first() {
            None => Err("name the program".into()),
            Some(Word::Any) => Err("`*` as the program would be any program: name it".into()),
            Some(Word::This(program)) if program.contains('/') && !program.starts_with('/') => {
                Err(format!(
                    "`{program}` depends on the working directory: write the whole path, or only the name"
                ))
            }
            Some(Word::This(_)) => Ok(Self(words)),
        }
    }

    /// Whether this is one of the command lines that the pattern stands for.
    pub(super) fn matches(&self, argv: &[String]) -> bool {
        let fits = |(word, given): (&Word, &String)| match word {
            Word::This(word) => word == given,
            Word::Any => !given.is_empty(),
        };
        self.0.len() == argv.len() && self.0.iter().zip(argv).all(fits)
    }

    /// Whether the pattern stands for all that the other one does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let fits = |(word, other): (&Word, &Word)| *word == Word::Any || word == other;
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(fits)
    }
}

fn word(text: &str) -> Result<Word, String> {
    match text {
        "*" => Ok(Word::Any),
        _ if text.contains('*') => {
            Err(format!("`*` stands for a whole word, and cannot be a part of one: `{text}`"))
        }
        _ if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) => Err(format!(
            "no shell reads this, so quotes are no quotes: `{text}`; words hold no spaces"
        )),
        _ => Ok(Word::This(text.to_owned())),
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            match word {
                Word::This(word) => write!(f, "{space}{word}")?,
                Word::Any => write!(f, "{space}*")?,
            }
        }
        Ok(())
    }
}
