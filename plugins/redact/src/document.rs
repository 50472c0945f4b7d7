//! A JSON text from end to end: every string of it is looked through where it stands, and what is found is cut out of
//! the text. No tree is built, and all other bytes stay as they are.

mod strings;
mod unescape;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::bytes::part;
use crate::kind::Kind;
use crate::rules::Rules;
use crate::scan::{Findings, Manner, is_assigned, scan};
use strings::{Found, Place, strings};
use unescape::Unescaped;

/// How many values that stood beside a telling word are looked for in the rest of the document.
const MOST_REPEATS: usize = 16;
/// The shortest of them.
const LEAST_REPEAT: usize = 6;

/// A document without what was found in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Redacted {
    pub(crate) text: String,
    /// How many of each kind.
    pub(crate) counts: BTreeMap<Kind, usize>,
}

/// Looks through a document; `None`: nothing was found.
pub(crate) fn redact(text: &str, rules: &Rules) -> Option<Redacted> {
    let mut pass = Pass::new(text, rules);
    pass.run();
    if pass.edits.is_empty() {
        return None;
    }
    if !pass.repeats.is_empty() {
        // What was found once by what stood beside it is hidden where it stands alone, too.
        let mut again = Pass::new(text, rules);
        again.needles = std::mem::take(&mut pass.repeats);
        again.run();
        pass = again;
    }
    Some(pass.apply())
}

/// One replacement.
#[derive(Debug)]
struct Edit {
    start: usize,
    end: usize,
    kind: Kind,
    with: String,
}

/// A walk over the strings of a document.
struct Pass<'a> {
    text: &'a str,
    rules: &'a Rules,
    edits: Vec<Edit>,
    /// Values to find again.
    repeats: Vec<(String, Kind)>,
    /// Values to find wherever they stand.
    needles: Vec<(String, Kind)>,
    /// Names of members that were replaced, by kind and in order, so that they stay apart.
    names: BTreeMap<Kind, BTreeMap<String, usize>>,
    findings: Findings,
}

impl<'a> Pass<'a> {
    fn new(text: &'a str, rules: &'a Rules) -> Self {
        Self {
            text,
            rules,
            edits: Vec::new(),
            repeats: Vec::new(),
            needles: Vec::new(),
            names: BTreeMap::new(),
            findings: Findings::new(rules.kinds),
        }
    }

    fn run(&mut self) {
        let text = self.text;
        strings(text.as_bytes(), &mut |found| self.string(&found));
        self.edits.sort_by_key(|edit| edit.start);
        self.edits.dedup_by(|next, last| next.start < last.end);
    }

    /// Looks through one string.
    fn string(&mut self, found: &Found) {
        let Some(raw) = self.text.get(found.start..found.end) else { return };
        if raw.len() < self.rules.shortest {
            return;
        }
        let unescaped = found.is_escaped.then(|| Unescaped::new(raw));
        let text = unescaped.as_ref().map_or(raw, Unescaped::text);
        scan(text.as_bytes(), &mut self.findings);
        if let Place::Value { name: Some((start, end)) } = found.place {
            self.member(start, end, text);
        }
        self.rules.patterns.find(text, &mut self.findings);
        for (needle, kind) in &self.needles {
            for (start, hit) in text.match_indices(needle.as_str()) {
                self.findings.list.push(crate::scan::Finding {
                    start,
                    end: start + hit.len(),
                    kind: *kind,
                });
            }
        }
        if self.findings.list.is_empty() {
            return;
        }
        self.findings.settle();
        for finding in std::mem::take(&mut self.findings.list) {
            let Some(value) = text.get(finding.start..finding.end) else { continue };
            if self.rules.allow.allows(value) {
                continue;
            }
            let with = match found.place {
                Place::Name => name(&mut self.names, self.rules, finding.kind, value),
                Place::Value { .. } => self.rules.mask.replacement(self.rules, finding.kind, value),
            };
            let is_new = !self.repeats.iter().any(|(known, _)| known == value);
            if finding.kind.is_by_context()
                && is_new
                && value.len() >= LEAST_REPEAT
                && self.repeats.len() < MOST_REPEATS
            {
                self.repeats.push((value.to_owned(), finding.kind));
            }
            let place = |at| unescaped.as_ref().map_or(at, |text| text.place(at));
            self.edits.push(Edit {
                start: found.start + place(finding.start),
                end: found.start + place(finding.end),
                kind: finding.kind,
                with,
            });
        }
    }

    /// Looks at a value as what a member of this name holds.
    fn member(&mut self, start: usize, end: usize, value: &str) {
        let name = part(self.text.as_bytes(), start, end);
        let unescaped =
            name.contains(&b'\\').then(|| self.text.get(start..end).map(Unescaped::new));
        let name =
            unescaped.as_ref().and_then(Option::as_ref).map_or(name, |name| name.text().as_bytes());
        if let Some((start, kind)) = is_assigned(name, value.as_bytes(), Manner::Quoted) {
            self.findings.add(kind, start, value.len());
        }
    }

    fn apply(self) -> Redacted {
        let mut text = String::with_capacity(self.text.len());
        let mut counts = BTreeMap::new();
        let mut at = 0;
        for edit in &self.edits {
            text.push_str(self.text.get(at..edit.start).unwrap_or_default());
            text.push_str(&edit.with);
            at = edit.end;
            *counts.entry(edit.kind).or_default() += 1;
        }
        text.push_str(self.text.get(at..).unwrap_or_default());
        Redacted { text, counts }
    }
}

/// What stands in the place of a member's name, different for different ones.
fn name(
    names: &mut BTreeMap<Kind, BTreeMap<String, usize>>,
    rules: &Rules,
    kind: Kind,
    value: &str,
) -> String {
    let with = rules.mask.replacement(rules, kind, value);
    let names = names.entry(kind).or_default();
    let next = names.len() + 1;
    let number = *names.entry(value.to_owned()).or_insert(next);
    if number == 1 { with } else { format!("{with}-{number}") }
}
