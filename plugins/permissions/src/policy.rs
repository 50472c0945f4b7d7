//! All rules together: what they say of a call, and whether an entry could be used at all.

use mcpmux_plugin_rules::{Mistakes, Name, Reach, Table};
use mcpmux_sdk::serde_json::{Map, Value};
use mcpmux_sdk::{Client, Kind, Method, Obligations, Result};

use crate::question::{Remember, Template};
use crate::rule::{Effect, Rule, Word};

/// The rules, in order, and what holds where none speaks.
#[derive(Debug)]
pub(crate) struct Policy {
    rules: Vec<Rule>,
    first_match: bool,
    /// Whether what no rule is about is allowed.
    default: bool,
}

/// What is judged: a call, or all calls of an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) client: &'a Client,
    pub(crate) backend: &'a str,
    /// All readings of its name; none if nobody can say how it is read.
    pub(crate) names: &'a [Name],
    pub(crate) method: Method,
    /// The methods that it is only a part of: who may not use those has no use for it, and who may needs it.
    pub(crate) bases: &'static [Method],
    /// Whether there are no arguments yet; what could be allowed with some then is.
    pub(crate) could_be: bool,
}

/// What the rules say.
#[derive(Debug)]
pub(crate) enum Judgement<'p> {
    Allow(Obligations),
    /// By this rule, or because there is none.
    Deny(Option<&'p Rule>),
    Ask(&'p Rule, &'p Template, Option<&'p Remember>),
}

impl Policy {
    /// Reads the configuration.
    ///
    /// # Errors
    /// All its mistakes.
    pub(crate) fn new(config: Map<String, Value>) -> Result<Self> {
        let mut mistakes = Mistakes::default();
        let is_empty = config.is_empty();
        let mut table = Table::whole(config);
        let word = |text: &str| match text {
            "allow" => Ok(true),
            "deny" => Ok(false),
            _ => Err(format!("`{text}` is neither `allow` nor `deny`")),
        };
        let default = table.checked("default", word, &mut mistakes);
        let first_match = table.take("first_match", &mut mistakes).unwrap_or_default();
        let mut rules = Vec::new();
        for (word, key) in [(Word::Deny, "deny"), (Word::Ask, "ask"), (Word::Allow, "allow")] {
            if first_match && table.has(key) {
                mistakes
                    .add(key, "has no place in an order; with `first_match` write all as `rules`");
            }
            rules.extend(table.list(key, |text| Rule::simple(word, text), &mut mistakes));
        }
        for rule in table.tables("rules", &mut mistakes) {
            rules.extend(Rule::read(rule, &mut mistakes));
        }
        table.end(&mut mistakes);
        if is_empty {
            let why =
                "there is nothing to decide; give `deny`, `allow`, `ask`, `rules` or `default`";
            mistakes.add("", why);
        }
        let obliges = rules.iter().find(|rule| !first_match && rule.obliges());
        if let Some(rule) = obliges.filter(|_| rules.iter().any(|rule| rule.word() == Word::Ask)) {
            mistakes.add(
                &rule.at,
                "a call that a person is asked about can keep no `redact`, `max_bytes` or `timeout`; put the rules \
                 that ask into a second plugin of this kind, or say with `first_match` which rule decides",
            );
        }
        let allows = rules.iter().any(|rule| rule.word() == Word::Allow);
        let default = default.unwrap_or(!allows);
        mistakes.or(Some(Self { rules, first_match, default }))
    }

    /// The pointers that have to be read to judge this.
    pub(crate) fn reads(&self, asked: Asked<'_>) -> Vec<&str> {
        let mut pointers: Vec<&str> = Vec::new();
        for rule in self.rules.iter().filter(|rule| !rule.conditions.is_empty()) {
            if !Self::is_by_itself(rule, asked) || Self::about(rule, asked) == Reach::None {
                continue;
            }
            for condition in &rule.conditions {
                if !pointers.contains(&condition.at.as_str()) {
                    pointers.push(&condition.at);
                }
            }
        }
        pointers
    }

    /// What the rules say; `read` gives what is at a pointer of the arguments.
    pub(crate) fn judge<'v>(
        &self,
        asked: Asked<'_>,
        read: impl Fn(&str) -> Option<&'v Value> + Copy,
    ) -> Judgement<'_> {
        let mut denies = None;
        let mut asks = None;
        let mut allows: Option<Obligations> = None;
        for rule in &self.rules {
            let by_itself = Self::is_by_itself(rule, asked);
            let mut reach = Self::about(rule, asked);
            if reach != Reach::None && !rule.conditions.is_empty() {
                reach = if by_itself { reach.min(rule.meets(read)) } else { Reach::Some };
            }
            match (&rule.effect, reach) {
                (_, Reach::None) | (Effect::Deny, Reach::Some) => continue,
                (Effect::Deny, Reach::All) => {
                    if !self.first_match || allows.is_none() {
                        denies = denies.or(Some(rule));
                    }
                }
                (Effect::Ask(template, remember), Reach::All) if by_itself => {
                    asks = asks.or(Some((rule, template, remember.as_ref())));
                }
                // The entry's own call is asked about.
                (Effect::Ask(..), _) => allows = Some(allows.unwrap_or_default()),
                (Effect::Allow(obligations), _) => {
                    allows = Some(merge(allows.unwrap_or_default(), obligations));
                }
            }
            if self.first_match && reach == Reach::All {
                break;
            }
        }
        match (denies, asks, allows) {
            (Some(rule), ..) => Judgement::Deny(Some(rule)),
            (None, Some((rule, template, remember)), _) => Judgement::Ask(rule, template, remember),
            (None, None, Some(obligations)) => Judgement::Allow(obligations),
            (None, None, None) if self.default => Judgement::Allow(Obligations::default()),
            (None, None, None) => Judgement::Deny(None),
        }
    }

    /// Whether some use of an entry could be allowed, if only after a question.
    pub(crate) fn lists(&self, client: &Client, kind: Kind, backend: &str, name: &str) -> bool {
        let (name, methods) = match kind {
            Kind::Tool => (Name::exact(name), &[Method::ToolsCall][..]),
            Kind::Prompt => (Name::exact(name), &[Method::PromptsGet][..]),
            Kind::Resource => (Name::exact(name), &[Method::ResourcesRead, Method::Subscribe][..]),
            Kind::Template => {
                (Name::template(name), &[Method::ResourcesRead, Method::Subscribe][..])
            }
        };
        methods.iter().any(|method| {
            let names = std::slice::from_ref(&name);
            let asked =
                Asked { client, backend, names, method: *method, bases: &[], could_be: true };
            !matches!(self.judge(asked, |_| None), Judgement::Deny(_))
        })
    }

    /// How much of what is asked a rule is about, its conditions aside. A name that can be read in several ways
    /// counts against the call: one way is enough to deny, and all are needed to allow.
    fn about(rule: &Rule, asked: Asked<'_>) -> Reach {
        let subject = &rule.subject;
        if !subject.has(asked.method, asked.bases) || !subject.is_about(asked.client) {
            return Reach::None;
        }
        let reaches = asked.names.iter().map(|name| subject.reach(asked.backend, name));
        let (least, most) = reaches.fold((None, None), |(least, most), reach| {
            (Some(least.map_or(reach, |least| reach.min(least))), most.max(Some(reach)))
        });
        match (least, most, rule.word()) {
            (Some(least), _, Word::Allow) => least,
            (_, Some(most), _) => most,
            (_, _, word) => match (subject.reach(asked.backend, &Name::open()), word) {
                (Reach::Some, Word::Allow) => Reach::None,
                (Reach::Some, _) => Reach::All,
                (reach, _) => reach,
            },
        }
    }

    /// Whether a rule is about this very call, and not about one that comes before or after it.
    fn is_by_itself(rule: &Rule, asked: Asked<'_>) -> bool {
        !asked.could_be && (asked.bases.is_empty() || rule.subject.names(asked.method))
    }
}

/// What keeps to both.
fn merge(mut both: Obligations, other: &Obligations) -> Obligations {
    for at in &other.redact {
        if !both.redact.contains(at) {
            both.redact.push(at.clone());
        }
    }
    both.max_bytes = both.max_bytes.into_iter().chain(other.max_bytes).min();
    both.timeout = both.timeout.into_iter().chain(other.timeout).min();
    both
}
