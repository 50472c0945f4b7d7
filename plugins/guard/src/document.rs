//! All texts of a document, held against the rules: what was found, where, and what would be left of it.

use std::ops::Range;

use mcpmux_sdk::serde_json::Value;

use crate::config::Actions;
use crate::rule::{Rule, Rules};
use crate::sieve::Sieve;
use crate::strings;

/// A text of which hidden characters are taken out.
#[derive(Debug)]
pub(crate) struct Stripped {
    /// Its place, a JSON Pointer.
    pub(crate) at: String,
    pub(crate) text: String,
    /// Where it stands in the text of the document, with its quotes.
    range: Range<usize>,
}

/// What was found in a document.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) rules: Rules,
    /// Where each rule first found something.
    pub(crate) places: Vec<(Rule, String)>,
    /// Texts without their hidden characters.
    pub(crate) stripped: Vec<Stripped>,
    /// Rules that should have stripped what cannot be changed: the names of members.
    pub(crate) stuck: Rules,
}

impl Findings {
    /// The document with all stripped texts in their places, and all else byte for byte as it was.
    pub(crate) fn rewrite(&self, document: &str) -> String {
        let mut text = String::with_capacity(document.len());
        let mut end = 0;
        for stripped in &self.stripped {
            text.push_str(document.get(end..stripped.range.start).unwrap_or_default());
            text.push_str(&Value::from(stripped.text.as_str()).to_string());
            end = stripped.range.end;
        }
        text.push_str(document.get(end..).unwrap_or_default());
        text
    }

    /// Where and what, for the log.
    pub(crate) fn describe(&self) -> String {
        let one = |(rule, at): &(Rule, String)| match at.as_str() {
            "" => rule.name(),
            at => format!("{} at `{at}`", rule.name()),
        };
        self.places.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Looks at all texts of a document but for these rules.
pub(crate) fn examine(sieve: &Sieve, document: &str, actions: Actions, except: Rules) -> Findings {
    let mut findings = Findings::default();
    let wanted = actions.wanted().without(except);
    if wanted.is_empty() {
        return findings;
    }
    strings::walk(document, &mut |place, found| {
        let text = found.text.as_ref();
        let catch = sieve.look(text, wanted);
        if catch.rules.is_empty() {
            return;
        }
        for rule in catch.rules.without(findings.rules).iter() {
            findings.places.push((rule, place.pointer()));
        }
        findings.rules = findings.rules.and(catch.rules);
        let strips = catch.rules.common(actions.strip);
        if strips.is_empty() {
            return;
        }
        if found.is_key {
            findings.stuck = findings.stuck.and(strips);
        } else {
            let text = catch.strip(text, strips);
            findings.stripped.push(Stripped { at: place.pointer(), text, range: found.range });
        }
    });
    findings
}
