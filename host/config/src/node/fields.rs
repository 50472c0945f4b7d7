//! Reading what a table says, silently: the shape check has noted what is missing or of the wrong kind.

use std::time::Duration;

use super::{Member, Node, Text, Value};
use crate::units;

/// The members of one table.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(&'a [Member]);

impl<'a> Fields<'a> {
    /// Those of a node; none if it is no table.
    pub(crate) fn of(node: &'a Node) -> Self {
        Self(node.members())
    }

    pub(crate) fn member(self, key: &str) -> Option<&'a Member> {
        self.0.iter().find(|member| member.key == key)
    }

    /// A string and its place.
    pub(crate) fn text(self, key: &str) -> Option<(usize, &'a Text)> {
        text(&self.member(key)?.node)
    }

    /// The strings of a list.
    pub(crate) fn list(self, key: &str) -> Vec<(usize, &'a Text)> {
        match self.member(key).map(|member| &member.node.value) {
            Some(Value::List(list)) => list.iter().filter_map(text).collect(),
            _ => Vec::new(),
        }
    }

    /// The members of a table of strings.
    pub(crate) fn map(self, key: &str) -> Vec<(&'a Member, &'a Text)> {
        let members = self.member(key).map_or(&[][..], |member| member.node.members());
        members.iter().filter_map(|member| Some((member, text(&member.node)?.1))).collect()
    }

    pub(crate) fn duration(self, key: &str) -> Option<Duration> {
        units::duration(&self.text(key)?.1.full)
    }

    pub(crate) fn bool(self, key: &str) -> Option<bool> {
        match self.member(key)?.node.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The members of a table.
    pub(crate) fn below(self, key: &str) -> Self {
        Self(self.member(key).map_or(&[][..], |member| member.node.members()))
    }

    /// A size in bytes.
    pub(crate) fn size(self, key: &str) -> Option<usize> {
        let bytes = match &self.member(key)?.node.value {
            Value::Text(text) => units::size(&text.full)?,
            Value::Integer(bytes) => u64::try_from(*bytes).ok()?,
            _ => return None,
        };
        usize::try_from(bytes).ok()
    }

    pub(crate) fn count(self, key: &str) -> Option<usize> {
        match self.member(key)?.node.value {
            Value::Integer(count) => usize::try_from(count).ok(),
            _ => None,
        }
    }
}

fn text(node: &Node) -> Option<(usize, &Text)> {
    match &node.value {
        Value::Text(text) => Some((node.at, text)),
        _ => None,
    }
}
