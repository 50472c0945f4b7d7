//! Puts the values of variables where strings say `${VAR}` or `${VAR:-default}`; `$${` is a literal `${`. Where they say
//! `${secret:NAME}` the place is noted: the vault is read when the value is needed.

use mcpmux_core::names::is_secret_name;

use crate::mistake::Findings;
use crate::node::{Node, Value};
use crate::section::Section;

/// Expands every string below `node`. A string that cannot be expanded is a mistake and becomes broken.
pub(crate) fn expand(
    node: &mut Node,
    section: &Section,
    variable: &dyn Fn(&str) -> Option<String>,
    found: &mut Findings<'_>,
) {
    Expansion { variable, found }.inside(node, "", section);
}

struct Expansion<'v, 'f, 'a> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    found: &'f mut Findings<'a>,
}

impl Expansion<'_, '_, '_> {
    /// Expands a value: `section` is the table it is or stands in, `key` its key there.
    fn inside(&mut self, node: &mut Node, key: &str, section: &Section) {
        match &mut node.value {
            Value::Table(members) => {
                for member in members {
                    let inner = match member.node.value {
                        Value::Table(_) => section.table(&member.key),
                        _ => section.clone(),
                    };
                    self.inside(&mut member.node, &member.key, &inner);
                }
            }
            Value::List(list) => {
                for element in list {
                    let inner = match element.value {
                        Value::Table(_) => section.table(key).element(),
                        _ => section.clone(),
                    };
                    self.inside(element, key, &inner);
                }
            }
            Value::Text(text) => match replace(&text.written, self.variable) {
                Ok((full, kept)) => (text.full, text.kept) = (full, kept),
                Err(Wrong { text, hint }) => {
                    let key = key.escape_debug();
                    self.found.hinted(
                        node.at,
                        format!("`{key}` {} {text}", section.inside()),
                        hint,
                    );
                    node.value = Value::Broken;
                }
            },
            _ => {}
        }
    }
}

struct Wrong {
    text: String,
    hint: String,
}

/// What is known of the text, and the secrets of the vault that belong into it, each with its place.
type Replaced = (String, Vec<(usize, String)>);

fn replace(written: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Replaced, Wrong> {
    let mut full = String::with_capacity(written.len());
    let mut kept = Vec::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            full.push_str(before);
            full.push_str("${");
            rest = after;
            continue;
        }
        full.push_str(before);
        let (inner, after) = after.split_once('}').ok_or_else(|| Wrong {
            text: "has a `${` without its `}`".to_owned(),
            hint: "write `${NAME}`, or `$${` for a literal `${`".to_owned(),
        })?;
        match inner.strip_prefix("secret:") {
            Some(name) => kept.push((full.len(), secret(name)?)),
            None => full.push_str(&value(inner, variable)?),
        }
        rest = after;
    }
    full.push_str(rest);
    Ok((full, kept))
}

/// The name of a secret of the vault.
fn secret(name: &str) -> Result<String, Wrong> {
    if is_secret_name(name) {
        return Ok(name.to_owned());
    }
    Err(Wrong {
        text: "holds a `${secret:..}` that cannot be the name of a secret".to_owned(),
        hint: "a name has 1 to 64 letters, digits, `_`, `.` and `-`, such as `${secret:github}`"
            .to_owned(),
    })
}

fn value(inner: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, Wrong> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !name.starts_with(starts) || !name.chars().all(allowed) || inner.contains("${") {
        return Err(Wrong {
            text: "holds a `${..}` that names no variable".to_owned(),
            hint: "write `${NAME}` or `${NAME:-default}`, or `$${` for a literal `${`".to_owned(),
        });
    }
    let set = variable(name);
    match (set, default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Wrong {
            text: format!("needs the variable `{name}`, which is not set"),
            hint: format!("set `{name}` where mcpmux starts, or write `${{{name}:-default}}`"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: Option<&str>) {
        let variable = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "EMPTY" => Some(String::new()),
            "NESTED" => Some("${A}".to_owned()),
            _ => None,
        };
        let full = replace(written, &variable).ok().map(|(full, _)| full);
        assert_eq!(full.as_deref(), expected, "{written}");
    }

    #[test]
    fn variables_and_their_defaults() {
        check("x${A}y${A}", Some("x1y1"));
        check("${EMPTY}", Some(""));
        check("${EMPTY:-d}", Some("d"));
        check("${NONE:-a:-b}", Some("a:-b"));
        check("${NONE:-}", Some(""));
        check("${NESTED}", Some("${A}"));
    }

    #[test]
    fn secrets_of_the_vault_stay_where_they_belong() {
        let replaced = |written| replace(written, &|_| Some("é${secret:x}".to_owned())).ok();
        let kept = |at: usize, name: &str| (at, name.to_owned());
        let twice = replaced("${secret:a-1}b${secret:C.d_2}");
        assert_eq!(twice, Some(("b".to_owned(), vec![kept(0, "a-1"), kept(1, "C.d_2")])));
        let value = replaced("${A}${secret:a}");
        assert_eq!(value, Some(("é${secret:x}".to_owned(), vec![kept(13, "a")])));
        assert_eq!(replaced("$${secret:a}"), Some(("${secret:a}".to_owned(), Vec::new())));
        for wrong in
            ["${secret:}", "${secret:a b}", "${secret:a", "${secret:../a}", "${secret:${A}}"]
        {
            assert_eq!(replaced(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_variable_is_literal_or_a_mistake() {
        check("$A $ {A} }", Some("$A $ {A} }"));
        check("$${A} ${A}", Some("${A} 1"));
        check("$$${A}", Some("$${A}"));
        for wrong in ["${NONE}", "${", "${A", "${}", "${1A}", "${env:A}", "${NONE:-${A}}"] {
            check(wrong, None);
        }
    }
}
