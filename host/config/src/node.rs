//! The text as a tree in which every key and value knows its place; the two formats' parsers are below.

pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod toml;

use mcpmux_core::config::{Secret, SecretPart, SecretText};

/// How deep a tree may be; real ones need five levels.
const DEPTH: usize = 64;

/// A value and the byte at which it starts. It prints nowhere: it may hold a secret.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

/// What both formats can say.
#[derive(Clone)]
pub(crate) enum Value {
    /// Something for which a mistake is noted already; it passes every further check.
    Broken,
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Date(String),
    Text(Text),
    List(Vec<Node>),
    Table(Vec<Member>),
}

/// A string. What was written may be shown, unless its key holds secrets; what it stands for never.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) written: String,
    pub(crate) full: String,
    /// The secrets of the vault that belong into it, each with the byte of `full` before which it stands, in order.
    pub(crate) kept: Vec<(usize, String)>,
}

impl Text {
    /// It as a secret, some of whose parts the vault may keep.
    pub(crate) fn secret(&self) -> SecretText {
        let known = |text: &str| SecretPart::Known(Secret::new(text.to_owned()));
        let (mut parts, mut rest, mut done) = (Vec::new(), self.full.as_str(), 0);
        for (at, name) in &self.kept {
            if let Some((before, after)) = rest.split_at_checked(at - done) {
                parts.extend((!before.is_empty()).then(|| known(before)));
                (rest, done) = (after, *at);
            }
            parts.push(SecretPart::Kept(name.clone()));
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(known(rest));
        }
        SecretText::new(parts)
    }
}

/// A key, the byte at which it starts, and its value.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) at: usize,
    pub(crate) node: Node,
}

impl Node {
    /// The members, if this is a table.
    pub(crate) fn members(&self) -> &[Member] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// The elements, if this is a list.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }
}

impl Value {
    fn text(written: String) -> Self {
        Self::Text(Text { full: written.clone(), written, kept: Vec::new() })
    }

    /// What kind of value this is, with its article.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Broken => "unreadable",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Date(_) => "a date",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Says that a value is nested too deep to be meant.
fn too_deep(at: usize, found: &mut crate::mistake::Findings<'_>) -> Node {
    found.mistake(at, format!("nested more than {DEPTH} levels deep"));
    Node { at, value: Value::Broken }
}
