//! Which calls a rule is about: whose, of what, by which method.

use mcpmux_plugin_rules::{Glob, Mistakes, Name, Pattern, Reach, Table};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tool,
    Prompt,
    Resource,
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
        self.entries.iter().map(|entry| entry.reach(backend, name)).max().unwrap_or(Reach::None)
    }
}
