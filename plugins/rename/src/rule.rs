//! One rule: as it is written, checked, and applied to an entry.

use mcpmux_sdk::{Entry, Kind, Level, log};

use crate::pattern::Pattern;
use crate::template::Template;

/// A rule as it is written.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Table {
    kind: Listed,
    backend: Option<String>,
    exact: Option<String>,
    glob: Option<String>,
    regex: Option<String>,
    strip_prefix: Option<String>,
    replace_prefix: Option<String>,
    to: Option<String>,
    keep_backend_prefix: Option<bool>,
    title: Option<String>,
    description: Option<String>,
    hide: bool,
}

/// The lists that a rule is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Listed {
    #[default]
    Tool,
    Prompt,
    Resource,
    Template,
}

impl From<Listed> for Kind {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::Tool => Self::Tool,
            Listed::Prompt => Self::Prompt,
            Listed::Resource => Self::Resource,
            Listed::Template => Self::Template,
        }
    }
}

/// A rule that holds together.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What it is for.
    kind: Kind,
    /// The backends it is for; `None`: all.
    backend: Option<Pattern>,
    /// The native names it is for.
    name: Pattern,
    /// The new name; `None`: the name stays.
    to: Option<Template>,
    /// Whether what stands before the native name stays.
    keep_backend_prefix: bool,
    title: Option<String>,
    description: Option<String>,
    hide: bool,
}

/// The ways to match, by their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Exact,
    Glob,
    Regex,
    StripPrefix,
    ReplacePrefix,
}

impl Match {
    const fn key(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Glob => "glob",
            Self::Regex => "regex",
            Self::StripPrefix => "strip_prefix",
            Self::ReplacePrefix => "replace_prefix",
        }
    }

    fn pattern(self, text: &str) -> Result<Pattern, String> {
        if text.is_empty() && self != Self::ReplacePrefix {
            return Err("must not be empty".to_owned());
        }
        match self {
            Self::Exact => Pattern::exact(text),
            Self::Glob => Pattern::glob(text),
            Self::Regex => Pattern::regex(text),
            Self::StripPrefix | Self::ReplacePrefix => Pattern::prefix(text),
        }
    }
}

impl Rule {
    /// Checks a rule that stands at `at`.
    ///
    /// # Errors
    /// All its mistakes, each with its key.
    pub(crate) fn new(at: &str, table: Table) -> Result<Self, Vec<String>> {
        let mut mistakes = Vec::new();
        let mut wrong = |key: &str, why: String| {
            let dot = if key.is_empty() { "" } else { "." };
            mistakes.push(format!("{at}{dot}{key}: {why}"));
        };

        let backend =
            table.backend.as_deref().map(|backend| Match::Glob.pattern(backend)).transpose();
        let backend = backend.unwrap_or_else(|why| {
            wrong("backend", why);
            None
        });
        let matched = table.matched().map_err(|why| wrong("", why)).ok();
        if let Some((kind, _)) = matched {
            table.check_keys(kind, &mut wrong);
        }
        let name = matched.and_then(|(kind, text)| {
            let pattern = kind.pattern(text).map_err(|why| wrong(kind.key(), why)).ok()?;
            Some((kind, pattern))
        });
        let to = name.as_ref().and_then(|(kind, pattern)| {
            table.template(*kind, pattern).unwrap_or_else(|why| {
                wrong("to", why);
                None
            })
        });
        match name {
            Some((_, name)) if mistakes.is_empty() => Ok(Self {
                kind: table.kind.into(),
                backend,
                name,
                to,
                keep_backend_prefix: table.keep_backend_prefix.unwrap_or(true),
                title: table.title,
                description: table.description,
                hide: table.hide,
            }),
            _ => Err(mistakes),
        }
    }

    /// Changes an entry, and says whether the rule is for it.
    pub(crate) fn apply(&self, entry: &mut Entry) -> bool {
        if self.kind != entry.kind() {
            return false;
        }
        if self.backend.as_ref().is_some_and(|backend| !backend.matches(entry.backend())) {
            return false;
        }
        let native = entry.name().to_owned();
        let Some(groups) = self.name.groups(&native) else { return false };
        if self.hide {
            entry.hide();
            return true;
        }
        if let Some(to) = &self.to {
            let name = to.fill(&groups);
            if name.is_empty() {
                let text = format!("`{native}` keeps its name: nothing is left of it");
                log(Level::Warn, &text);
            } else {
                let prefix = if self.keep_backend_prefix { prefix(entry) } else { "" };
                entry.rename(format!("{prefix}{name}"));
            }
        }
        if let Some(title) = &self.title {
            entry.set_title(title);
        }
        if let Some(description) = &self.description {
            entry.set_description(description);
        }
        true
    }
}

impl Table {
    fn matched(&self) -> Result<(Match, &str), String> {
        let kinds = [
            (Match::Exact, &self.exact),
            (Match::Glob, &self.glob),
            (Match::Regex, &self.regex),
            (Match::StripPrefix, &self.strip_prefix),
            (Match::ReplacePrefix, &self.replace_prefix),
        ];
        let given: Vec<_> =
            kinds.iter().filter_map(|(kind, text)| Some((*kind, text.as_deref()?))).collect();
        let keys = |list: Vec<Match>| {
            list.iter().map(|kind| format!("`{}`", kind.key())).collect::<Vec<_>>().join(", ")
        };
        match given.as_slice() {
            [one] => Ok(*one),
            [] => Err(format!("give one of {}", keys(kinds.map(|(kind, _)| kind).to_vec()))),
            several => {
                let several = several.iter().map(|(kind, _)| *kind).collect();
                Err(format!("give only one of {}", keys(several)))
            }
        }
    }

    /// Finds keys that are missing or contradict each other.
    fn check_keys(&self, kind: Match, wrong: &mut impl FnMut(&str, String)) {
        let renames = self.to.is_some() || kind == Match::StripPrefix;
        if kind == Match::StripPrefix && self.to.is_some() {
            wrong(
                "to",
                "`strip_prefix` takes none; for another prefix use `replace_prefix`".to_owned(),
            );
        }
        if matches!(self.kind, Listed::Resource | Listed::Template) {
            let key = if kind == Match::StripPrefix { kind.key() } else { "to" };
            if renames || kind == Match::ReplacePrefix {
                wrong(key, "resources and templates keep their names".to_owned());
                return;
            }
        }
        if self.hide {
            if matches!(kind, Match::StripPrefix | Match::ReplacePrefix) {
                let why = format!("`{}` renames, so it cannot hide; match with `glob`", kind.key());
                wrong("hide", why);
            }
            let others = [
                ("to", self.to.is_some()),
                ("title", self.title.is_some()),
                ("description", self.description.is_some()),
                ("keep_backend_prefix", self.keep_backend_prefix.is_some()),
            ];
            for (key, _) in others.iter().filter(|(_, given)| *given) {
                wrong(key, "what is hidden needs none".to_owned());
            }
            return;
        }
        if kind == Match::ReplacePrefix && self.to.is_none() {
            wrong("to", "missing; `replace_prefix` needs the new prefix".to_owned());
        } else if !renames && self.title.is_none() && self.description.is_none() {
            wrong(
                "",
                "nothing to do; give `to`, `title`, `description` or `hide = true`".to_owned(),
            );
        } else if !renames && self.keep_backend_prefix.is_some() {
            wrong("keep_backend_prefix", "has no effect without `to`".to_owned());
        }
    }

    /// The new name.
    fn template(&self, kind: Match, pattern: &Pattern) -> Result<Option<Template>, String> {
        match (kind, self.to.as_deref()) {
            (Match::StripPrefix, _) => Ok(Some(Template::prefixed(""))),
            (_, None) => Ok(None),
            (Match::ReplacePrefix, Some(to)) => Ok(Some(Template::prefixed(to))),
            (_, Some("")) => Err("must not be empty".to_owned()),
            (Match::Exact, Some(to)) => Ok(Some(Template::text(to))),
            (Match::Glob | Match::Regex, Some(to)) => Template::parse(to, pattern).map(Some),
        }
    }
}

/// What stands before the native name in the exposed one: nothing if there is no telling.
fn prefix(entry: &Entry) -> &str {
    let (exposed, native) = (entry.exposed(), entry.name());
    if exposed == native {
        return "";
    }
    let usual = format!("{}__", entry.backend());
    let length = if exposed.starts_with(&usual) {
        usual.len()
    } else {
        exposed.strip_suffix(native).map_or(0, str::len)
    };
    exposed.get(..length).unwrap_or_default()
}
