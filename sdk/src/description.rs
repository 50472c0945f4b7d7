//! What a plugin says of itself before it is started: what it does, how it is configured, which rights it wants.

/// What a plugin is, as the operator reads it in `mcpmux plugin inspect`.
///
/// Its name and version are the package's: `mcpmux-plugin-guard` 1.2.0 is `guard` 1.2.0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The plugin's own name; empty: the package's, without `mcpmux-plugin-` before it.
    pub id: String,
    /// Its version; empty: the package's.
    pub version: String,
    /// What it does, in a line; empty: the package's description.
    pub summary: String,
    /// The JSON Schema (2020-12) of its configuration.
    pub config_schema: Option<String>,
    /// The rights it cannot do without.
    pub wants: Vec<Want>,
}

/// A right that a plugin cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// As it is written in `grant`: `kv`, `secrets:TOKEN`, `http:api.example.com`. Without what stands after
    /// the colon, any will do: `http` is satisfied by whichever host is granted.
    pub grant: String,
    /// What for, in a line: the operator reads it before granting.
    pub why: String,
}

impl Description {
    /// A plugin that does this, in a line.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// With the JSON Schema (2020-12) of its configuration: `include_str!("../config.schema.json")`.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.config_schema = Some(schema.into());
        self
    }

    /// With a right that it cannot do without, and what for.
    #[must_use]
    pub fn wants(mut self, grant: impl Into<String>, why: impl Into<String>) -> Self {
        self.wants.push(Want { grant: grant.into(), why: why.into() });
        self
    }

    /// What was left empty comes from the package.
    pub(crate) fn complete(mut self, package: &Package) -> Self {
        let own = package.name.strip_prefix("mcpmux-plugin-").unwrap_or(package.name);
        for (part, filler) in [
            (&mut self.id, own),
            (&mut self.version, package.version),
            (&mut self.summary, package.description),
        ] {
            if part.is_empty() {
                filler.clone_into(part);
            }
        }
        self
    }
}

/// What Cargo knows of a plugin; the attribute fills it in.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// `CARGO_PKG_NAME`
    pub name: &'static str,
    /// `CARGO_PKG_VERSION`
    pub version: &'static str,
    /// `CARGO_PKG_DESCRIPTION`
    pub description: &'static str,
}
