//! Texts of the configuration into which secrets and parts of the query are put.

use mcpmux_sdk::{Problem, Query, secrets};

/// A text with `{secret:NAME}`, `{backend}` or `{url}` in it; `{{` is a brace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Secret(String),
    Backend,
    Url,
}

/// What is put in, and which secrets were, so that no message repeats them.
#[derive(Debug)]
pub(crate) struct Filling<'q> {
    query: &'q Query,
    used: Vec<String>,
}

impl Template {
    /// Reads a text.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, inner)) = rest.split_once('{') {
            parts.push(Part::Text(before.to_owned()));
            if let Some(after) = inner.strip_prefix('{') {
                parts.push(Part::Text("{".to_owned()));
                rest = after;
                continue;
            }
            let (name, after) =
                inner.split_once('}').ok_or("`{` has no `}`; a brace is written `{{`")?;
            parts.push(match name {
                "backend" => Part::Backend,
                "url" => Part::Url,
                name => match name.strip_prefix("secret:") {
                    Some("") => return Err("`{secret:}` names no secret".to_owned()),
                    Some(name) => Part::Secret(name.to_owned()),
                    None => {
                        return Err(format!(
                            "there is no `{{{name}}}`; there are `{{secret:NAME}}`, `{{backend}}` and `{{url}}`, and a \
                             brace is written `{{{{`"
                        ));
                    }
                },
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Whether it holds a secret.
    pub(crate) fn is_secret(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Secret(_)))
    }

    /// Whether it holds a URL, which in another URL would have to be encoded.
    pub(crate) fn holds_url(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Url))
    }

    /// The text for a query.
    pub(crate) fn fill(&self, filling: &mut Filling<'_>) -> Result<String, Problem> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Backend => text.push_str(&filling.query.backend),
                Part::Url => text.push_str(&filling.query.url),
                Part::Secret(name) => text.push_str(&filling.secret(name)?),
            }
        }
        Ok(text)
    }
}

impl<'q> Filling<'q> {
    pub(crate) const fn new(query: &'q Query) -> Self {
        Self { query, used: Vec::new() }
    }

    fn secret(&mut self, name: &str) -> Result<String, Problem> {
        let found = secrets::get(name).map_err(|error| {
            let hint = format!("hint: add `secrets:{name}` to `grant` of this plugin");
            Problem::Permanent(format!("the secret `{name}` may not be read: {error}\n{hint}"))
        })?;
        let secret = found.ok_or_else(|| {
            let hint =
                format!("hint: add `{name} = \"...\"` to `[plugins.secrets]` of this plugin");
            Problem::Permanent(format!("there is no secret `{name}`\n{hint}"))
        })?;
        self.used.push(secret.clone());
        Ok(secret)
    }

    /// The text with the secrets that were put in masked.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut secrets: Vec<&String> =
            self.used.iter().filter(|secret| !secret.is_empty()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "****"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_query_are_put_in() {
        let query = Query::new("b", "https://x/");
        let fill =
            |text: &str| Template::new(text).unwrap().fill(&mut Filling::new(&query)).unwrap();
        assert_eq!(fill("{backend} at {url}"), "b at https://x/");
        assert_eq!(fill("{{backend} {{{backend}"), "{backend} {b");
        assert_eq!(fill("}"), "}");
    }

    #[test]
    fn unknown_parts_are_mistakes() {
        for (text, why) in [
            ("{x}", "there is no `{x}`; there are `{secret:NAME}`"),
            ("{secret:}", "names no secret"),
            ("{", "a brace is written `{{`"),
        ] {
            assert!(Template::new(text).unwrap_err().contains(why), "{text}");
        }
    }
}
