//! One rule: what it is about, under which conditions, and what it says.

use std::time::Duration;

use mcpmux_plugin_rules::{Mistakes, Pattern, Reach, Table, pointer, units};
use mcpmux_sdk::Obligations;
use mcpmux_sdk::serde_json::Value;

use crate::condition::Condition;
use crate::question::{For, Remember, Template};
use crate::subject::Subject;
use crate::truth::Truth;

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Where it stands in the configuration: `rules[2]`.
    pub(crate) at: String,
    /// All that it says, as it is written: a yes is remembered for this and no other rule.
    pub(crate) text: String,
    pub(crate) subject: Subject,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) effect: Effect,
    /// What the client reads in place of the usual.
    pub(crate) message: Option<String>,
    pub(crate) code: Option<String>,
}

/// What a rule says.
#[derive(Debug)]
pub(crate) enum Effect {
    Allow(Obligations),
    Deny,
    Ask(Template, Option<Remember>),
}

/// What a rule says, before what belongs to it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Allow,
    Deny,
    Ask,
}

impl Word {
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Ask => "ask",
        }
    }
}

impl Rule {
    /// One pattern of the list `deny`, `ask` or `allow`.
    pub(crate) fn simple(word: Word, text: &str) -> Result<Self, String> {
        let effect = match word {
            Word::Allow => Effect::Allow(Obligations::default()),
            Word::Deny => Effect::Deny,
            Word::Ask => Effect::Ask(Template::default(), None),
        };
        Ok(Self {
            at: format!("{} `{text}`", word.key()),
            text: text.to_owned(),
            subject: Subject::entry(Pattern::new(text)?),
            conditions: Vec::new(),
            effect,
            message: None,
            code: None,
        })
    }

    /// Reads a table of `rules`.
    pub(crate) fn read(mut table: Table, mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.count();
        let text = table.text();
        if !table.has("effect") {
            mistakes.add(table.place(), "missing key `effect`: `allow`, `deny` or `ask`");
        }
        let word = |text: &str| match text {
            "allow" => Ok(Word::Allow),
            "deny" => Ok(Word::Deny),
            "ask" => Ok(Word::Ask),
            _ => Err(format!("`{text}` is none of `allow`, `deny`, `ask`")),
        };
        let word = table.checked("effect", word, mistakes);
        let subject = Subject::read(&mut table, mistakes);
        let conditions = table.tables("arguments", mistakes);
        let conditions = conditions
            .into_iter()
            .filter_map(|condition| Condition::read(condition, mistakes))
            .collect();
        if let Some(word) = word {
            misplaced(&table, word, mistakes);
        }
        let template = table.checked("question", Template::new, mistakes);
        let remember = remember(&mut table, mistakes);
        let obligations = obligations(&mut table, mistakes);
        let message = table.checked("message", filled, mistakes);
        let code = table.checked("code", code, mistakes);
        let at = table.place().to_owned();
        table.end(mistakes);
        if mistakes.count() > before {
            return None;
        }
        let effect = match word? {
            Word::Allow => Effect::Allow(obligations),
            Word::Deny => Effect::Deny,
            Word::Ask => Effect::Ask(template.unwrap_or_default(), remember),
        };
        Some(Self { at, text, subject, conditions, effect, message, code })
    }

    pub(crate) const fn word(&self) -> Word {
        match self.effect {
            Effect::Allow(_) => Word::Allow,
            Effect::Deny => Word::Deny,
            Effect::Ask(..) => Word::Ask,
        }
    }

    /// Whether what is read of the arguments meets the conditions. What cannot be judged counts against the call:
    /// it meets the conditions of a rule that denies or asks, and not of one that allows.
    pub(crate) fn meets<'v>(&self, read: impl Fn(&str) -> Option<&'v Value>) -> Reach {
        let truths = self.conditions.iter().map(|condition| condition.holds(read(&condition.at)));
        match Truth::all(truths) {
            Truth::Yes => Reach::All,
            Truth::No => Reach::None,
            Truth::Unknown if self.word() == Word::Allow => Reach::None,
            Truth::Unknown => Reach::All,
        }
    }

    /// Whether it obliges to anything.
    pub(crate) fn obliges(&self) -> bool {
        let none = |obligations: &Obligations| {
            obligations.redact.is_empty()
                && obligations.max_bytes.is_none()
                && obligations.timeout.is_none()
        };
        matches!(&self.effect, Effect::Allow(obligations) if !none(obligations))
    }
}

/// Reports the keys that a rule of this effect has no use for.
fn misplaced(table: &Table, word: Word, mistakes: &mut Mistakes) {
    let uses = [
        (Word::Allow, &["redact", "max_bytes", "timeout"][..], "belongs to rules that allow"),
        (Word::Deny, &["message", "code"], "belongs to rules that deny"),
        (Word::Ask, &["question", "remember", "remember_for"], "belongs to rules that ask"),
    ];
    for (owner, keys, why) in uses {
        for key in keys.iter().filter(|key| owner != word && table.has(key)) {
            mistakes.add(&table.at(key), why);
        }
    }
}

fn filled(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn code(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is no code; write letters, digits, `.` and `-`, as in `policy.read-only`"
    ))
}

fn remember(table: &mut Table, mistakes: &mut Mistakes) -> Option<Remember> {
    let time = |text: &str| match units::duration(text)? {
        Duration::ZERO => Err("is no time; leave the key out to ask each time".to_owned()),
        time if time.as_millis() > u128::from(u32::MAX) => {
            Err("is longer than the 49 days that a yes can be remembered".to_owned())
        }
        time => Ok(time),
    };
    let given = table.has("remember");
    let time = table.checked("remember", time, mistakes);
    let what = |text: &str| match text {
        "call" => Ok(For::Call),
        "entry" => Ok(For::Entry),
        "rule" => Ok(For::Rule),
        _ => Err(format!("`{text}` is none of `call`, `entry`, `rule`")),
    };
    let what = table.checked("remember_for", what, mistakes);
    if what.is_some() && !given {
        mistakes.add(&table.at("remember_for"), "has no effect without `remember`");
    }
    Some(Remember { time: time?, what: what.unwrap_or(For::Call) })
}

fn obligations(table: &mut Table, mistakes: &mut Mistakes) -> Obligations {
    let redact = |at: &str| match at {
        "" => Err("would take the whole result; deny the call instead".to_owned()),
        at => pointer::check(at).map(|()| at.to_owned()),
    };
    let redact = table.list("redact", redact, mistakes);
    let at = table.at("max_bytes");
    let bytes = match table.take::<Value>("max_bytes", mistakes) {
        None => None,
        Some(Value::String(text)) => mistakes.keep(&at, units::size(&text)),
        Some(value) => {
            let number =
                value.as_u64().ok_or_else(|| "is a size: `64KiB`, or a number of bytes".to_owned());
            mistakes.keep(&at, number)
        }
    };
    let fits =
        |bytes| u32::try_from(bytes).map_err(|_| "is more than any result may have".to_owned());
    let max_bytes = bytes.and_then(|bytes| mistakes.keep(&at, fits(bytes)));
    let timeout = |text: &str| match units::duration(text)? {
        time if time.is_zero() || time.as_millis() > u128::from(u32::MAX) => {
            Err("lies between `1ms` and 49 days".to_owned())
        }
        time => Ok(time),
    };
    Obligations { redact, max_bytes, timeout: table.checked("timeout", timeout, mistakes) }
}
