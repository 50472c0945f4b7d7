//! What is sent to an endpoint: nothing, JSON, or a form.

use mcpmux_plugin_rules::{Mistakes, Table};
use mcpmux_sdk::serde_json::{Map, Value};
use mcpmux_sdk::{Problem, http};

use crate::template::{Filling, Template};

/// A body, its texts not yet filled in.
#[derive(Debug)]
pub(crate) enum Body {
    Nothing,
    Json(Node),
    Form(Vec<(String, Template)>),
}

/// A JSON value of which the texts are templates.
#[derive(Debug)]
pub(crate) enum Node {
    Text(Template),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
    Other(Value),
}

impl Body {
    /// Takes `json` or `form`.
    pub(crate) fn read(table: &mut Table, mistakes: &mut Mistakes) -> Self {
        let (json_at, form_at) = (table.at("json"), table.at("form"));
        let json = table.take::<Value>("json", mistakes);
        let form = table.take::<Map<String, Value>>("form", mistakes);
        match (json, form) {
            (None, None) => Self::Nothing,
            (Some(json), None) => {
                Node::read(&json_at, json, mistakes).map_or(Self::Nothing, Self::Json)
            }
            (None, Some(form)) => Self::Form(texts(&form_at, form, mistakes)),
            (Some(_), Some(_)) => {
                mistakes.add(&form_at, "is not sent along with `json`; give one of them");
                Self::Nothing
            }
        }
    }

    /// The request with the body, and its type unless a header says another.
    pub(crate) fn put(
        &self,
        request: http::Request,
        filling: &mut Filling<'_>,
    ) -> Result<http::Request, Problem> {
        let typed =
            request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let mut request = match self {
            Self::Nothing => return Ok(request),
            Self::Json(node) => {
                let value = node.fill(filling)?;
                request.json(&value)?
            }
            Self::Form(fields) => {
                let mut filled = Vec::new();
                for (name, template) in fields {
                    filled.push((name.as_str(), template.fill(filling)?));
                }
                let filled: Vec<_> =
                    filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
                request.form(&filled)
            }
        };
        if typed {
            request.headers.pop();
        }
        Ok(request)
    }
}

impl Node {
    fn read(at: &str, value: Value, mistakes: &mut Mistakes) -> Option<Self> {
        Some(match value {
            Value::String(text) => Self::Text(mistakes.keep(at, Template::new(&text))?),
            Value::Array(values) => {
                let list = values.into_iter().enumerate();
                Self::List(
                    list.filter_map(|(number, value)| {
                        Self::read(&format!("{at}[{number}]"), value, mistakes)
                    })
                    .collect(),
                )
            }
            Value::Object(members) => Self::Object(
                members
                    .into_iter()
                    .filter_map(|(key, value)| {
                        let node = Self::read(&format!("{at}.{key}"), value, mistakes);
                        node.map(|node| (key, node))
                    })
                    .collect(),
            ),
            other => Self::Other(other),
        })
    }

    fn fill(&self, filling: &mut Filling<'_>) -> Result<Value, Problem> {
        Ok(match self {
            Self::Text(template) => Value::String(template.fill(filling)?),
            Self::List(nodes) => {
                let values = nodes.iter().map(|node| node.fill(filling));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let filled =
                    members.iter().map(|(key, node)| Ok((key.clone(), node.fill(filling)?)));
                Value::Object(filled.collect::<Result<_, Problem>>()?)
            }
            Self::Other(value) => value.clone(),
        })
    }
}

/// The templates of a table of texts, by their keys.
pub(crate) fn texts(
    at: &str,
    table: Map<String, Value>,
    mistakes: &mut Mistakes,
) -> Vec<(String, Template)> {
    let mut texts = Vec::new();
    for (key, value) in table {
        let at = format!("{at}.{key}");
        match value {
            Value::String(text) => {
                texts.extend(mistakes.keep(&at, Template::new(&text)).map(|text| (key, text)));
            }
            _ => mistakes.add(&at, "is no text"),
        }
    }
    texts
}
