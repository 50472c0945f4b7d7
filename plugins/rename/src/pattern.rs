//! What a rule matches: every kind becomes a regular expression over the whole name.

use regex_lite::{Captures, Regex, escape};

/// A name as a rule describes it.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// This name.
    pub(crate) fn exact(name: &str) -> Result<Self, String> {
        Self::whole(&escape(name))
    }

    /// `*` stands for any characters, and is a group; `?` stands for one.
    pub(crate) fn glob(glob: &str) -> Result<Self, String> {
        let mut pattern = String::from("(?s:");
        for c in glob.chars() {
            match c {
                '*' => pattern.push_str("(.*?)"),
                '?' => pattern.push('.'),
                c => pattern.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        pattern.push(')');
        Self::whole(&pattern)
    }

    /// A regular expression that matches the whole name.
    pub(crate) fn regex(regex: &str) -> Result<Self, String> {
        Regex::new(regex).map_err(|error| error.to_string())?;
        Self::whole(regex)
    }

    /// A name that starts so and goes on; what follows is group 1.
    pub(crate) fn prefix(prefix: &str) -> Result<Self, String> {
        Self::whole(&format!("{}((?s:.+))", escape(prefix)))
    }

    /// The groups, if the name matches.
    pub(crate) fn groups<'n>(&self, name: &'n str) -> Option<Captures<'n>> {
        self.0.captures(name)
    }

    /// Whether the name matches.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }

    /// The number of the last group; group 0 is the whole name.
    pub(crate) fn last_group(&self) -> usize {
        self.0.captures_len().saturating_sub(1)
    }

    /// The number of the group of this name.
    pub(crate) fn group_named(&self, name: &str) -> Option<usize> {
        self.0.capture_names().position(|group| group == Some(name))
    }

    fn whole(pattern: &str) -> Result<Self, String> {
        let regex = Regex::new(&format!(r"\A(?:{pattern})\z"));
        regex.map(Self).map_err(|error| error.to_string())
    }
}
