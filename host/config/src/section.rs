//! Where in the tree a key stands, as people name it in the format they write.

use crate::keys::Key;

/// The format of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Ours.
    Toml,
    /// That of AI clients.
    Json,
}

/// The way from the root to one table.
#[derive(Clone)]
pub(crate) struct Section {
    style: Style,
    names: Vec<String>,
    element: bool,
}

impl Section {
    /// The root.
    pub(crate) const fn root(style: Style) -> Self {
        Self { style, names: Vec::new(), element: false }
    }

    /// The table under `key`.
    pub(crate) fn table(&self, key: &str) -> Self {
        let mut names = self.names.clone();
        names.push(key.to_owned());
        Self { style: self.style, names, element: false }
    }

    /// A table in this list.
    pub(crate) fn element(&self) -> Self {
        Self { element: true, ..self.clone() }
    }

    /// How a key is written here, in backticks.
    pub(crate) fn example(&self, key: &Key) -> String {
        match (self.style, key.json()) {
            (Style::Json, Some(value)) => format!("`\"{}\": {value}`", key.name),
            _ => format!("`{}`", key.example.lines().next().unwrap_or_default()),
        }
    }

    /// `in [backends.files]`, for the end of a sentence.
    pub(crate) fn inside(&self) -> String {
        if self.names.is_empty() {
            return "at the top level".to_owned();
        }
        let path = self.names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(".");
        match (self.style, self.element) {
            (Style::Toml, false) => format!("in [{path}]"),
            (Style::Toml, true) => format!("in [[{path}]]"),
            (Style::Json, _) => format!("in `{path}`"),
        }
    }
}

/// A key as it must be written to be read as one key.
fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") }
}
