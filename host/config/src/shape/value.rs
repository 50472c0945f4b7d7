//! Checks one value against its kind; what several keys say about each other is `build`'s.

use std::net::SocketAddr;

use super::{called, list, members_of, nearest};
use crate::keys::{Key, Kind};
use crate::mistake::Findings;
use crate::node::{Node, Text, Value};
use crate::section::Section;
use crate::{units, url};

/// Notes what is wrong with the value of a key.
pub(super) fn check(key: &Key, node: &Node, section: &Section, found: &mut Findings<'_>) {
    let inner = || section.table(key.name);
    if !matches!(key.kind, Kind::Secret) && not_kept(node, found) {
        return;
    }
    match (&key.kind, &node.value) {
        (_, Value::Broken)
        | (Kind::Text | Kind::Secret, Value::Text(_))
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Free, Value::Table(_)) => {}
        (Kind::Path, Value::Text(text)) => path(key, text, node.at, found),
        (Kind::Url, Value::Text(text)) => {
            if let Err((why, hint)) = url::endpoint(&text.full) {
                found.hinted(node.at, format!("`{}` {why}", key.name), hint);
            }
        }
        (Kind::Address, Value::Text(text)) => {
            if text.full.parse::<SocketAddr>().is_err() {
                let text = format!("`{}` is no address and port: {}", key.name, quoted(text));
                found.hinted(node.at, text, example(key, section));
            }
        }
        (Kind::Word(words), Value::Text(text)) => word(key, words, text, node.at, found),
        (Kind::WordOr(words, _), Value::Text(text)) => {
            // What stands here may be a token that belongs into the table, so it is not shown.
            if !words.contains(&text.full.as_str()) {
                let known = list(words.iter().copied(), "and");
                let text = format!("`{}` is a string other than {known}", key.name);
                found.hinted(node.at, text, example(key, section));
            }
        }
        (Kind::Duration(..), Value::Text(_))
        | (Kind::Size(..), Value::Text(_) | Value::Integer(_)) => {
            measure(key, node, found);
        }
        (Kind::Count(least, most), Value::Integer(count)) => {
            if !(*least..=*most).contains(count) {
                found.mistake(node.at, format!("`{}` must be from {least} to {most}", key.name));
            }
        }
        (Kind::List(least), Value::List(elements)) => {
            if elements.len() < *least {
                found.hinted(node.at, format!("`{}` is empty", key.name), example(key, section));
            }
            for element in elements {
                not_kept(element, found);
                string(key.name, element, section, found);
            }
        }
        (Kind::Texts | Kind::Secrets, Value::Table(members)) => {
            for member in members {
                if matches!(key.kind, Kind::Texts) {
                    not_kept(&member.node, found);
                }
                string(&member.key, &member.node, &inner(), found);
            }
        }
        (Kind::Table(table) | Kind::WordOr(_, table), Value::Table(members)) => {
            members_of(members, node.at, table, &inner(), found);
        }
        (Kind::Tables(table), Value::List(elements)) => {
            for element in elements {
                match &element.value {
                    Value::Table(members) => {
                        members_of(members, element.at, table, &inner().element(), found);
                    }
                    _ => wrong_kind(key, element, section, found),
                }
            }
        }
        (Kind::Named(table), Value::Table(members)) => {
            for member in members {
                match &member.node.value {
                    Value::Table(below) => {
                        members_of(below, member.at, table, &inner().table(&member.key), found);
                    }
                    Value::Broken => {}
                    other => {
                        let name = member.key.escape_debug();
                        let text = format!(
                            "`{name}` {} is {}, not a table",
                            inner().inside(),
                            other.kind()
                        );
                        found.hinted(member.node.at, text, example(key, section));
                    }
                }
            }
        }
        _ => wrong_kind(key, node, section, found),
    }
}

fn wrong_kind(key: &Key, node: &Node, section: &Section, found: &mut Findings<'_>) {
    if !matches!(node.value, Value::Broken) {
        let (name, is, wanted) = (key.name, node.value.kind(), called(&key.kind));
        found.hinted(
            node.at,
            format!("`{name}` {} is {is}, not {wanted}", section.inside()),
            example(key, section),
        );
    }
}

/// Says that no secret of the vault can stand here; whether one does.
pub(crate) fn not_kept(node: &Node, found: &mut Findings<'_>) -> bool {
    let is_kept = matches!(&node.value, Value::Text(text) if !text.kept.is_empty());
    if is_kept {
        found.settled(
            node.at,
            "a secret of the vault cannot stand here: it is read when a backend is connected to, not before",
            "secrets can stand in a backend's `env` and `headers`, and in a token, value or client secret of its `auth`",
        );
    }
    is_kept
}

/// Checks an element of a list or table of strings.
fn string(key: &str, node: &Node, section: &Section, found: &mut Findings<'_>) {
    if !matches!(node.value, Value::Text(_) | Value::Broken) {
        let (key, is) = (key.escape_debug(), node.value.kind());
        let text = format!("`{key}` {} holds {is} where a string belongs", section.inside());
        found.hinted(node.at, text, "put it in quotes");
    }
}

fn path(key: &Key, text: &Text, at: usize, found: &mut Findings<'_>) {
    if text.full.is_empty() {
        found.mistake(at, format!("`{}` is empty", key.name));
    } else if text.full.contains('\0') {
        found.mistake(at, format!("`{}` holds a zero byte", key.name));
    } else if text.full == "~" || text.full.starts_with("~/") {
        found.hinted(
            at,
            format!("`{}` starts with `~`, which only a shell reads", key.name),
            "write `${HOME}`",
        );
    }
}

fn word(key: &Key, words: &[&str], text: &Text, at: usize, found: &mut Findings<'_>) {
    if words.contains(&text.full.as_str()) {
        return;
    }
    let wanted = called(&key.kind);
    let text_is = format!("`{}` is {}, not {wanted}", key.name, quoted(text));
    match nearest(&text.written, words.iter().copied()) {
        Some(near) => found.hinted(at, text_is, format!("did you mean `{near}`?")),
        None => {
            found.hinted(at, text_is, format!("known is {}", list(words.iter().copied(), "and")))
        }
    }
}

/// Checks that a duration or size can be read and lies within its bounds.
fn measure(key: &Key, node: &Node, found: &mut Findings<'_>) {
    let (fits, least, most, hint) = match (&key.kind, &node.value) {
        (Kind::Duration(least, most), Value::Text(text)) => (
            units::duration(&text.full).map(|time| (*least..=*most).contains(&time)),
            units::show_duration(*least),
            units::show_duration(*most),
            "a duration is a whole number and `ms`, `s`, `m` or `h`, such as `\"30s\"`",
        ),
        (Kind::Size(least, most), value) => {
            let bytes = match value {
                Value::Text(text) => units::size(&text.full),
                Value::Integer(bytes) => Some(u64::try_from(*bytes).unwrap_or(0)),
                _ => None,
            };
            (
                bytes.map(|bytes| (*least..=*most).contains(&bytes)),
                units::show_size(*least),
                units::show_size(*most),
                "a size is a number of bytes, or a whole number and `B`, `KiB`, `MiB` or `GiB`, such as `\"4MiB\"`",
            )
        }
        _ => return,
    };
    match (fits, &node.value) {
        (Some(true), _) => {}
        (Some(false), _) => {
            found.mistake(node.at, format!("`{}` must be from {least} to {most}", key.name));
        }
        (None, Value::Text(text)) => {
            found.hinted(node.at, format!("`{}` cannot be read: {}", key.name, quoted(text)), hint);
        }
        (None, _) => {}
    }
}

/// A string as it was written, for a message.
fn quoted(text: &Text) -> String {
    format!("`{}`", text.written.escape_debug())
}

fn example(key: &Key, section: &Section) -> String {
    format!("write it like {}", section.example(key))
}
