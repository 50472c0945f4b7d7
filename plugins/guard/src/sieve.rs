//! One text, held against all rules at once.

use crate::hidden;
use crate::marker;
use crate::markup;
use crate::phrase::{Phrase, Phrases};
use crate::rule::{Group, Rule, Rules};
use crate::table;

/// A text of so many bytes without a space and with nothing but the letters of Base64 says nothing to a reader.
const ENCODED: usize = 512;

/// What texts are held against.
#[derive(Debug)]
pub(crate) struct Sieve {
    phrases: Phrases,
}

/// What was found in a text.
#[derive(Debug, Default)]
pub(crate) struct Catch {
    pub(crate) rules: Rules,
    hidden: hidden::Found,
}

impl Sieve {
    /// With phrases of the operator's own beside the usual ones.
    pub(crate) fn new(own: Vec<Phrase>) -> Result<Self, String> {
        let mut phrases = table::phrases()?;
        for phrase in own {
            phrases.add(phrase, Rule::Phrase);
        }
        Ok(Self { phrases })
    }

    /// What of `wanted` is in a text.
    pub(crate) fn look(&self, text: &str, wanted: Rules) -> Catch {
        if text.is_empty() || is_encoded(text) {
            return Catch::default();
        }
        let wants = |group: Group| group.rules().any(|rule| wanted.has(rule));
        let mut hidden = hidden::Found::new();
        if wants(Group::Hidden) && !is_plain(text) {
            hidden = hidden::find(text);
            hidden.retain(|(_, rule)| wanted.has(*rule));
        }
        let mut rules = hidden::rules(&hidden);
        if wants(Group::Injection) {
            rules = rules.and(self.phrases.find(text, Rules::all().without(wanted)));
            rules = rules.and(marker::find(text));
            if !text.is_ascii() && table::overrides_without_spaces(text) {
                rules = rules.with(Rule::Override);
            }
        }
        if wants(Group::Markup) {
            rules = rules.and(markup::find(text));
        }
        Catch { rules: rules.common(wanted), hidden }
    }
}

impl Catch {
    /// The text without the hidden characters that these rules found.
    pub(crate) fn strip(&self, text: &str, rules: Rules) -> String {
        hidden::strip(text, &self.hidden, rules)
    }
}

/// Nothing that could be hidden.
fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.contains('\u{1b}')
}

/// A picture or the like.
fn is_encoded(text: &str) -> bool {
    text.len() > ENCODED && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"+/=_-".contains(&c))
}
