//! Which calls a rule is about: whose, of what, by which method.

use mcpmux_plugin_rules::{Glob, Mistakes, Name, Reach, Table};
use mcpmux_sdk::{Client, Method};

/// What a rule is about; an empty list means anything.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    entries: Vec<Pattern>,
    clients: Vec<Glob>,
    principals: Vec<Glob>,
    spaces: Vec<Glob>,
    methods: Vec<Glob>,
    kinds: Vec<Kind>,
}

/// A backend and a native name.
#[derive(Debug)]
pub(crate) struct Pattern {
    backend: Glob,
    name: Glob,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tool,
    Prompt,
    Resource,
}

impl Pattern {
    /// Reads `backend/name` or `backend__name`.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let slash = text.split_once('/');
        let underscores = text.split_once("__");
        let split = match (slash, underscores) {
            (Some(slash), Some(other)) if other.0.len() < slash.0.len() => Some(other),
            (slash, other) => slash.or(other),
        };
        let Some((backend, name)) = split else {
            return Err(format!(
                "`{text}` names no backend; write `backend/{text}`, or `*/{text}` for all of them"
            ));
        };
        if backend.is_empty() || name.is_empty() {
            let both = "write `backend/name`, each with `*` for anything";
            return Err(format!("`{text}` lacks a backend or a name; {both}"));
        }
        let odd = |c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "-*?".contains(c));
        if let Some(odd) = backend.chars().find(|c| odd(*c)) {
            return Err(format!(
                "no backend's name holds {odd:?}, as `{backend}` does; write `backend/name`, with the names that \
                 backends have in the configuration"
            ));
        }
        if name.contains("://") && name.contains('{') {
            return Err(format!(
                "`{name}` is a template; what is judged is the URI that is read: write `*` for what stands in braces"
            ));
        }
        Ok(Self { backend: Glob::new(backend), name: Glob::new(name) })
    }
}

impl Subject {
    /// One pattern and nothing else.
    pub(crate) fn entry(pattern: Pattern) -> Self {
        Self { entries: vec![pattern], ..Self::default() }
    }

    /// Takes the keys that say what a rule is about.
    pub(crate) fn read(table: &mut Table, mistakes: &mut Mistakes) -> Self {
        let glob = |text: &str| match text {
            "" => Err("must not be empty; `*` is anything".to_owned()),
            text => Ok(Glob::new(text)),
        };
        let method = |text: &str| {
            let glob = Glob::new(text);
            let known = Method::ALL.map(Method::as_str);
            if known.iter().any(|method| glob.matches(method)) {
                return Ok(glob);
            }
            let known = known.map(|method| format!("`{method}`")).join(", ");
            Err(format!("`{text}` is none of {known}"))
        };
        let kind = |text: &str| match text {
            "tool" => Ok(Kind::Tool),
            "prompt" => Ok(Kind::Prompt),
            "resource" => Ok(Kind::Resource),
            "template" => {
                Err("what a template makes is read as a resource; write `resource`".to_owned())
            }
            _ => Err(format!("`{text}` is none of `tool`, `prompt`, `resource`")),
        };
        Self {
            entries: table.list("entries", Pattern::new, mistakes),
            clients: table.list("clients", glob, mistakes),
            principals: table.list("principals", glob, mistakes),
            spaces: table.list("spaces", glob, mistakes),
            methods: table.list("methods", method, mistakes),
            kinds: table.list("kinds", kind, mistakes),
        }
    }

    /// Whether it is about what this client does.
    pub(crate) fn is_about(&self, client: &Client) -> bool {
        let any = |globs: &[Glob], text: Option<&str>| {
            globs.is_empty() || text.is_some_and(|text| globs.iter().any(|glob| glob.matches(text)))
        };
        any(&self.clients, Some(&client.name))
            && any(&self.principals, client.principal.as_deref())
            && any(&self.spaces, client.space.as_deref())
    }

    /// Whether it is about this method, or about one of those that it is a part of.
    pub(crate) fn has(&self, method: Method, bases: &[Method]) -> bool {
        let kind = |method| match method {
            Method::PromptsGet => Kind::Prompt,
            Method::ResourcesRead | Method::Subscribe | Method::Unsubscribe => Kind::Resource,
            _ => Kind::Tool,
        };
        let whole = if bases.is_empty() { std::slice::from_ref(&method) } else { bases };
        let of_kind =
            self.kinds.is_empty() || whole.iter().any(|method| self.kinds.contains(&kind(*method)));
        let named = |method: &Method| self.names(*method);
        of_kind && (self.methods.is_empty() || named(&method) || bases.iter().any(named))
    }

    /// Whether it names this method.
    pub(crate) fn names(&self, method: Method) -> bool {
        self.methods.iter().any(|glob| glob.matches(method.as_str()))
    }

    /// How much of what the name can become it is about.
    pub(crate) fn reach(&self, backend: &str, name: &Name) -> Reach {
        if self.entries.is_empty() {
            return Reach::All;
        }
        let of_backend = self.entries.iter().filter(|entry| entry.backend.matches(backend));
        of_backend.map(|entry| entry.name.reach(name)).max().unwrap_or(Reach::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, backend: &str, name: &str, expected: bool) {
        let subject = Subject::entry(Pattern::new(pattern).unwrap());
        let reach = subject.reach(backend, &Name::exact(name));
        assert_eq!(reach == Reach::All, expected, "{pattern} {backend} {name}");
    }

    #[test]
    fn both_ways_to_write_a_pattern_mean_the_same() {
        for pattern in ["files/delete_*", "files__delete_*", "f*/delete_?ile", "*__delete_*", "*/*"]
        {
            check(pattern, "files", "delete_file", true);
        }
        check("files/delete_*", "file", "delete_file", false);
        check("files__a__b", "files", "a__b", true);
        check("files/a__b", "files", "a__b", true);
        check("files__a/b", "files", "a/b", true);
        check("files___x", "files", "_x", true);
        check("docs/file:///data/*", "docs", "file:///data/x", true);
    }

    #[test]
    fn a_pattern_that_can_match_nothing_is_a_mistake() {
        for (pattern, why) in [
            ("delete_*", "write `backend/delete_*`"),
            ("*", "`*/*` for all"),
            ("/x", "lacks a backend"),
            ("files/", "lacks a backend or a name"),
            ("my_files/x", "no backend's name holds '_'"),
            ("Files__x", "holds 'F'"),
            ("docs/file:///{path}", "is a template"),
        ] {
            let error = Pattern::new(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }
}
