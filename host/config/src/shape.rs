//! Checks a tree against the table of keys: unknown and missing keys, and each value on its own.

mod nearest;
mod value;

use crate::keys::{Absent, Kind, Table};
use crate::mistake::Findings;
use crate::node::{Member, Node, Value};
use crate::section::Section;

pub(crate) use nearest::nearest;
pub(crate) use value::not_kept;

/// Notes everything in which a tree is not what the table says.
pub(crate) fn check(root: &Node, table: &Table, section: &Section, found: &mut Findings<'_>) {
    match &root.value {
        Value::Table(members) => members_of(members, root.at, table, section, found),
        other => {
            found.mistake(root.at, format!("the configuration is {}, not a table", other.kind()))
        }
    }
}

/// Checks the members of a table that starts at `at`.
fn members_of(
    members: &[Member],
    at: usize,
    table: &Table,
    section: &Section,
    found: &mut Findings<'_>,
) {
    let mut meant = Vec::new();
    for member in members {
        match table.key(&member.key) {
            Some(key) => value::check(key, &member.node, section, found),
            None => meant.extend(unknown(member, table, section, found)),
        }
    }
    let there = |name: &str| members.iter().any(|member| member.key == name);
    let missing = |name: &str| !there(name) && !meant.contains(&name);
    for key in table.keys.iter().filter(|key| key.absent == Absent::Mistake && missing(key.name)) {
        let text = format!("missing key `{}` {}", key.name, section.inside());
        found.hinted(at, text, format!("add it, such as {}", section.example(key)));
    }
    if !table.one_of.is_empty() {
        let meant = table.one_of.iter().any(|name| meant.contains(name));
        exactly_one(members, (!meant).then_some(at), table, section, found);
    }
}

/// Says that a key is not known, and returns the one that was probably meant.
fn unknown(
    member: &Member,
    table: &Table,
    section: &Section,
    found: &mut Findings<'_>,
) -> Option<&'static str> {
    let text = format!("unknown key `{}` {}", member.key.escape_debug(), section.inside());
    let near = nearest(&member.key, table.keys.iter().map(|key| key.name));
    match near {
        Some(near) => found.hinted(member.at, text, format!("did you mean `{near}`?")),
        None => {
            let known = list(table.keys.iter().map(|key| key.name), "and");
            found.hinted(member.at, text, format!("known keys are {known}"));
        }
    }
    near
}

/// Checks the keys of which there must be one, and those that go with only some of them. `at` is where to say
/// that there is none.
fn exactly_one(
    members: &[Member],
    at: Option<usize>,
    table: &Table,
    section: &Section,
    found: &mut Findings<'_>,
) {
    let chosen: Vec<&Member> =
        members.iter().filter(|member| table.one_of.contains(&member.key.as_str())).collect();
    let [first, others @ ..] = chosen.as_slice() else {
        if let Some(at) = at {
            let choice = list(table.one_of.iter().copied(), "or");
            found.mistake(at, format!("missing one of {choice} {}", section.inside()));
        }
        return;
    };
    for other in others {
        let text = format!("`{}` contradicts `{}` {}", other.key, first.key, section.inside());
        let choice = list(table.one_of.iter().copied(), "or");
        found.hinted(other.at, text, format!("keep exactly one of {choice}"));
    }
    if !others.is_empty() {
        return;
    }
    for member in members {
        let beside = table.key(&member.key).map_or(&[][..], |key| key.beside);
        if !beside.is_empty() && !beside.contains(&first.key.as_str()) {
            let text = format!(
                "`{}` means nothing beside `{}` {}",
                member.key,
                first.key,
                section.inside()
            );
            found.hinted(
                member.at,
                text,
                format!("it goes with {}", list(beside.iter().copied(), "or")),
            );
        }
    }
}

/// `a`, `b` and `c`.
fn list<'a>(names: impl Iterator<Item = &'a str>, last: &str) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}

/// What a value of a kind is called.
pub(crate) fn called(kind: &Kind) -> String {
    let text = match kind {
        Kind::Text | Kind::Secret => "a string",
        Kind::Path => "a string with a path",
        Kind::Url => "a string with a URL",
        Kind::Address => "a string with an address and a port",
        Kind::Word(words) => return list(words.iter().copied(), "or"),
        Kind::Duration(..) => "a string with a duration",
        Kind::Size(..) => "a size",
        Kind::Count(..) => "a whole number",
        Kind::Bool => "`true` or `false`",
        Kind::List(_) => "a list of strings",
        Kind::Texts | Kind::Secrets => "a table of strings",
        Kind::Table(_) | Kind::Free => "a table",
        Kind::Tables(_) => "a list of tables",
        Kind::Named(_) => "a table of tables",
        Kind::WordOr(words, _) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            return format!("{} or a table", words.join(", "));
        }
    };
    text.to_owned()
}
