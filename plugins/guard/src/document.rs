//! All texts of a document, held against the rules: what was found, where, and what would be left of it.

use crate::config::Actions;
use crate::rule::{Rule, Rules};
use crate::sieve::Sieve;
use crate::strings;

/// What was found in a document.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) rules: Rules,
    /// Where each rule first found something.
    pub(crate) places: Vec<(Rule, String)>,
    /// Texts without their hidden characters, by JSON Pointer.
    pub(crate) stripped: Vec<(String, String)>,
    /// Rules that should have stripped what cannot be changed: the names of members.
    pub(crate) stuck: Rules,
}

impl Findings {
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
        } else if found.is_key {
            findings.stuck = findings.stuck.and(strips);
        } else {
            findings.stripped.push((place.pointer(), catch.strip(text, strips)));
        }
    });
    findings
}
